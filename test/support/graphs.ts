/** Rooms as graphs: who is linked to whom. */
import fc from 'fast-check';
import { chooseNeighbours, wishesOf } from '../../lib/net/neighbour-choice.ts';

export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Any connected graph of so many nodes with ids anywhere in the key space. */
export function anyGraph(least: number, most: number): fc.Arbitrary<Graph> {
  const anyId = fc
    .bigInt({ min: 0n, max: (1n << 160n) - 1n })
    .map((value) => value.toString(16).padStart(40, '0'));
  return fc
    .tuple(
      fc.uniqueArray(anyId, { minLength: least, maxLength: most }),
      fc.array(fc.nat(), { minLength: most, maxLength: most }),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 2 * most }),
    )
    .map(([nodes, parents, extra]) => {
      const graph = new Map(nodes.map((node) => [node, new Set<string>()]));
      const link = (a: string, b: string) => {
        if (a === b) return;
        graph.get(a)!.add(b);
        graph.get(b)!.add(a);
      };
      for (let i = 1; i < nodes.length; i++) link(nodes[i]!, nodes[parents[i]! % i]!);
      for (const [a, b] of extra) link(nodes[a % nodes.length]!, nodes[b % nodes.length]!);
      return graph;
    });
}

/** Hops from one node to the one that is furthest away; infinite where one is out of reach. */
export function countHops(graph: Graph, from: string): number {
  let reached = new Set([from]);
  for (let hops = 0; ; hops++) {
    if (reached.size === graph.size) return hops;
    const next = new Set([...reached, ...[...reached].flatMap((id) => [...graph.get(id)!])]);
    if (next.size === reached.size) return Number.POSITIVE_INFINITY;
    reached = next;
  }
}

/** The links that a room of these peers makes. */
export function roomGraph(nodes: readonly string[], limit: number): Graph {
  return new Map(
    nodes.map((self) => {
      const others = nodes.filter((id) => id !== self);
      return [self, new Set(chooseNeighbours(self, others, limit))];
    }),
  );
}

/** The same for large rooms, whose choices are made once for all. */
export function roomGraphOf(nodes: readonly string[], limit: number): Graph {
  const sorted = [...nodes].sort();
  const wishes = new Map(sorted.map((id) => [id, new Set(wishesOf(id, sorted, limit))]));
  return new Map(
    sorted.map((id) => [
      id,
      new Set([...wishes.get(id)!].filter((other) => wishes.get(other)!.has(id))),
    ]),
  );
}
