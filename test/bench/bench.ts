/**
 * What a benchmark is: named figures, each beside the one that it should be compared with.
 *
 * Absolute figures say how fast a machine is; ratios say how good the code is, and can be compared between machines.
 */

export interface Figure {
  /** What was measured, as a line of a table: `blocks accepted, 20,000 in a row`. */
  readonly name: string;
  readonly value: number;
  /** `blocks/s`, `ms`, `MH/s`. */
  readonly unit: string;
  /** The name of the figure of the same benchmark that this one is held against. */
  readonly against?: string;
}

/** A file test/bench/<name>.bench.ts exports one of these as its default. */
export interface Bench {
  /** One line for the head of the table. */
  readonly title: string;
  run(): Promise<readonly Figure[]> | readonly Figure[];
}

const ROUND_MS = 250;
const ROUNDS = 5;

/**
 * How many times a second the action can be done: the best of some rounds, since whatever else the machine does can
 * only slow a round down. The action does `count` things at each call.
 */
export function measureRate(count: number, action: () => void): number {
  action();
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    let calls = 0;
    let elapsedMs: number;
    do {
      action();
      calls++;
      elapsedMs = performance.now() - startedMs;
    } while (elapsedMs < ROUND_MS);
    best = Math.max(best, (1000 * calls * count) / elapsedMs);
  }
  return best;
}

/** The value below which this share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
