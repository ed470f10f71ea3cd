import { describe, expect, it } from 'vitest';
import { drawScenario } from '../../lib/sim/scenario.ts';
import { describeViolations, replayCommand } from '../../lib/sim/simulation.ts';
import { runWorld } from '../../lib/sim/world.ts';

const SEEDS = 300;
const SEEDS_PER_TEST = 25;
const TIMEOUT_MS = 300_000;

describe('small worlds, drawn from seeds', () => {
  for (let first = 0; first < SEEDS; first += SEEDS_PER_TEST)
    it(
      `hold every promise whatever goes wrong: seeds ${first} to ${first + SEEDS_PER_TEST - 1}`,
      () => {
        for (let seed = first; seed < first + SEEDS_PER_TEST; seed++) {
          const result = runWorld(drawScenario({ seed }));
          if (result.violations.length === 0) continue;
          const told = [
            ...result.story().slice(-60),
            ...describeViolations(result),
            replayCommand({ seed }),
          ];
          expect.fail(told.join('\n'));
        }
      },
      TIMEOUT_MS,
    );

  it('are pure functions of their seeds', () => {
    const choice = { seed: 7, room: 'class' } as const;
    const digests = [0, 1].map(() => runWorld(drawScenario(choice)).digest);
    expect(digests[1]).toBe(digests[0]);
    expect(runWorld(drawScenario({ ...choice, seed: 8 })).digest).not.toBe(digests[0]);
  });
});
