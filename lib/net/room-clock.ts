/**
 * The room's clock: the median of what the neighbours' clocks and our own say, so that one wrong clock shifts nothing.
 */

/** The median of our own offset (zero) and the neighbours', in milliseconds; of two middles the one nearer to zero. */
export function medianOffsetMs(neighbourOffsetsMs: readonly number[]): number {
  const sorted = [0, ...neighbourOffsetsMs].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)]!;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return Math.abs(lower) < Math.abs(upper) ? lower : upper;
}
