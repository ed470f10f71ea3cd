import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../lib/net/recent-map.ts';

const KEEP_MS = 100;
const LIMIT = 10;

describe('a map of what came lately', () => {
  it('keeps what is no older than it says, forgets what is twice as old, and holds no more than its limit', () => {
    const steps = fc.array(fc.record({ key: fc.nat(8), afterMs: fc.nat(60) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (puts) => {
        const map = new RecentMap<number>(KEEP_MS, 10 * LIMIT);
        const putMs = new Map<string, number>();
        let nowMs = 0;
        for (const { key, afterMs } of puts) {
          nowMs += afterMs;
          map.set(String(key), nowMs, nowMs);
          putMs.set(String(key), nowMs);
          for (const [known, sinceMs] of putMs) {
            if (nowMs - sinceMs < KEEP_MS) expect(map.get(known)).toBe(sinceMs);
            if (nowMs - sinceMs > 2 * KEEP_MS) expect(map.get(known)).toBeUndefined();
          }
        }
      }),
    );
  });

  it('keeps the latest where more come at once than it holds', () => {
    const map = new RecentMap<number>(KEEP_MS, LIMIT);
    for (let i = 0; i < 10 * LIMIT; i++) {
      map.set(String(i), i, 0);
      expect(map.size).toBeLessThanOrEqual(LIMIT);
      for (let back = 0; back < LIMIT / 2 && back <= i; back++)
        expect(map.get(String(i - back))).toBe(i - back);
    }
    expect(map.get('0')).toBeUndefined();
  });
});
