/**
 * The pool of a tab: Web Workers, which need no secure context and no shared memory (R26, R27).
 */
import type { MiningPool, PoolCallbacks, PoolOptions } from '../../pow/pool.ts';
import type { WorkerMessage } from './messages.ts';
import { createMiningPool, type KernelMemory } from './mining-pool.ts';
import type { WorkerEvents, WorkerPort } from './worker-slot.ts';

/**
 * Starts a pool of Web Workers. Results come by the callbacks; nothing is searched before `search` is called. Where the
 * page is `crossOriginIsolated`, it shares memory with its workers, which then turn to a new template sooner.
 */
export function createWebWorkerPool(options: PoolOptions, callbacks: PoolCallbacks): MiningPool {
  return createMiningPool(spawnWebWorker, options, callbacks, {
    memory: localMemory,
    spawnGraphics: spawnGraphicsWorker,
  });
}

function spawnWebWorker(events: WorkerEvents): WorkerPort {
  const worker = new Worker(new URL('./web-worker.ts', import.meta.url), { type: 'module' });
  return portOf(worker, events);
}

function spawnGraphicsWorker(events: WorkerEvents): WorkerPort {
  const worker = new Worker(new URL('./graphics-worker.ts', import.meta.url), { type: 'module' });
  return portOf(worker, events);
}

function portOf(worker: Worker, events: WorkerEvents): WorkerPort {
  worker.onmessage = (event: MessageEvent<WorkerMessage>) => events.message(event.data);
  worker.onerror = (event) => {
    event.preventDefault();
    events.died(event.message || 'its program did not load');
  };
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
  };
}

/** Names the engine too, because an update of the browser may change which kernel is fastest. */
const memoryKey = () => `tabchain kernels: ${navigator.userAgent}`;

/** Storage may be forbidden; then the kernels race again, which costs nothing but their slower turns. */
const localMemory: KernelMemory = {
  recall() {
    try {
      const names: unknown = JSON.parse(localStorage.getItem(memoryKey()) ?? '[]');
      return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
    } catch {
      return [];
    }
  },
  remember(kernels) {
    try {
      localStorage.setItem(memoryKey(), JSON.stringify(kernels));
    } catch {
      // Full or forbidden.
    }
  },
};
