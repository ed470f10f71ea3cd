import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashTransactions, makeBlock, makeGenesis } from '../../lib/tcp-peer/block.ts';
import { findProof, isProof } from '../../lib/tcp-peer/proof.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the proof of work', () => {
  it('goes from 100 through 5, 33, 155 … back to 100', () => {
    const sequence = [100];
    for (let step = 0; step < 15; step++) sequence.push(findProof(sequence.at(-1)!));
    expect(sequence).toEqual([
      ...[100, 5, 33, 155, 389, 227, 81, 196, 375],
      ...[301, 82, 363, 24, 387, 183, 100],
    ]);
  });

  it('may be any number whose hash begins with 00', () => {
    expect(isProof(5, 100)).toBe(true);
    expect(isProof(6, 100)).toBe(false);
    const other = Array.from({ length: 5_000 }, (_, proof) => proof).find(
      (proof) => proof > 5 && sha256(String(proof ** 2 - 100 ** 2)).startsWith('00'),
    )!;
    expect(isProof(other, 100)).toBe(true);
  });

  it.each([[-5], [5.5], [NaN], [Infinity], [2 ** 60]])('is never %d', (proof) => {
    expect(isProof(proof, 100)).toBe(false);
  });

  it('is computed with whole numbers, however large they are', () => {
    const large = 9_007_199_254_740_881;
    const difference = BigInt(large) ** 2n - 10_000n;
    expect(isProof(large, 100)).toBe(sha256(String(difference)).startsWith('00'));
  });
});

describe('a block', () => {
  it('has the currentHash of the worked example', () => {
    expect(
      hashTransactions('482a58cd41e9fcd5cf6000d727e62880ec9f751e2da2b2bf6d5619baa546f895', [
        'tx|Comp3221|100BTC',
        'tx|Comp3221|200BTC',
        'tx|Comp3221|300BTC',
      ]),
    ).toBe('1bac020dcab752b94ad432a71b6c42541bd9ec6541c3b885bbd963cca2f449e5');
  });

  it('names the hash of the block before as Python would compute it', () => {
    const genesis = makeGenesis(1_777_638_896_250, 'epoch');
    const json =
      '{"currentHash": null, "index": 1, "previousHash": "genesis", "proof": 100, "timestamp": 1777638896.25, "transaction": []}';
    expect(makeBlock(genesis, 5, [], 0, 'epoch').previousHash).toBe(sha256(json));

    const first = makeBlock(genesis, 5, ['tx|Abcd1234|it\'s "ä"'], 1_000, 'epoch');
    const firstJson = `{"currentHash": "${first.currentHash}", "index": 2, "previousHash": "${first.previousHash}", "proof": 5, "timestamp": 1.0, "transaction": ["tx|Abcd1234|it's \\"\\u00e4\\""]}`;
    expect(makeBlock(first, 33, [], 0, 'epoch').previousHash).toBe(sha256(firstJson));
  });

  it('is sent as JSON with the fields of the seed', () => {
    const genesis = makeGenesis(0, 'epoch');
    expect(JSON.parse(genesis.wire)).toEqual({
      index: 1,
      timestamp: 0,
      transaction: [],
      proof: 100,
      previousHash: 'genesis',
      currentHash: null,
    });
  });
});
