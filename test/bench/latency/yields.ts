/**
 * What it costs a search to hear of new tips: hashes in a row against hashes with the looks and yields of a worker, by
 * one kernel in turns, in whatever engine runs this file.
 */
import { BATCH_MS, LOOK_MS, LOOKS_PER_YIELD } from '../../../lib/drivers/workers/batch-length.ts';
import {
  countPosted,
  createPostedCount,
  Mailbox,
} from '../../../lib/drivers/workers/posted-count.ts';
import { newKernel } from '../new-kernel.ts';
import { templateOf } from './tips.ts';

/** Until kernels have raced and run at full speed. */
const WARM_UP_MS = 1500;
const WINDOW_MS = 40;
const WINDOWS = 60;

/** Hashes a millisecond of each way to search, one window after the other. */
export interface YieldRates {
  readonly alone: number[];
  readonly looking: number[];
  readonly yielding: number[];
}

export async function measureYields(yieldToMessages: () => Promise<void>): Promise<YieldRates> {
  const kernel = newKernel();
  kernel.prepare(templateOf(1), new Uint8Array(8));
  const batch = (ms: number, hashesPerMs: number) => kernel.search(Math.ceil(ms * hashesPerMs));
  let hashesPerMs = 1000;
  const startMs = performance.now();
  for (let nowMs = startMs; nowMs < startMs + WARM_UP_MS;) {
    const { hashes } = batch(WINDOW_MS, hashesPerMs);
    hashesPerMs = hashes / Math.max(0.1, performance.now() - nowMs);
    nowMs = performance.now();
  }
  const mailbox = openMailbox();
  const turnMs = LOOK_MS * LOOKS_PER_YIELD;
  /** Each searches for about as long as it returns. */
  const ways: Record<keyof YieldRates, () => Promise<number>> = {
    async alone() {
      return batch(turnMs, hashesPerMs).hashes;
    },
    async looking() {
      let hashes = 0;
      for (let look = 0; look < LOOKS_PER_YIELD && mailbox.isEmpty(); look++)
        hashes += batch(LOOK_MS, hashesPerMs).hashes;
      await yieldToMessages();
      return hashes;
    },
    async yielding() {
      const { hashes } = batch(BATCH_MS, hashesPerMs);
      await yieldToMessages();
      return hashes;
    },
  };
  const rates: YieldRates = { alone: [], looking: [], yielding: [] };
  for (let window = 0; window < WINDOWS; window++)
    for (const [name, way] of Object.entries(ways)) {
      const windowHashes = WINDOW_MS * hashesPerMs;
      const startedMs = performance.now();
      let hashes = 0;
      while (hashes < windowHashes) hashes += await way();
      rates[name as keyof YieldRates].push(hashes / (performance.now() - startedMs));
    }
  return rates;
}

function openMailbox(): Mailbox {
  const posted = createPostedCount();
  if (posted === null) throw new Error('No memory can be shared here.');
  const mailbox = new Mailbox();
  mailbox.open(posted);
  countPosted(posted);
  mailbox.receive();
  return mailbox;
}
