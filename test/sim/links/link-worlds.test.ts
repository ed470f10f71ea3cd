import { describe, expect, it } from 'vitest';
import { PROPERTIES } from '../../../lib/sim/links/properties.ts';
import { STACKS, type StackKind } from '../../../lib/sim/links/stacks.ts';
import { runLinkWorld } from '../../../lib/sim/links/world.ts';

const SEEDS = 100;
const SEEDS_PER_TEST = 25;
const TIMEOUT_MS = 120_000;

describe('links in worlds that lose three datagrams of ten, double, reorder, split, crash and restart', () => {
  for (const kind of Object.keys(STACKS) as StackKind[])
    for (let first = 0; first < SEEDS; first += SEEDS_PER_TEST)
      it(
        `${kind}: keep ${STACKS[kind].join(', ')}: seeds ${first} to ${first + SEEDS_PER_TEST - 1}`,
        () => {
          let [sent, delivered, crashes] = [0, 0, 0];
          for (let seed = first; seed < first + SEEDS_PER_TEST; seed++) {
            const result = runLinkWorld(kind, seed);
            if (result.violations.length > 0)
              expect.fail(`seed ${seed}: ${result.violations.join('\n')}`);
            sent += result.sent;
            delivered += result.delivered;
            crashes += result.crashes;
          }
          // Worlds in which nothing happens would keep every promise.
          expect(sent).toBeGreaterThan(10 * SEEDS_PER_TEST);
          expect(delivered).toBeGreaterThan(0.6 * sent);
          if (kind !== 'gossip') expect(crashes).toBeGreaterThan(SEEDS_PER_TEST / 2);
        },
        TIMEOUT_MS,
      );

  it('promise every property somewhere', () => {
    const promised = new Set(Object.values(STACKS).flat());
    expect([...promised].sort()).toEqual(Object.keys(PROPERTIES).sort());
  });

  it('are pure functions of their seeds', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => runLinkWorld('authenticated', seed));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});
