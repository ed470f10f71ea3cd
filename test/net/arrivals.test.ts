import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrivals, LONGEST_WAIT_MS, QUIET_MS } from '../../lib/net/arrivals.ts';

const anyGaps = fc.array(fc.oneof(fc.nat(QUIET_MS), fc.nat(2 * LONGEST_WAIT_MS)), {
  minLength: 1,
  maxLength: 100,
});

describe('arrivals', () => {
  it('are under way from each newcomer until it is quiet, and never for longer than the longest wait', () => {
    fc.assert(
      fc.property(anyGaps, (gapsMs) => {
        const arrivals = new Arrivals();
        let nowMs = 0;
        let sinceMs = 0;
        for (const gapMs of gapsMs) {
          if (!arrivals.areUnderWay(nowMs)) sinceMs = nowMs;
          arrivals.came(nowMs);
          expect(arrivals.areUnderWay(nowMs)).toBe(true);
          const endMs = Math.min(nowMs + QUIET_MS, sinceMs + LONGEST_WAIT_MS);
          if (gapMs > 0) expect(arrivals.areUnderWay(endMs - 1)).toBe(true);
          nowMs += gapMs;
          expect(arrivals.areUnderWay(nowMs)).toBe(nowMs < endMs);
        }
      }),
    );
  });

  it('are over when they are forgotten', () => {
    const arrivals = new Arrivals();
    arrivals.came(0);
    arrivals.forget();
    expect(arrivals.areUnderWay(0)).toBe(false);
  });
});
