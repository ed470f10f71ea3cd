/**
 * The bridge to UDP miners on its worst day: 2,000,000 hostile datagrams (R9), then ten minutes with two reference miners
 * while a fifth of all datagrams is lost (R10).
 */
import { fuzzBridge } from '../support/udp-fuzz.ts';
import { startLossyMiners } from '../support/lossy-miners.ts';
import { readCounts, type Soak } from './soak.ts';

/** Datagrams for one bridge; each batch has a new seed. */
const BATCH = 200_000;
/** What the heap may grow by from the end of the first batch: noise of the collector, and nothing that was kept. */
const HEAP_GROWTH_LIMIT_BYTES = 64 * 1024 * 1024;
const LOOK_EVERY_MS = 500;
/** No reference miner may lack what we have for longer. */
const BEHIND_LIMIT_MS = 5_000;
/** Ours then has by far most of the hash power, as the goal asks. */
const POWER_PERCENT = 10;

const soak: Soak = {
  title: 'hostile datagrams, then reference miners on a network that loses a fifth',
  async run(flags, tell) {
    const read = readCounts(flags, { datagrams: 2_000_000, minutes: 10, loss: 20, seed: 1 });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { datagrams, minutes, loss, seed } = read.counts;
    let firstHeap = Number.POSITIVE_INFINITY;
    let grown = 0;
    for (let done = 0, batch = 0; done < datagrams; batch++) {
      const count = Math.min(BATCH, datagrams - done);
      const { refused, sent, failures } = fuzzBridge(count, seed + batch);
      if (failures.length > 0) return { kind: 'failed', summary: failures.join('; ') };
      done += count;
      const heap = process.memoryUsage().heapUsed;
      firstHeap = Math.min(firstHeap, heap);
      grown = Math.max(grown, heap - firstHeap);
      const kinds = Object.keys(refused).length;
      tell(`${done} datagrams, ${kinds} reasons, ${sent} blocks sent meanwhile`);
    }
    if (grown > HEAP_GROWTH_LIMIT_BYTES)
      return { kind: 'failed', summary: `the heap has grown by ${grown} bytes` };
    if (minutes === 0) return { kind: 'passed', summary: `${datagrams} datagrams changed nothing` };
    const behindMs = await watchMiners(minutes, loss / 100, seed, tell);
    const summary = `${datagrams} datagrams changed nothing; in ${minutes} minutes with ${loss} % lost no miner was behind for more than ${(behindMs / 1000).toFixed(1)} s`;
    return { kind: behindMs <= BEHIND_LIMIT_MS ? 'passed' : 'failed', summary };
  },
};

export default soak;

/** The longest time for which a reference miner lacked every block of ours that was as old as that. */
async function watchMiners(
  minutes: number,
  loss: number,
  seed: number,
  tell: (line: string) => void,
): Promise<number> {
  const ends: (() => unknown)[] = [];
  try {
    const atEnd = (close: () => unknown) => void ends.push(close);
    const miners = await startLossyMiners({
      ...{ program: ['dist/cli.js'], powerPercent: POWER_PERCENT, loss, seed, atEnd },
    });
    const untilMs = performance.now() + 60_000 * minutes;
    /** When each block of our chain was seen first. */
    const seenMs = new Map<string, number>();
    let worstMs = 0;
    for (let look = 0; performance.now() < untilMs; look++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const chain = await miners.chain();
      const nowMs = performance.now();
      for (const hash of chain) if (!seenMs.has(hash)) seenMs.set(hash, nowMs);
      for (const miner of miners.references) {
        const has = new Set(miner.blocks().map(({ hash }) => hash));
        const missing = chain.find((hash) => !has.has(hash));
        if (missing !== undefined) worstMs = Math.max(worstMs, nowMs - seenMs.get(missing)!);
      }
      if (look % 60 === 0)
        tell(`${miners.describe()}, behind for at most ${worstMs.toFixed(0)} ms`);
    }
    return worstMs;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
