import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseNeighbours, LINK_LIMITS } from '../../lib/net/neighbour-choice.ts';
import { countHops, roomGraph } from '../support/graphs.ts';
import { seededRandom } from '../support/random.ts';

/** Rooms looked at; each takes the longer the larger it is, and `npm run soak -- overlay` looks at a thousand. */
const ROOMS = 25;

const ids = (count: number, seed: number): string[] => {
  const random = seededRandom(seed);
  const digit = () => Math.floor(random() * 16).toString(16);
  return Array.from({ length: count }, () => Array.from({ length: 40 }, digit).join(''));
};

describe('the neighbours that everyone wants', () => {
  it.each(Object.entries(LINK_LIMITS))(
    'want each other, are no more than a device may have, and connect the room in log2(n) + 1 hops (%s)',
    (_, limit) => {
      for (let seed = 0; seed < ROOMS; seed++) {
        // From just above all-to-all to 300, most of them small.
        const count = limit + 2 + Math.floor((286 * seed ** 2) / ROOMS ** 2);
        const graph = roomGraph(ids(count, seed), limit);
        for (const [self, neighbours] of graph) {
          expect(neighbours.size).toBeLessThanOrEqual(limit);
          expect(neighbours.has(self)).toBe(false);
          for (const id of neighbours) expect(graph.get(id)!.has(self)).toBe(true);
        }
        const hops = countHops(graph, graph.keys().next().value!);
        expect([seed, hops <= Math.log2(count) + 1]).toEqual([seed, true]);
      }
    },
  );

  it('are all others in a small room', () => {
    const [self, ...others] = ids(LINK_LIMITS.usual + 1, 1);
    expect(chooseNeighbours(self!, others).sort()).toEqual(others.sort());
    expect(chooseNeighbours(self!, [])).toEqual([]);
  });

  it('connect a room whatever its ids are, though all of them were made to be alike', () => {
    const anyIds = fc.uniqueArray(
      fc.tuple(fc.constantFrom('0', '7', 'f'), fc.nat(1_000), fc.nat(39)).map(([digit, n, at]) => {
        const text = n.toString(16);
        return (digit.repeat(at) + text).padEnd(40, '0').slice(0, 40);
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(anyIds, fc.constantFrom(4, 6, 12), (nodes, limit) => {
        const graph = roomGraph(nodes, limit);
        expect(countHops(graph, nodes[0]!)).toBeLessThan(Number.POSITIVE_INFINITY);
        for (const neighbours of graph.values()) expect(neighbours.size).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('are found among ids of which some are named twice, and some are our own', () => {
    const nodes = ids(20, 1);
    const self = nodes[0]!;
    for (const limit of [4, 12]) {
      const usual = chooseNeighbours(self, nodes.slice(1), limit);
      expect(chooseNeighbours(self, [...nodes, ...nodes], limit).sort()).toEqual(usual.sort());
    }
  });

  it('change for few when one comes or goes', () => {
    for (let seed = 0; seed < 10; seed++) {
      const [newcomer, ...before] = ids(150, seed);
      const old = roomGraph(before, LINK_LIMITS.usual);
      const now = roomGraph([newcomer!, ...before], LINK_LIMITS.usual);
      let changes = 0;
      for (const id of before)
        for (const other of now.get(id)!)
          if (other !== newcomer && !old.get(id)!.has(other)) changes++;
      // New links among the old, each counted from both sides.
      expect(changes / 2).toBeLessThanOrEqual(LINK_LIMITS.usual);
    }
  });
});
