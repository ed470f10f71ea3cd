import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTokenBucket } from '../../signaling/token-bucket.ts';

describe('a token bucket', () => {
  test('never lets more through than the burst and the rate allow, in any span of time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(500), { maxLength: 200 }),
        (capacity, perSecond, gapsMs) => {
          const bucket = createTokenBucket(capacity, perSecond, 0);
          const takenAtMs: number[] = [];
          let nowMs = 0;
          for (const gapMs of gapsMs) {
            nowMs += gapMs;
            if (bucket.take(nowMs)) takenAtMs.push(nowMs);
          }
          takenAtMs.forEach((startMs, first) =>
            takenAtMs.slice(first).forEach((endMs, more) => {
              const allowed = capacity + ((endMs - startMs) * perSecond) / 1000;
              expect(more + 1).toBeLessThanOrEqual(allowed + 1e-6);
            }),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  test('lets a burst through, then a steady stream, and heeds no clock that runs backwards', () => {
    const bucket = createTokenBucket(3, 10, 1_000);
    expect([1, 2, 3, 4].map(() => bucket.take(1_000))).toEqual([true, true, true, false]);
    expect(bucket.take(500)).toBe(false);
    expect(bucket.take(1_100)).toBe(true);
    expect(bucket.take(1_150)).toBe(false);
  });
});
