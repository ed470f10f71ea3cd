/**
 * Links keep every property in the worlds of 1,000 seeds for each kind of stack (R19).
 */
import { STACKS, type StackKind } from '../../lib/sim/links/stacks.ts';
import { runLinkWorld } from '../../lib/sim/links/world.ts';
import { readCounts, type Soak } from './soak.ts';

/** Failures that are told; more of them say little more. */
const FAILURES_LIMIT = 5;

const soak: Soak = {
  title: 'links of every kind, in worlds drawn from seeds',
  run(flags, tell) {
    const read = readCounts(flags, { from: 0, seeds: 1_000 });
    if (!read.ok) return Promise.resolve({ kind: 'wrong', message: read.message });
    const { from, seeds } = read.counts;
    let failed = 0;
    let worlds = 0;
    for (const kind of Object.keys(STACKS) as StackKind[]) {
      let [sent, datagrams, crashes] = [0, 0, 0];
      for (let seed = from; seed < from + seeds; seed++) {
        const result = runLinkWorld(kind, seed);
        worlds++;
        sent += result.sent;
        datagrams += result.datagrams;
        crashes += result.crashes;
        if (result.violations.length === 0) continue;
        failed++;
        if (failed <= FAILURES_LIMIT)
          tell(`${kind}, seed ${seed}: ${result.violations.join('\n')}`);
      }
      tell(
        `${kind}: ${seeds} worlds, ${sent} messages, ${datagrams} datagrams, ${crashes} crashes; ${STACKS[kind].join(', ')}`,
      );
    }
    const summary = `${worlds} worlds, ${failed} failed`;
    return Promise.resolve({ kind: failed === 0 ? 'passed' : 'failed', summary });
  },
};

export default soak;
