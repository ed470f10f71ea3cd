import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_MS, BatchLength, LOOK_MS } from '../../../lib/drivers/workers/batch-length.ts';

describe('the length of a batch', () => {
  it('follows the rate, however coarse the clock is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(BATCH_MS, LOOK_MS),
        fc.integer({ min: 12_000, max: 200_000 }),
        fc.constantFrom(0.005, 0.1, 1, 16.7),
        (batchMs, hashesPerMs, tickMs) => {
          const length = new BatchLength(batchMs);
          let realMs = 0;
          const seenMs = () => tickMs * Math.floor(realMs / tickMs);
          const batches: number[] = [];
          while (realMs < 500) {
            const startedMs = seenMs();
            realMs += length.hashes / hashesPerMs;
            length.count(length.hashes, seenMs() - startedMs);
            if (realMs > 50) batches.push(length.hashes / hashesPerMs);
          }
          const meanMs = batches.reduce((sum, ms) => sum + ms, 0) / batches.length;
          expect(meanMs).toBeGreaterThan(0.8 * batchMs);
          expect(meanMs).toBeLessThan(1.2 * batchMs);
        },
      ),
    );
  });

  it('stays within its limits when the clock jumps or stands still', () => {
    const length = new BatchLength(BATCH_MS);
    const first = length.hashes;
    for (let i = 0; i < 1000; i++) length.count(length.hashes, 0);
    expect(length.hashes).toBe(first);
    length.count(length.hashes, 1e9);
    expect(length.hashes).toBe(first);
    length.count(1e9, 10);
    expect(length.hashes).toBeLessThan(1e6);
  });
});
