import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FIRST_WAIT_MS,
  LONGEST_WAIT_MS,
  waitBeforeRetryMs,
} from '../../../lib/drivers/signaling/backoff.ts';

describe('the wait before a retry', () => {
  test('is never nothing, never over the longest, and spread over half of its length', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, random) => {
        const waitMs = waitBeforeRetryMs(n, () => random);
        expect(waitMs).toBeGreaterThanOrEqual(FIRST_WAIT_MS / 2);
        expect(waitMs).toBeLessThanOrEqual(LONGEST_WAIT_MS);
        expect(waitMs).toBeGreaterThanOrEqual(waitBeforeRetryMs(n, () => 0));
      }),
    );
  });

  test('doubles with each failure until it is the longest', () => {
    const waits = [0, 1, 2, 3, 6, 50].map((failures) => waitBeforeRetryMs(failures, () => 1));
    expect(waits).toEqual([250, 500, 1000, 2000, 10_000, 10_000]);
  });
});
