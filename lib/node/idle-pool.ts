/**
 * The pool of a peer that does not mine: no threads, and nothing is found.
 */
import type { MiningPool } from '../pow/pool.ts';

export function createIdlePool(): MiningPool {
  return {
    search: () => undefined,
    setThreads: () => undefined,
    setGraphics: () => undefined,
    setDuty: () => undefined,
    rates: () => ({
      totalHashesPerSecond: 0,
      perWorkerHashesPerSecond: [],
      hashes: 0,
      kernel: null,
    }),
    close: () => undefined,
  };
}
