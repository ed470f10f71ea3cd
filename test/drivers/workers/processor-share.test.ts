import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defaultThreads } from '../../../lib/drivers/workers/mining-pool.ts';
import { shareProcessor } from '../../../lib/drivers/workers/processor-share.ts';

const CORES = fc.integer({ min: 1, max: 256 });
const TABS = fc.integer({ min: 1, max: 1_000 });

it('gives all tabs together no more than the cores less one, and each tab a worker', () => {
  fc.assert(
    fc.property(CORES, TABS, (cores, tabs) => {
      const { threads, processorShare } = shareProcessor(cores, tabs);
      const free = defaultThreads(cores);
      expect(Number.isInteger(threads)).toBe(true);
      expect(threads).toBeGreaterThanOrEqual(1);
      expect(processorShare).toBeGreaterThan(0);
      expect(processorShare).toBeLessThanOrEqual(1);
      expect(tabs * threads * processorShare).toBeLessThanOrEqual(free * (1 + 1e-9));
      // More than half of what is free is used, whatever does not divide.
      expect(tabs * threads * processorShare).toBeGreaterThan(free / 2);
    }),
  );
});

it('gives a lone tab all of it', () => {
  fc.assert(
    fc.property(CORES, (cores) => {
      expect(shareProcessor(cores, 1)).toEqual({
        threads: defaultThreads(cores),
        processorShare: 1,
      });
    }),
  );
});
