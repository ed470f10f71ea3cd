import { describe, expect, it } from 'vitest';
import { PAIRS_LIMIT, RETRY_WITHIN_MS, TriedWays } from '../../lib/net/tried-ways.ts';

const node = (number: number) => number.toString(16).padStart(40, '0');
const FROM = node(1);

describe('what was tried between two nodes', () => {
  it('is remembered for a while, for each direction and pair by itself', () => {
    const ways = new TriedWays();
    ways.between(FROM, node(2), 0).push(node(9));
    expect(ways.between(FROM, node(2), RETRY_WITHIN_MS - 1)).toEqual([node(9)]);
    expect(ways.between(node(2), FROM, 0).length).toBe(0);
    expect(ways.between(FROM, node(3), 0).length).toBe(0);
    expect(ways.between(FROM, node(2), RETRY_WITHIN_MS).length).toBe(0);
  });

  it('is kept for so many pairs, the latest', () => {
    const ways = new TriedWays();
    for (let to = 2; to < 2 + 2 * PAIRS_LIMIT; to++) ways.between(FROM, node(to), 0).push(FROM);
    expect(ways.between(FROM, node(1 + 2 * PAIRS_LIMIT), 0).length).toBe(1);
    expect(ways.between(FROM, node(2), 0).length).toBe(0);
  });
});
