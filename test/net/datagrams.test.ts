import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUDGETS_LIMIT,
  DATAGRAM_COST_BYTES,
  DatagramRouter,
  DETOURS_LIMIT,
  FORWARD_RATE,
  HOPS_LIMIT,
  SEEN_LIMIT,
  type Datagram,
  type Hop,
} from '../../lib/net/datagrams.ts';
import { RETRY_WITHIN_MS } from '../../lib/net/tried-ways.ts';
import { anyGraph, type Graph } from '../support/graphs.ts';

const id = (number: number) => number.toString(16).padStart(40, '0');
const ALONE: readonly string[] = [];

function datagram(to: string, from: string, changes: Partial<Datagram> = {}): Datagram {
  const fixed = { type: 'datagram', reach: 'exact', hops: 0, detours: 0, port: 'link' } as const;
  return { ...fixed, id: 1, body: '', to, from, ...changes };
}

/** Carries a datagram to its end: every node that it visits, and where it arrives. */
function travel(graph: Graph, sent: Datagram, lookahead: boolean) {
  const routers = new Map([...graph.keys()].map((node) => [node, new DatagramRouter(node)]));
  const hopsOf = (node: string): Hop[] =>
    [...graph.get(node)!].map((nodeId) => ({
      nodeId,
      neighbours: lookahead ? [...graph.get(nodeId)!] : ALONE,
    }));
  const steps: [string, string][] = [];
  let at = sent.from;
  let outcome = routers.get(at)!.send(sent, hopsOf(at), 0);
  while (outcome.kind === 'forward') {
    const previous = at;
    at = outcome.nodeId;
    steps.push([previous, at]);
    outcome = routers.get(at)!.receive(outcome.datagram, previous, hopsOf(at), 0);
  }
  return { outcome, at, steps };
}

describe('a datagram between any two peers of any connected room', () => {
  it('arrives or is dropped within the hop limit, and never takes the same step twice', () => {
    fc.assert(
      fc.property(anyGraph(2, 40), fc.boolean(), fc.nat(), fc.nat(), (graph, lookahead, a, b) => {
        const nodes = [...graph.keys()];
        const from = nodes[a % nodes.length]!;
        const to = nodes[b % nodes.length]!;
        const { outcome, at, steps } = travel(graph, datagram(to, from), lookahead);
        if (outcome.kind === 'arrived') expect(at).toBe(to);
        expect(steps.length).toBeLessThanOrEqual(HOPS_LIMIT);
        expect(new Set(steps.map(String)).size).toBe(steps.length);
        for (const [x, y] of steps) expect(graph.get(x)!.has(y)).toBe(true);
      }),
    );
  });

  it('arrives at once where they are neighbours or have one in common', () => {
    fc.assert(
      fc.property(anyGraph(3, 30), fc.nat(), (graph, pick) => {
        const nodes = [...graph.keys()];
        const from = nodes[pick % nodes.length]!;
        for (const to of graph.get(from)!) {
          expect(travel(graph, datagram(to, from), true).steps).toHaveLength(1);
          for (const next of graph.get(to)!) {
            if (next === from || graph.get(from)!.has(next)) continue;
            const { outcome, steps } = travel(graph, datagram(next, from), true);
            expect([outcome.kind, steps.length]).toEqual(['arrived', 2]);
          }
        }
      }),
    );
  });
});

describe('a datagram', () => {
  const router = () => new DatagramRouter(id(8));
  const hop = (number: number, neighbours: number[] = []): Hop => ({
    nodeId: id(number),
    neighbours: neighbours.map(id),
  });

  it('goes to the neighbour nearest to its addressee, or to one who knows somebody nearer', () => {
    const send = (hops: Hop[]) => router().send(datagram(id(1), id(8)), hops, 0);
    expect(send([hop(4), hop(3), hop(6)])).toMatchObject({ nodeId: id(3) });
    expect(send([hop(4, [1]), hop(3)])).toMatchObject({ nodeId: id(4) });
    expect(send([hop(4, [1]), hop(1)])).toMatchObject({ nodeId: id(1) });
  });

  it('for us alone arrives, whoever else is near', () => {
    expect(router().receive(datagram(id(8), id(1)), id(2), [hop(9)], 0).kind).toBe('arrived');
  });

  it('goes round a gap, but leaves the straight way only so often', () => {
    const stuck = datagram(id(9), id(1), { hops: 9, detours: DETOURS_LIMIT - 1 });
    const outcome = router().receive(stuck, id(1), [hop(1), hop(2)], 0);
    expect(outcome).toMatchObject({ kind: 'forward', nodeId: id(2) });
    expect(outcome.kind === 'forward' && outcome.datagram).toMatchObject({
      hops: 10,
      detours: DETOURS_LIMIT,
    });
    const lost = { ...stuck, id: 2, detours: DETOURS_LIMIT };
    expect(router().receive(lost, id(1), [hop(2)], 0)).toEqual({
      kind: 'dropped',
      reason: 'too-many-detours',
    });
  });

  it('never goes back to where it came from, and is dropped where there is no other way', () => {
    expect(router().receive(datagram(id(9), id(1)), id(2), [hop(2), hop(1)], 0)).toEqual({
      kind: 'dropped',
      reason: 'no-way',
    });
  });

  it('that comes again takes other ways until there are none: nobody can send it round for ever', () => {
    const looping = router();
    const hops = [hop(1), hop(2), hop(3), hop(4)];
    const again = () => looping.receive(datagram(id(0), id(7)), id(4), hops, 0);
    expect([again(), again(), again(), again(), again()]).toMatchObject([
      { nodeId: id(1) },
      { nodeId: id(2) },
      { nodeId: id(3) },
      { reason: 'no-way' },
      { reason: 'no-way' },
    ]);
  });

  it('is dropped at the hop limit', () => {
    const far = datagram(id(0), id(7), { hops: HOPS_LIMIT });
    const outcome = router().receive(far, id(4), [hop(1)], 0);
    expect(outcome).toEqual({ kind: 'dropped', reason: 'too-many-hops' });
  });

  it('takes the next best way where an earlier one of its sender took the best, but never past the addressee', () => {
    const sender = router();
    const forwarder = router();
    let number = 1;
    const hops = [hop(2), hop(3), hop(9)];
    const send = (to: number, atMs: number) =>
      sender.send(datagram(id(to), id(8), { id: number++ }), hops, atMs);
    const forward = (to: number, atMs: number) =>
      forwarder.receive(datagram(id(to), id(7), { id: number++ }), id(6), hops, atMs);
    for (const pass of [send, forward]) {
      const ways = [0, 1, 2, 3].map((atMs) => pass(0, atMs));
      expect(ways).toMatchObject([2, 3, 9, 2].map((next) => ({ nodeId: id(next) })));
      expect(pass(0, RETRY_WITHIN_MS + 10)).toMatchObject({ nodeId: id(2) });
      expect([pass(3, 0), pass(3, 1)]).toMatchObject([{ nodeId: id(3) }, { nodeId: id(3) }]);
    }
  });

  it('for whoever is nearest takes no way round, which would end where somebody nearer is known', () => {
    const sender = router();
    const send = (number: number) =>
      sender.send(
        datagram(id(0), id(8), { id: number, reach: 'nearest' }),
        [hop(2), hop(3), hop(9)],
        0,
      );
    expect([1, 2, 3, 4].map(send)).toMatchObject(
      [2, 3, 2, 3].map((next) => ({ kind: 'forward', nodeId: id(next) })),
    );
  });

  it('for whoever is nearest to a key arrives there, but not at its sender', () => {
    const key = (at: string, hops: Hop[]) =>
      new DatagramRouter(at).receive(datagram(id(1), id(0), { reach: 'nearest' }), id(6), hops, 0);
    expect(key(id(8), [hop(3), hop(6)])).toMatchObject({ nodeId: id(3) });
    expect(key(id(3), [hop(8), hop(6), hop(0)]).kind).toBe('arrived');
  });
});

describe('a neighbour that has us forward without end', () => {
  it('gets its share and no more, and takes nothing from the others', () => {
    const router = new DatagramRouter(id(8));
    const hops = [{ nodeId: id(1), neighbours: [] }];
    const from = (via: number, number: number, nowMs: number) =>
      router.receive(datagram(id(0), id(9), { id: number }), id(via), hops, nowMs).kind;
    const limit = FORWARD_RATE.burstBytes / DATAGRAM_COST_BYTES;
    for (let i = 0; i < 3 * limit; i++) from(5, i, 0);
    expect(router.counts).toMatchObject({
      forwarded: limit,
      dropped: { 'over-budget': 2 * limit },
    });
    expect(from(6, 100_000, 0)).toBe('forward');
    for (let i = 0; i < 3 * limit; i++) from(5, 200_000 + i, 1_000);
    const perSecond = FORWARD_RATE.bytesPerSecond / DATAGRAM_COST_BYTES;
    expect(router.counts.forwarded).toBe(limit + 1 + perSecond);
  });

  it('pays for the length of what it sends', () => {
    const router = new DatagramRouter(id(8));
    const long = datagram(id(8), id(9), { body: 'x'.repeat(16_384) });
    for (let i = 0; i < 1_000; i++) router.receive({ ...long, id: i }, id(5), [], 0);
    expect(router.counts.arrived).toBe(
      Math.floor(FORWARD_RATE.burstBytes / (DATAGRAM_COST_BYTES + 16_384)),
    );
  });

  it('is kept in bounded memory, with as many datagrams and neighbours as may come', () => {
    const router = new DatagramRouter(id(8));
    const hops = [
      { nodeId: id(1), neighbours: [] },
      { nodeId: id(2), neighbours: [] },
    ];
    for (let i = 0; i < 2 * SEEN_LIMIT; i++)
      router.receive(
        datagram(id(0), id(9), { id: i }),
        id(100 + (i % (2 * BUDGETS_LIMIT))),
        hops,
        0,
      );
    // The first is forgotten by then, and takes the best way again; the last is not.
    const again = (number: number) =>
      router.receive(datagram(id(0), id(9), { id: number }), id(7), hops, RETRY_WITHIN_MS);
    const last = again(2 * SEEN_LIMIT - 1);
    const first = again(0);
    expect(new Set([last, first].map((one) => one.kind === 'forward' && one.nodeId)).size).toBe(2);
    expect(again(0)).toMatchObject({ kind: 'forward' });
    expect(again(2 * SEEN_LIMIT - 1)).toMatchObject({ reason: 'no-way' });
  });
});
