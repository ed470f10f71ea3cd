/**
 * The six tasks by companies of several sizes, with and without crashes (R18).
 */
import { simulate, UDP_PEERS_LIMIT } from '../../lib/node/simulate/simulation.ts';
import { readCounts, type Soak } from './soak.ts';

const SIZES = [8, 20, 75, 150];
const CRASH_SHARES = [0, 0.1];

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
          const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
          tell(`${name}: ${results.length - wrong.length} of ${results.length}, ${seconds} s`);
          for (const { title, finding } of wrong) tell(`  ${title}: ${finding}`);
          runs++;
          if (wrong.length > 0) failed.push(name);
        }
    const summary = `${runs} companies, ${failed.length} failed${failed.length > 0 ? `: ${failed.join('; ')}` : ''}`;
    return { kind: failed.length === 0 ? 'passed' : 'failed', summary };
  },
};

export default soak;
