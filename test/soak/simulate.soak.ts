/**
 * The six tasks by companies of several sizes, with and without crashes (R18).
 */
import { simulate, UDP_PEERS_LIMIT } from '../../lib/node/simulate/simulation.ts';
import { readCounts, type Soak } from './soak.ts';

const SIZES = [8, 20, 75, 150];
const CRASH_SHARES = [0, 0.1];
/** How long a company of this size may take, by the clock of whoever waits for it, on a machine that does nothing else. */
const LIMITS_S: ReadonlyMap<number, number> = new Map([
  [20, 40],
  [75, 180],
]);

const soak: Soak = {
  title: 'the six tasks by companies of nodes',
  async run(flags, tell) {
    const read = readCounts(flags, { from: 1, seeds: 3, most: 150 });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { from, seeds, most } = read.counts;
    let runs = 0;
    const failed: string[] = [];
    for (let seed = from; seed < from + seeds; seed++)
      for (const peers of SIZES.filter((size) => size <= most))
        for (const crash of CRASH_SHARES) {
          const startedMs = performance.now();
          const isSimulated = peers > UDP_PEERS_LIMIT;
          const quiet = { tell: () => undefined, log: () => undefined };
          const results = await simulate({ seed, peers, crash, isSimulated, ...quiet });
          const name = `seed ${seed}, ${peers} nodes, ${100 * crash} % crash`;
          const wrong = results.filter(({ ok }) => !ok);
          const tookS = (performance.now() - startedMs) / 1_000;
          const limitS = LIMITS_S.get(peers) ?? Number.POSITIVE_INFINITY;
          tell(
            `${name}: ${results.length - wrong.length} of ${results.length}, ${tookS.toFixed(0)} s`,
          );
          for (const { title, finding } of wrong) tell(`  ${title}: ${finding}`);
          if (tookS > limitS) tell(`  too late: ${limitS} s is the limit`);
          runs++;
          if (wrong.length > 0 || tookS > limitS) failed.push(name);
        }
    const summary = `${runs} companies, ${failed.length} failed${failed.length > 0 ? `: ${failed.join('; ')}` : ''}`;
    return { kind: failed.length === 0 ? 'passed' : 'failed', summary };
  },
};

export default soak;
