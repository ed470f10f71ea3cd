/**
 * The pool of a Node process: worker_threads (R6, R29).
 */
import type { Worker } from 'node:worker_threads';
import type { MiningPool, PoolCallbacks, PoolOptions } from '../../pow/pool.ts';
import type { WorkerMessage } from './messages.ts';
import { createMiningPool } from './mining-pool.ts';
import { startThread } from './start-thread.ts';
import type { WorkerEvents, WorkerPort } from './worker-slot.ts';

/** Starts a pool of threads. They keep the process alive until `close`. */
export function createThreadPool(options: PoolOptions, callbacks: PoolCallbacks): MiningPool {
  return createMiningPool(spawnThread, options, callbacks);
}

/** Starts one thread; its own function, so that tests can hold the thread in hand. */
export function spawnThread(events: WorkerEvents): WorkerPort & { readonly worker: Worker } {
  const worker = startThread('pow-worker', './thread-worker.ts');
  let reason: string | null = null;
  worker.on('message', (message: WorkerMessage) => events.message(message));
  worker.on('error', (error) => (reason = String(error)));
  worker.on('exit', (code) => events.died(reason ?? `it ended with code ${code}`));
  return {
    worker,
    post: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
  };
}
