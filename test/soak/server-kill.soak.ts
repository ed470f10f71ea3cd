/**
 * Rooms of real tabs whose server is killed: each mines on and makes the links that break anew, by itself.
 */
import { openWorld } from '../e2e/harness/open-world.ts';
import { surviveServerLoss } from '../e2e/harness/server-loss.ts';
import { readCounts, type Soak } from './soak.ts';

/** Of each tab's console, where a run fails. */
const SHOWN_LINES = 20;

const soak: Soak = {
  title: 'the server is killed: the room mines on, and lost links are replaced through the overlay',
  async run(flags, tell) {
    const read = readCounts(flags, { runs: 20 });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { runs } = read.counts;
    let survived = 0;
    for (let run = 1; run <= runs; run++) {
      const world = openWorld();
      const startedMs = performance.now();
      try {
        await surviveServerLoss(world);
        survived++;
        tell(`run ${run}: survived (${((performance.now() - startedMs) / 1000).toFixed(0)} s)`);
      } catch (error) {
        tell(`run ${run}: ${error instanceof Error ? error.message : String(error)}`);
        for (const tab of world.browsers.flatMap(({ tabs }) => tabs))
          tell(`── ${tab.name}\n${tab.console.slice(-SHOWN_LINES).join('\n')}`);
      } finally {
        await world.close();
      }
    }
    return {
      kind: survived === runs ? 'passed' : 'failed',
      summary: `${survived} of ${runs} rooms survived their server`,
    };
  },
};

export default soak;
