/**
 * How long to wait before the next try to reach a server: longer each time, and never in step with others (R26).
 */

/** First wait: a server that restarts is back within a blink. */
export const FIRST_WAIT_MS = 250;

/** Longest wait: a tab that lost its server finds it again before anyone asks why. */
export const LONGEST_WAIT_MS = 10_000;

/**
 * The wait after `failures` failed tries in a row, in milliseconds. It doubles up to the longest wait; the random
 * half spreads a class whose server restarted, which would else knock all at once.
 */
export function waitBeforeRetryMs(failures: number, random: () => number): number {
  const fullMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 16));
  return fullMs / 2 + (random() * fullMs) / 2;
}
