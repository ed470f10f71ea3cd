/**
 * The pool of a Node process: worker_threads (R6, R29).
 */
import { Worker } from 'node:worker_threads';
import type { MiningPool, PoolCallbacks, PoolOptions } from '../../pow/pool.ts';
import type { WorkerMessage } from './messages.ts';
import { createMiningPool } from './mining-pool.ts';
import type { WorkerEvents, WorkerPort } from './worker-slot.ts';

/** Starts a pool of threads. They keep the process alive until `close`. */
export function createThreadPool(options: PoolOptions, callbacks: PoolCallbacks): MiningPool {
  return createMiningPool(spawnThread, options, callbacks);
}

/**
 * Makes a thread of its program: from a build the file `pow-worker.js` beside this module's own, from the source
 * `thread-worker.ts`, for which the thread must load tsx first, as Node hands no thread the hooks of its parent.
 */
function startThread(): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./pow-worker.js', import.meta.url));
  const tsx = import.meta.resolve('tsx/esm/api');
  const program = new URL('./thread-worker.ts', import.meta.url).href;
  return new Worker(`import('${tsx}').then(({ register }) => (register(), import('${program}')))`, {
    eval: true,
    execArgv: [],
  });
}

/** Starts one thread; its own function, so that tests can hold the thread in hand. */
export function spawnThread(events: WorkerEvents): WorkerPort & { readonly worker: Worker } {
  const worker = startThread();
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
