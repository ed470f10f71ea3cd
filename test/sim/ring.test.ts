import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/sim/random.ts';
import { FULLY_NAMED_LIMIT, Ring } from '../../lib/sim/ring.ts';
import { bytesToHex } from '../../lib/chain/bytes.ts';

function makeIds(count: number): string[] {
  const random = new Random(count);
  return Array.from({ length: count }, () => bytesToHex(random.bytes(20))).sort();
}

describe('whom a simulated server names', () => {
  it('is everyone else in a room of the size that real servers admit', () => {
    const ids = makeIds(FULLY_NAMED_LIMIT);
    const ring = new Ring(ids);
    for (const id of ids) expect(ring.namesFor(id)).toEqual(ids.filter((other) => other !== id));
  });

  it('is a few in a larger room, over whom everyone reaches everyone in few hops', () => {
    const ids = makeIds(5_000);
    const ring = new Ring(ids);
    const neighbours = new Map(ids.map((id) => [id, new Set<string>()]));
    for (const id of ids) {
      const names = ring.namesFor(id);
      expect(names.length).toBeLessThanOrEqual(6);
      expect(names).not.toContain(id);
      for (const name of names) {
        neighbours.get(id)!.add(name);
        neighbours.get(name)!.add(id);
      }
    }
    const reached = new Set([ids[0]!]);
    let front = [...reached];
    let hops = 0;
    for (; reached.size < ids.length; hops++) {
      front = front.flatMap((id) => [...neighbours.get(id)!]).filter((id) => !reached.has(id));
      expect(front.length).toBeGreaterThan(0);
      for (const id of front) reached.add(id);
    }
    expect(hops).toBeLessThanOrEqual(10);
  });

  it('hardly changes for those who stay when one comes', () => {
    const ids = makeIds(1_000);
    const before = new Ring(ids);
    const after = new Ring([...ids, bytesToHex(new Random(3).bytes(20))].sort());
    const changed = ids.filter((id) => before.namesFor(id).join() !== after.namesFor(id).join());
    expect(changed.length).toBeLessThan(60);
  });
});
