import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLAMP_SPACINGS,
  EASING_SPACINGS,
  easeTarget,
  HALF_LIFE_SPACINGS,
  nextBaseTarget,
  RETARGET_LIMITS,
  scaleTarget,
} from '../../lib/chain/retarget.ts';

interface RetargetVector {
  readonly baseTarget: string;
  readonly sinceParentMs: number;
  readonly spacingMs: number;
  readonly next: string;
  readonly eased: string;
}

const file = new URL('../vectors/retarget.json', import.meta.url);
const vectors = (JSON.parse(readFileSync(file, 'utf8')) as { cases: RetargetVector[] }).cases;

/** Far enough from both limits that no factor of these tests reaches them. */
const middleTarget = fc.bigInt({ min: 1n << 200n, max: 1n << 216n });
const anyTarget = fc.bigInt({ min: RETARGET_LIMITS.least, max: RETARGET_LIMITS.most });
const anySpacing = fc.integer({ min: 100, max: 86_400_000 });
const anyInterval = fc.oneof(
  fc.integer({ min: -(2 ** 47), max: 2 ** 47 }),
  fc.integer({ min: -200_000, max: 600_000 }),
);

describe('the target of the next block', () => {
  it('is within a thousandth of target × 2^((min(Δt, 6T) − T) / 2T)', () => {
    const spacings = fc.double({ min: -20, max: 20, noNaN: true });
    fc.assert(
      fc.property(middleTarget, spacings, anySpacing, (target, late, spacingMs) => {
        const sinceParentMs = Math.round(late * spacingMs);
        const exponent = (Math.min(sinceParentMs / spacingMs, 6) - 1) / 2;
        expectNear(nextBaseTarget(target, sinceParentMs, spacingMs), target, exponent);
      }),
      { numRuns: 500 },
    );
  });

  it('stays within the limits, and a later block never makes it harder', () => {
    fc.assert(
      fc.property(anyTarget, anyInterval, anyInterval, anySpacing, (target, a, b, spacingMs) => {
        const [early, late] = a < b ? [a, b] : [b, a];
        const afterEarly = nextBaseTarget(target, early, spacingMs);
        const afterLate = nextBaseTarget(target, late, spacingMs);
        expect(afterEarly).toBeGreaterThanOrEqual(RETARGET_LIMITS.least);
        expect(afterLate).toBeLessThanOrEqual(RETARGET_LIMITS.most);
        expect(afterEarly).toBeLessThanOrEqual(afterLate);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same when a block is on time, and no lateness counts beyond the clamp', () => {
    fc.assert(
      fc.property(anyTarget, anySpacing, fc.nat(), (target, spacingMs, more) => {
        expect(nextBaseTarget(target, spacingMs, spacingMs)).toBe(target);
        const clampMs = Number(CLAMP_SPACINGS) * spacingMs;
        expect(nextBaseTarget(target, clampMs + more, spacingMs)).toBe(
          nextBaseTarget(target, clampMs, spacingMs),
        );
      }),
    );
  });

  it('doubles for each half-life of lateness, and halves for each half-life of earliness, exactly', () => {
    fc.assert(
      fc.property(middleTarget, anySpacing, (target, spacingMs) => {
        const halfLifeMs = Number(HALF_LIFE_SPACINGS) * spacingMs;
        expect(nextBaseTarget(target, spacingMs + halfLifeMs, spacingMs)).toBe(2n * target);
        expect(nextBaseTarget(target, spacingMs - halfLifeMs, spacingMs)).toBe(target / 2n);
      }),
    );
  });
});

describe('the target of a late block', () => {
  it('is the base target until easing begins, and then doubles with every spacing', () => {
    fc.assert(
      fc.property(middleTarget, anySpacing, fc.double({ min: 0, max: 20, noNaN: true }), check),
    );
    function check(target: bigint, spacingMs: number, late: number): void {
      const easingMs = Number(EASING_SPACINGS) * spacingMs;
      expect(easeTarget(target, easingMs, spacingMs)).toBe(target);
      expect(easeTarget(target, -easingMs, spacingMs)).toBe(target);
      expect(easeTarget(target, easingMs + 3 * spacingMs, spacingMs)).toBe(8n * target);
      const lateMs = Math.round(late * spacingMs);
      expectNear(easeTarget(target, easingMs + lateMs, spacingMs), target, lateMs / spacingMs);
    }
  });

  it('reaches the easiest target and stays there, however late the block is', () => {
    fc.assert(
      fc.property(anyTarget, fc.integer({ min: 200, max: 2 ** 40 }), (target, spacings) => {
        expect(easeTarget(target, spacings * 100, 100)).toBe(RETARGET_LIMITS.most);
      }),
    );
  });
});

describe('retargeting in whole numbers', () => {
  it.each(vectors)(
    'gives the stored result: $baseTarget, $sinceParentMs of $spacingMs ms',
    ({ baseTarget, sinceParentMs, spacingMs, next, eased }) => {
      const target = BigInt(`0x${baseTarget}`);
      expect(nextBaseTarget(target, sinceParentMs, spacingMs)).toBe(BigInt(`0x${next}`));
      expect(easeTarget(target, sinceParentMs, spacingMs)).toBe(BigInt(`0x${eased}`));
    },
  );

  it('answers even the most extreme exponents at once, at a limit', () => {
    expect(scaleTarget(1n << 200n, 1n << 200n, 1n)).toBe(RETARGET_LIMITS.most);
    expect(scaleTarget(1n << 200n, -(1n << 200n), 1n)).toBe(RETARGET_LIMITS.least);
  });
});

/** Whether `actual` is `target` × 2^exponent to within a thousandth, by floating-point numbers of its own. */
function expectNear(actual: bigint, target: bigint, exponent: number): void {
  const factor = Number((actual << 64n) / target) / 2 ** 64;
  expect(Math.abs(factor / 2 ** exponent - 1)).toBeLessThan(0.001);
}
