import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FULLY_NAMED_LIMIT } from '../../lib/sim/ring.ts';
import { countHops } from '../support/graphs.ts';
import { MeshRoom } from '../support/mesh-room.ts';

const SETTLING_MS = 120_000;
const WATCHED_MS = 120_000;
/** Of each peer, within the time watched: six links in an hour; without any pause dozens would come and go. */
const CHANGES_LIMIT = (6 * WATCHED_MS) / 3_600_000;

function changesOf(room: MeshRoom): number {
  const before = room.changes;
  room.run(WATCHED_MS);
  return room.changes - before;
}

function expectTogether(room: MeshRoom): void {
  const graph = new Map([...room.links].map(([id, links]) => [id, new Set(links)]));
  expect(countHops(graph, [...graph.keys()][0]!)).toBeLessThanOrEqual(Math.log2(graph.size) + 1);
}

describe('a room so large that each peer knows a part of it', () => {
  it('comes to rest: links are no longer made and broken, and lead everywhere in few hops', () => {
    const anyRoom = fc.record({
      size: fc.integer({ min: FULLY_NAMED_LIMIT, max: 500 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(anyRoom, ({ size, seed }) => {
        const room = new MeshRoom(size, seed);
        room.run(SETTLING_MS);
        expectTogether(room);
        expect(changesOf(room)).toBeLessThanOrEqual(CHANGES_LIMIT * size);
      }),
      { numRuns: 2 },
    );
  });

  it('does so again when a fifth has left at once', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const size = 400;
        const room = new MeshRoom(size, seed);
        room.run(SETTLING_MS);
        room.leave(size / 5);
        room.run(SETTLING_MS);
        expectTogether(room);
        expect(changesOf(room)).toBeLessThanOrEqual(CHANGES_LIMIT * size);
      }),
      { numRuns: 1 },
    );
  });
});
