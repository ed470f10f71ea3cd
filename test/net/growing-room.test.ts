import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_WAIT_MS, QUIET_MS } from '../../lib/net/arrivals.ts';
import { WAITLESS_OTHERS } from '../../lib/net/mesh.ts';
import { LINK_LIMITS } from '../../lib/net/neighbour-choice.ts';
import { roomGraph } from '../support/graphs.ts';
import { GrowingRoom, pairOf } from '../support/growing-room.ts';

const SIZE = 32;

/** Runs a room until it is at rest, and answers how many direct links were made that nobody wants in the end. */
function countInVain(withinMs: number, seed: number): number {
  const room = new GrowingRoom(SIZE, withinMs, seed);
  room.run(withinMs + LONGEST_WAIT_MS + QUIET_MS);
  const wanted = roomGraph([...room.members.keys()], LINK_LIMITS.usual);
  const pairs = new Set([...wanted].flatMap(([a, others]) => [...others].map((b) => pairOf(a, b))));
  expect([...pairs].filter((pair) => !room.direct.has(pair))).toEqual([]);
  return room.direct.size - pairs.size;
}

describe('a room that a class comes to', () => {
  it('makes no links in vain but those of the first few, where all come soon after each other', () => {
    const ofTheFirst = ((WAITLESS_OTHERS + 1) * WAITLESS_OTHERS) / 2;
    fc.assert(
      fc.property(fc.nat(LONGEST_WAIT_MS - QUIET_MS), fc.nat(), (withinMs, seed) => {
        expect(countInVain(withinMs, seed)).toBeLessThanOrEqual(ofTheFirst);
      }),
      { numRuns: 15 },
    );
  });

  it('has every link that is wanted soon after the last has come, in whatever time they come', () => {
    fc.assert(
      fc.property(fc.nat(10 * LONGEST_WAIT_MS), fc.nat(), (withinMs, seed) => {
        countInVain(withinMs, seed);
      }),
      { numRuns: 10 },
    );
  });
});
