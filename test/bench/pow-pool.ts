/**
 * What a pool of threads adds and costs: a second worker's gain, and the price of the yields.
 */
import { BATCH_MS } from '../../lib/drivers/workers/batch-length.ts';
import { createThreadPool } from '../../lib/drivers/workers/thread-pool.ts';
import { HEATS } from '../../lib/pow/choice.ts';
import { createKernel } from '../../lib/pow/kernel.ts';
import type { Template } from '../../lib/pow/template.ts';
import type { Figure } from './bench.ts';

/** Until kernels have raced and workers run at full speed. */
const WARM_UP_MS = 3000;
const SAMPLES = 12;
const SAMPLE_MS = 300;
const WARM_UP_HASHES = 20_000;
const YIELD_BATCHES = 40;
const YIELD_WINDOWS = 60;

const template = (id: number, target: Uint8Array): Template => ({
  id,
  data: new Uint8Array(79).fill(97),
  previousHash: new Uint8Array(32).fill(id),
  target,
  freeBytes: { offset: 0, length: 16 },
});
const HOPELESS = Uint8Array.from({ length: 32 }, (_, i) => (i < 12 ? 0 : 1));
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function measurePool(): Promise<Figure[]> {
  const { alone, yielding } = await measureYields();
  const one = await measureThreads(1);
  const two = await measureThreads(2);
  const batches = `batches of ${BATCH_MS} ms without yields`;
  return [
    { name: batches, value: alone, unit: 'MH/s' },
    {
      name: `batches of ${BATCH_MS} ms with yields`,
      value: yielding,
      unit: 'MH/s',
      against: batches,
    },
    { name: 'pool of 1 thread', value: one, unit: 'MH/s' },
    { name: 'pool of 2 threads', value: two, unit: 'MH/s', against: 'pool of 1 thread' },
  ];
}

/** The same search in batches of a worker's length, with and without room for messages between them, in turns. */
async function measureYields(): Promise<{ alone: number; yielding: number }> {
  const made = HEATS[1]![0]!.make();
  if (!made.ok) throw new Error(made.reason);
  const kernel = createKernel([made.engine]);
  kernel.prepare(template(1, HOPELESS), new Uint8Array(8));
  for (let i = 0; i < 50; i++) kernel.search(WARM_UP_HASHES);
  const startMs = performance.now();
  const { hashes } = kernel.search(WARM_UP_HASHES);
  const batchHashes = Math.ceil((hashes * BATCH_MS) / (performance.now() - startMs));
  const best = [0, 0];
  for (let window = 0; window < 2 * YIELD_WINDOWS; window++) {
    const isYielding = window % 2 === 1;
    const startMs = performance.now();
    let hashes = 0;
    for (let batch = 0; batch < YIELD_BATCHES; batch++) {
      hashes += kernel.search(batchHashes).hashes;
      if (isYielding) await new Promise((resolve) => setImmediate(resolve));
    }
    const rate = hashes / (performance.now() - startMs) / 1000;
    best[window % 2] = Math.max(best[window % 2]!, rate);
  }
  return { alone: best[0]!, yielding: best[1]! };
}

/** The best of some samples, in millions of hashes a second. */
async function measureThreads(threads: number): Promise<number> {
  const pool = createThreadPool(
    { threads, duty: 1 },
    { found: () => undefined, warn: console.error },
  );
  pool.search(template(1, HOPELESS));
  await wait(WARM_UP_MS);
  let best = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    await wait(SAMPLE_MS);
    best = Math.max(best, pool.rates().totalHashesPerSecond / 1e6);
  }
  pool.close();
  return best;
}
