import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../lib/net/token-bucket.ts';

describe('a rate limit', () => {
  it('never grants more in any stretch of time than its burst and what flowed in meanwhile', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 }),
        (perSecond, burst, pausesMs) => {
          const bucket = new TokenBucket(perSecond, burst, 0);
          const grantsMs: number[] = [];
          let nowMs = 0;
          for (const pauseMs of pausesMs) {
            nowMs += pauseMs;
            if (bucket.take(nowMs)) grantsMs.push(nowMs);
          }
          grantsMs.forEach((fromMs, first) => {
            for (let last = first; last < grantsMs.length; last++) {
              const flowed = ((grantsMs[last]! - fromMs) * perSecond) / 1000;
              expect(last - first + 1).toBeLessThanOrEqual(burst + flowed + 1e-6);
            }
          });
        },
      ),
    );
  });

  it('grants whoever stays below it everything', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.nat(1000), { maxLength: 100 }),
        (perSecond, extraMs) => {
          const bucket = new TokenBucket(perSecond, 1, 0);
          let nowMs = 0;
          for (const extra of extraMs) {
            expect(bucket.take(nowMs)).toBe(true);
            nowMs += Math.ceil(1000 / perSecond) + extra;
          }
        },
      ),
    );
  });

  it('says how many are left, and has them', () => {
    const bucket = new TokenBucket(10, 5, 0);
    expect(bucket.available(0)).toBe(5);
    for (let i = 0; i < 5; i++) expect(bucket.take(0)).toBe(true);
    expect(bucket.take(0)).toBe(false);
    expect(bucket.available(99)).toBe(0);
    expect(bucket.available(100)).toBe(1);
    expect(bucket.available(86_400_000)).toBe(5);
  });

  it('grants nothing for a clock that steps backwards', () => {
    const bucket = new TokenBucket(10, 1, 1_000);
    expect(bucket.take(1_000)).toBe(true);
    expect(bucket.take(0)).toBe(false);
    expect(bucket.take(1_050)).toBe(false);
    expect(bucket.take(1_100)).toBe(true);
  });
});
