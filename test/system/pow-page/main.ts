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

Object.assign(globalThis, { searchAll });
