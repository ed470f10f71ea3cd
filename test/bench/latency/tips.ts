/**
 * Hands new tips to a worker, and measures how long each waits until it is searched.
 */
import type { OwnerMessage } from '../../../lib/drivers/workers/messages.ts';
import { countPosted, createPostedCount } from '../../../lib/drivers/workers/posted-count.ts';
import type { Template } from '../../../lib/pow/template.ts';
import { sharedNowMs, type Searched } from './witness.ts';

/** Until kernels have raced and the worker runs at full speed. */
const WARM_UP_MS = 3000;
const TIPS = 400;
/** Between two tips, and a part of it that differs from tip to tip, so that they meet batches at any place. */
const PAUSE_MS = 4;
const SPREAD_MS = 3;

export interface WitnessedWorker {
  post(message: OwnerMessage): void;
  /** Called with everything that the worker says. */
  listen(listener: (message: Partial<Searched>) => void): void;
}

export const templateOf = (id: number): Template => ({
  id,
  data: new Uint8Array(79).fill(97),
  previousHash: new Uint8Array(32).fill(id),
  // No hash is so small.
  target: Uint8Array.from({ length: 32 }, (_, i) => (i < 12 ? 0 : 1)),
  freeBytes: { offset: 0, length: 16 },
});

/**
 * From the call that posts a tip to the start of the first batch that searches it, in milliseconds. Messages are
 * counted as a pool counts them, or, for a worker that should do without, not.
 */
export async function measureTips(worker: WitnessedWorker, isCounted: boolean): Promise<number[]> {
  const posted = isCounted ? createPostedCount() : null;
  if (isCounted && posted === null) throw new Error('No memory can be shared here.');
  const post = (message: OwnerMessage): void => {
    worker.post(message);
    if (posted !== null) countPosted(posted);
  };
  let searched = (_message: Partial<Searched>): void => undefined;
  worker.listen((message) => searched(message));
  post({ type: 'start', preferred: [], switchedOff: [], posted });
  const delays: number[] = [];
  for (let id = 1; id <= TIPS + 1; id++) {
    const next = new Promise<number>((resolve) => {
      searched = ({ templateId, atMs }) => {
        if (templateId === id) resolve(atMs!);
      };
    });
    const postedMs = sharedNowMs();
    post({ type: 'search', template: templateOf(id), start: new Uint8Array(8) });
    const delayMs = (await next) - postedMs;
    if (id > 1) delays.push(delayMs);
    await wait(id === 1 ? WARM_UP_MS : PAUSE_MS + Math.random() * SPREAD_MS);
  }
  return delays;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
