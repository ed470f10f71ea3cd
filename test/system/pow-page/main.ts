/** A page that holds pools of workers, for the test that drives it. */
import { createMiningPool } from '../../../lib/drivers/workers/mining-pool.ts';
import { createWebWorkerPool } from '../../../lib/drivers/workers/web-pool.ts';
import type { WorkerEvents, WorkerPort } from '../../../lib/drivers/workers/worker-slot.ts';
import type { MiningPool } from '../../../lib/pow/pool.ts';
import type { Proof, Template } from '../../../lib/pow/template.ts';

export interface Outcome {
  readonly dataLength: number;
  readonly proof: Proof;
  readonly kernel: string | null;
  readonly warnings: readonly string[];
}

function spawnGraphics(events: WorkerEvents): WorkerPort {
  const worker = new Worker(new URL('./software-worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = (event) => events.message(event.data);
  worker.onerror = (event) => events.died(event.message);
  return { post: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
}

/** Searches one template for each data length, in one pool, and tells what came of each. */
async function searchAll(
  kind: 'threads' | 'graphics',
  dataLengths: readonly number[],
  freeLength: number,
  target: readonly number[],
): Promise<Outcome[]> {
  const warnings: string[] = [];
  let found = (_: Proof): void => undefined;
  const callbacks = {
    found: (proof: Proof) => found(proof),
    warn: (text: string) => void warnings.push(text),
  };
  const pool: MiningPool =
    kind === 'threads'
      ? createWebWorkerPool({ threads: 1, duty: 1 }, callbacks)
      : createMiningPool(spawnGraphics, { threads: 1, duty: 1 }, callbacks);
  const outcomes: Outcome[] = [];
  for (const dataLength of dataLengths) {
    const template: Template = {
      id: outcomes.length + 1,
      data: new Uint8Array(dataLength).fill(97),
      previousHash: new Uint8Array(32).fill(98),
      target: Uint8Array.from(target),
      ...(freeLength > 0 && { freeBytes: { offset: 0, length: freeLength } }),
    };
    const proof = await new Promise<Proof>((resolve) => {
      found = resolve;
      pool.search(template);
    });
    outcomes.push({ dataLength, proof, kernel: pool.rates().kernel, warnings });
  }
  pool.close();
  return outcomes;
}

/** Which templates with a proof were asked for, and which were found. */
export interface ChangeOutcome {
  readonly asked: readonly number[];
  readonly found: readonly number[];
  readonly warnings: readonly string[];
}

const ROUNDS = 3;
const HOPELESS_TIPS = 20;

/** Hands a pool at work many templates that have no proof, and now and then one that has, at full power and at less. */
async function changeOften(target: readonly number[]): Promise<ChangeOutcome> {
  const outcome = { asked: [] as number[], found: [] as number[], warnings: [] as string[] };
  let resume = (): void => undefined;
  const pool = createWebWorkerPool(
    { threads: 2, duty: 1 },
    {
      found: ({ templateId }) => {
        outcome.found.push(templateId);
        resume();
      },
      warn: (text) => void outcome.warnings.push(text),
    },
  );
  let id = 0;
  const search = (target: Uint8Array): void =>
    pool.search({
      id: ++id,
      data: new Uint8Array(12).fill(97),
      previousHash: new Uint8Array(32).fill(id),
      target,
    });
  const hopeless = new Uint8Array(32).fill(1, 12);
  for (const duty of [1, 0.05, 1]) {
    pool.setDuty(duty);
    for (let round = 0; round < ROUNDS; round++) {
      for (let tip = 0; tip < HOPELESS_TIPS; tip++) search(hopeless);
      const before = pool.rates().hashes;
      while (pool.rates().hashes === before) await nextTask();
      pool.search(null);
      search(hopeless);
      const next = new Promise<void>((resolve) => (resume = resolve));
      search(Uint8Array.from(target));
      outcome.asked.push(id);
      await next;
    }
  }
  pool.close();
  return outcome;
}

const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve, 10));

Object.assign(globalThis, { searchAll, changeOften });
