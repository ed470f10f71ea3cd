/**
 * What a second thread of a pool adds.
 */
import { createThreadPool } from '../../lib/drivers/workers/thread-pool.ts';
import type { Figure } from './bench.ts';
import { templateOf } from './latency/tips.ts';

/** Until kernels have raced and workers run at full speed. */
const WARM_UP_MS = 3000;
const SAMPLES = 12;
const SAMPLE_MS = 300;
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function measurePool(): Promise<Figure[]> {
  const one = await measureThreads(1);
  const two = await measureThreads(2);
  return [
    { name: 'pool of 1 thread', value: one, unit: 'MH/s' },
    { name: 'pool of 2 threads', value: two, unit: 'MH/s', against: 'pool of 1 thread' },
  ];
}

/** The best of some samples, in millions of hashes a second. */
async function measureThreads(threads: number): Promise<number> {
  const pool = createThreadPool(
    { threads, duty: 1 },
    { found: () => undefined, warn: console.error },
  );
  pool.search(templateOf(1));
  await wait(WARM_UP_MS);
  let best = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    await wait(SAMPLE_MS);
    best = Math.max(best, pool.rates().totalHashesPerSecond / 1e6);
  }
  pool.close();
  return best;
}
