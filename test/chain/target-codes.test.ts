import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinWork, TargetCodes } from '../../lib/chain/target-codes.ts';
import { MAX_TARGET, roundTarget, workOfTarget } from '../../lib/chain/target.ts';

/** Easy enough that one block's work can be done. */
const anyTarget = fc.oneof(
  fc.bigInt({ min: 1n << 161n, max: MAX_TARGET }),
  fc.bigInt({ min: 1n << 161n, max: MAX_TARGET }).map(roundTarget),
  fc.constantFrom(MAX_TARGET, 1n << 235n, 1n << 252n),
);

describe('codes of targets', () => {
  it('stand for the targets and their work exactly, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyTarget, anyTarget), { maxLength: 40 }), (pairs) => {
        const codes = new TargetCodes();
        const encoded = pairs.map(([target, baseTarget]) =>
          codes.encode({ target, baseTarget, timeMs: null }),
        );
        pairs.forEach(([target, baseTarget], i) => {
          expect(codes.decode(encoded[i]!.target)).toBe(target);
          expect(codes.decode(encoded[i]!.baseTarget)).toBe(baseTarget);
          expect(joinWork(encoded[i]!.work)).toBe(workOfTarget(target));
        });
      }),
    );
  });

  it('serve the targets of a genesis block too, which nobody need have met', () => {
    const codes = new TargetCodes();
    for (const target of [0n, 1n, 5n, (1n << 24n) - 1n, (1n << 24n) + 1n, (1n << 100n) + 1n])
      expect(codes.decode(codes.encodeTarget(target))).toBe(target);
  });

  it('refuse a block of more work than can be done', () => {
    const target = 1n << 100n;
    expect(() => new TargetCodes().encode({ target, baseTarget: target, timeMs: null })).toThrow(
      RangeError,
    );
  });
});

describe('a rounded target', () => {
  it('is at most the target, by less than one part in eight million', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: MAX_TARGET }), (target) => {
        const rounded = roundTarget(target);
        expect(rounded).toBeLessThanOrEqual(target);
        expect((target - rounded) * (1n << 23n)).toBeLessThan(target + 1n);
        expect(roundTarget(rounded)).toBe(rounded);
      }),
    );
  });
});
