import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, compareDistance } from '../../../lib/net/kademlia/ids.ts';
import {
  ANSWER_MS,
  BUCKET_SIZE,
  QUIET_LIMIT_MS,
  QUIET_MS,
  RoutingTable,
} from '../../../lib/net/kademlia/routing-table.ts';

const SELF = '0'.repeat(40);
const anyId = fc
  .bigInt({ min: 1n, max: (1n << 160n) - 1n })
  .map((value) => value.toString(16).padStart(40, '0'));
/** Ids of the farthest bucket. */
const far = (number: number) => `f${number.toString(16).padStart(39, '0')}`;
const FULL = Array.from({ length: BUCKET_SIZE }, (_, index) => far(index));

function fullTable(): RoutingTable {
  const table = new RoutingTable(SELF);
  for (const nodeId of FULL) table.seen(nodeId, true, 0);
  return table;
}

describe('a routing table', () => {
  it('knows at most k contacts a bucket, never itself, and gives the nearest first', () => {
    fc.assert(
      fc.property(fc.array(anyId, { maxLength: 100 }), fc.boolean(), anyId, (nodes, lives, key) => {
        const table = new RoutingTable(SELF);
        for (const nodeId of [SELF, ...nodes]) table.seen(nodeId, lives, 0);
        const known = table.nearest(key, 1_000);
        expect(known).toHaveLength(table.size);
        expect(known).not.toContain(SELF);
        expect(known).toEqual([...known].sort((a, b) => compareDistance(key, a, b)));
        const buckets = known.map((nodeId) => bucketOf(SELF, nodeId));
        for (const bucket of buckets)
          expect(buckets.filter((other) => other === bucket).length).toBeLessThanOrEqual(
            BUCKET_SIZE,
          );
      }),
    );
  });

  it('keeps old contacts that live, however many new ids come: a flood of them changes nothing', () => {
    const table = fullTable();
    for (let i = 0; i < 10_000; i++) {
      const outcome = table.seen(far(100 + i), true, QUIET_MS + i);
      // Those that are asked whether they live say so.
      if (outcome.kind === 'ask') table.seen(outcome.nodeId, true, QUIET_MS + i);
    }
    table.tick(10 * QUIET_MS);
    expect(table.nearest(FULL[0]!).sort()).toEqual(FULL);
  });

  it('knows after a list of names what it knows after one name at a time', () => {
    fc.assert(
      fc.property(fc.array(anyId, { maxLength: 60 }), (names) => {
        const tables = [new RoutingTable(SELF), new RoutingTable(SELF)] as const;
        const asks: string[] = [];
        for (const nowMs of [0, QUIET_MS, QUIET_MS + ANSWER_MS]) {
          for (const nodeId of names) {
            const outcome = tables[0].seen(nodeId, false, nowMs);
            if (outcome.kind === 'ask') asks.push(outcome.nodeId);
          }
          expect(tables[1].heard(names, nowMs)).toEqual(asks.splice(0));
        }
        expect(tables[1].nearest(SELF, 1_000)).toEqual(tables[0].nearest(SELF, 1_000));
      }),
    );
  });

  it('asks one contact at a time where names are told that it has no place for', () => {
    const table = fullTable();
    const names = [SELF, FULL[3]!, far(100), far(101)];
    expect(table.heard(names, QUIET_MS - 1)).toEqual([]);
    expect(table.heard(names, QUIET_MS)).toEqual([far(0)]);
    expect(table.heard(names, QUIET_MS)).toEqual([]);
    table.tick(QUIET_MS + ANSWER_MS);
    expect(table.has(far(0))).toBe(false);
    expect(table.has(far(100))).toBe(true);
  });

  it('puts the latest newcomer in the place of one that does not answer', () => {
    const table = fullTable();
    expect(table.seen(far(100), true, QUIET_MS - 1)).toEqual({ kind: 'none' });
    expect(table.seen(far(101), true, QUIET_MS)).toEqual({ kind: 'ask', nodeId: far(0) });
    expect(table.seen(far(102), true, QUIET_MS)).toEqual({ kind: 'none' });
    table.tick(QUIET_MS + ANSWER_MS - 1);
    expect(table.has(far(0))).toBe(true);
    table.tick(QUIET_MS + ANSWER_MS);
    expect([0, 100, 101, 102].map((number) => table.has(far(number)))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('asks one that answers ever more rarely, up to a limit', () => {
    const table = fullTable();
    const asksAt = (nowMs: number): string[] => {
      const asked: string[] = [];
      for (;;) {
        const outcome = table.seen(far(100), false, nowMs);
        if (outcome.kind === 'none') return asked;
        asked.push(outcome.nodeId);
        table.seen(outcome.nodeId, true, nowMs);
      }
    };
    let nowMs = 0;
    for (const quietMs of [QUIET_MS, 2 * QUIET_MS, QUIET_LIMIT_MS, QUIET_LIMIT_MS]) {
      expect(asksAt(nowMs + quietMs - 1)).toEqual([]);
      nowMs += quietMs;
      expect(asksAt(nowMs)).toEqual(FULL);
    }
  });

  it('does not take hearsay for a sign of life', () => {
    const table = fullTable();
    table.seen(far(0), false, QUIET_MS);
    expect(table.seen(far(100), false, QUIET_MS)).toEqual({ kind: 'ask', nodeId: far(0) });
  });

  it('has a place for another where one is known to be gone', () => {
    const table = fullTable();
    table.gone(far(3), 0);
    table.seen(far(100), true, 0);
    expect([table.has(far(3)), table.has(far(100))]).toEqual([false, true]);
  });
});
