/** How a cost grows with a size, measured on a machine that others use too. */

/**
 * Times the same number of steps at each size, over and over in turns, and keeps each size's quickest turn: whatever
 * else the machine does can only slow a turn down, and turns of equal length are slowed down alike.
 * @param turn does `steps` steps at this size, and returns the milliseconds that the steps alone took
 * @returns milliseconds by size
 */
export function measureTurns(
  sizes: readonly number[],
  rounds: number,
  turn: (size: number) => number,
): Map<number, number> {
  const quickest = new Map<number, number>();
  for (let round = 0; round < rounds; round++)
    for (const size of sizes) {
      const ms = turn(size);
      quickest.set(size, Math.min(ms, quickest.get(size) ?? Infinity));
    }
  return quickest;
}

/**
 * The exponent by which the cost of all steps grows with the size, where `costs` are those of one step, or of a fixed
 * number of steps: one more than the slope of the least-squares line through the logarithms.
 */
export function fitExponent(costs: ReadonlyMap<number, number>): number {
  const points = [...costs].map(([size, cost]) => ({ x: Math.log(size), y: Math.log(cost) }));
  const mean = (pick: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const covariance = mean(({ x, y }) => (x - meanX) * (y - meanY));
  return 1 + covariance / mean(({ x }) => (x - meanX) ** 2);
}
