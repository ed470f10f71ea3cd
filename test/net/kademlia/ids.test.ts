import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketOf,
  compareDistance,
  flipBit,
  highBits,
  ID_BITS,
} from '../../../lib/net/kademlia/ids.ts';

const anyId = fc
  .bigInt({ min: 0n, max: (1n << 160n) - 1n })
  .map((value) => value.toString(16).padStart(40, '0'));
const xor = (a: string, b: string) => BigInt(`0x${a}`) ^ BigInt(`0x${b}`);

describe('the XOR distance', () => {
  it('orders ids as the numbers do', () => {
    fc.assert(
      fc.property(anyId, anyId, anyId, (target, a, b) => {
        const difference = xor(target, a) - xor(target, b);
        expect(Math.sign(compareDistance(target, a, b))).toBe(
          difference < 0n ? -1 : difference > 0n ? 1 : 0,
        );
      }),
    );
  });
});

describe('the highest bits of an id', () => {
  it('are the first 32 of it, as a number', () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(highBits(id)).toBe(Number(BigInt(`0x${id}`) >> BigInt(ID_BITS - 32)));
      }),
    );
  });
});

describe('the bucket of an id', () => {
  it('is the highest bit in which it differs from ours', () => {
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        expect(bucketOf(a, b)).toBe(a === b ? -1 : xor(a, b).toString(2).length - 1);
      }),
    );
  });

  it('is the bit that was flipped, from the lowest to the highest', () => {
    fc.assert(
      fc.property(anyId, fc.nat(ID_BITS - 1), (id, bit) => {
        expect(bucketOf(id, flipBit(id, bit))).toBe(bit);
        expect(flipBit(flipBit(id, bit), bit)).toBe(id);
      }),
    );
  });
});
