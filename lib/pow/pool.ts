/**
 * What the owner of a search sees of its workers, whatever runs them: Web Workers in a tab, worker_threads in Node.
 */
import type { Proof, Template } from './template.ts';

/** A moment's figures of one pool, in hashes per second over the last second or so. */
export interface PoolRates {
  readonly totalHashesPerSecond: number;
  readonly perWorkerHashesPerSecond: readonly number[];
  /** All hashes since the pool was made. */
  readonly hashes: number;
  /** The kernel in use, as people read it: `wasm-simd 4+1`. Null until the first worker is ready. */
  readonly kernel: string | null;
}

/** What a pool starts with. */
export interface PoolOptions {
  /** Number of workers, 1 or more. */
  readonly threads: number;
  /** Share of the time in which workers search, above 0 and at most 1. */
  readonly duty: number;
  /**
   * Whether the graphics processor searches too, where there is one and the page is a secure context. Off by default:
   * it makes a computer hot, and its screen less smooth.
   */
  readonly graphics?: boolean;
}

/** A pool of search workers. No method waits; results arrive by the callbacks given to its maker. */
export interface MiningPool {
  /**
   * Searches this template from now on, until a proof of it is found; null stops the search. A template that cannot be
   * searched stops it too, with a warning that says why.
   */
  search(template: Template | null): void;
  /** Number of workers, 1 or more. */
  setThreads(threads: number): void;
  /** Whether the graphics processor searches too, where there is one and the page is a secure context. */
  setGraphics(isOn: boolean): void;
  /** Share of the time in which workers search, above 0 and at most 1. */
  setDuty(duty: number): void;
  rates(): PoolRates;
  /** Ends the workers. Nothing is called back afterwards. */
  close(): void;
}

export interface PoolCallbacks {
  /** Already verified against an independent SHA-256, and belonging to the current template. */
  found(proof: Proof): void;
  /** Something a person should read: a kernel switched off, a worker that died and was replaced. */
  warn(message: string): void;
  /** Nothing will be found any more: no worker can be kept running, or no kernel works. Called once, after a `warn`. */
  stopped?(): void;
}
