import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DATA_LIMIT_BYTES,
  hashBlock,
  hashBlockHex,
  isBlockShape,
  isGenesisShape,
  NO_PREVIOUS_HASH,
} from '../../lib/chain/block.ts';
import { bytesToHex } from '../../lib/chain/bytes.ts';
import { anyBlock } from '../support/arbitraries.ts';

describe('a block', () => {
  it('has the hash of its data, previous hash and proof of work, in this order', () => {
    fc.assert(
      fc.property(anyBlock, (block) => {
        const other = createHash('sha256')
          .update(block.data)
          .update(block.previousHash)
          .update(block.proofOfWork)
          .digest('hex');
        expect(hashBlockHex(block)).toBe(other);
        expect(bytesToHex(hashBlock(block))).toBe(other);
        expect(isBlockShape(block)).toBe(true);
      }),
    );
  });

  it('has up to 4096 bytes of data, 32 of a previous hash, and 8 of proof', () => {
    const make = (data: number, previous: number, proof: number) => ({
      data: new Uint8Array(data),
      previousHash: new Uint8Array(previous),
      proofOfWork: new Uint8Array(proof),
    });
    expect(isBlockShape(make(DATA_LIMIT_BYTES, 32, 8))).toBe(true);
    expect(isBlockShape(make(DATA_LIMIT_BYTES + 1, 32, 8))).toBe(false);
    expect(isBlockShape(make(0, 31, 8))).toBe(false);
    expect(isBlockShape(make(0, 32, 9))).toBe(false);
  });

  it('is a genesis block where its previous hash is all zero', () => {
    fc.assert(
      fc.property(anyBlock, fc.nat(31), fc.integer({ min: 1, max: 255 }), (block, at, byte) => {
        const previousHash = new Uint8Array(NO_PREVIOUS_HASH);
        expect(isGenesisShape({ ...block, previousHash })).toBe(true);
        previousHash[at] = byte;
        expect(isGenesisShape({ ...block, previousHash })).toBe(false);
      }),
    );
  });
});
