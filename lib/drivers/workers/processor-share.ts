/**
 * How tabs of one browser share its processor. Without this, thirty tabs on a laptop would have thirty searches at work,
 * and their pages so seldom a turn that they would lose each other's links.
 */
import { defaultThreads } from './mining-pool.ts';

export interface ProcessorShare {
  /** Workers of one tab, 1 or more. */
  readonly threads: number;
  /** Share of the time in which they search at full power, above 0, at most 1. */
  readonly processorShare: number;
}

/** All tabs together search on the cores less one: each with fewer workers first, and then with one for less time. */
export function shareProcessor(cores: number, tabs: number): ProcessorShare {
  const free = defaultThreads(cores);
  return {
    threads: Math.max(1, Math.floor(free / tabs)),
    processorShare: Math.min(1, free / tabs),
  };
}
