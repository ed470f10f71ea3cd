/**
 * The room's clock: the median of what the neighbours' clocks and our own say, so that one wrong clock shifts nothing.
 */

/** The median of our own offset (zero) and the neighbours', in milliseconds; of two middles the one nearer to zero. */
export function medianOffsetMs(neighbourOffsetsMs: readonly number[]): number {
  // A dozen at most, looked up with every tick: put in place one by one they need no sorting, and no memory of each step.
  const sorted = [0];
  for (const offsetMs of neighbourOffsetsMs) {
    let at = sorted.length;
    for (; at > 0 && sorted[at - 1]! > offsetMs; at--) sorted[at] = sorted[at - 1]!;
    sorted[at] = offsetMs;
  }
  const upper = sorted[sorted.length >> 1]!;
  const lower = sorted[(sorted.length - 1) >> 1]!;
  return Math.abs(lower) < Math.abs(upper) ? lower : upper;
}
