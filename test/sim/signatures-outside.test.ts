import { describe, expect, it } from 'vitest';
import { drawScenario } from '../../lib/sim/scenario.ts';
import { describeViolations } from '../../lib/sim/simulation.ts';
import { runWorld, type WorldOptions } from '../../lib/sim/world.ts';

const SEEDS = 2;
const FIRST_SEED = 5_000;
const TIMEOUT_MS = 120_000;

describe('worlds whose peers have signatures checked by threads of their own', () => {
  it(
    'hold every promise too',
    () => {
      let answers = 0;
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const scenario = drawScenario({ seed, room: 'class', peers: 3, minutes: 1 });
        const peers = scenario.peers.map((peer) => ({
          ...peer,
          options: { ...peer.options, checksOutside: true },
        }));
        const prepare: WorldOptions['prepare'] = (world) => {
          scenario.prepare?.(world);
          for (const peer of world.peers)
            peer.watch = ({ kind }) => {
              if (kind === 'checked') answers++;
            };
        };
        const result = runWorld({ ...scenario, peers, prepare, transactionsEveryMs: 5_000 });
        if (result.violations.length === 0) continue;
        const told = [...result.story().slice(-60), ...describeViolations(result)];
        expect.fail([`seed ${seed}`, ...told].join('\n'));
      }
      expect(answers).toBeGreaterThan(SEEDS);
    },
    TIMEOUT_MS,
  );
});
