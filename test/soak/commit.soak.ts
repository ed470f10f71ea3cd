/**
 * Two-phase commit keeps its promises in the worlds of 100,000 seeds, and with a crash of two parties, each before each
 * of its steps (R13).
 */
import {
  DOWN_MS,
  ROLES,
  runCommitWorld,
  runCrashWorld,
  type PlannedCrash,
} from '../../lib/sim/commit/worlds.ts';
import { readCounts, type Soak } from './soak.ts';

/** Failures that are told; more of them say little more. */
const FAILURES_LIMIT = 5;
const TELL_EVERY = 10_000;

const soak: Soak = {
  title: 'payments between three, in worlds drawn from seeds and with every pair of crashes',
  run(flags, tell) {
    const read = readCounts(flags, { from: 0, seeds: 100_000, pairs: 1 });
    if (!read.ok) return Promise.resolve({ kind: 'wrong', message: read.message });
    const { from, seeds, pairs } = read.counts;
    let failed = 0;
    const fail = (words: string): void => {
      failed++;
      if (failed <= FAILURES_LIMIT) tell(words);
    };
    let [attempted, committed, crashes] = [0, 0, 0];
    for (let seed = from; seed < from + seeds; seed++) {
      const result = runCommitWorld(seed);
      attempted += result.attempted;
      committed += result.committed;
      crashes += result.crashes;
      if (result.broken.size > 0) fail(`seed ${seed}: ${[...result.broken].join('; ')}`);
      if ((seed - from + 1) % TELL_EVERY === 0) tell(`${seed - from + 1} worlds, ${failed} failed`);
    }
    let crashed = 0;
    if (pairs > 0)
      for (const planned of listPairs()) {
        crashed++;
        const { broken } = runCrashWorld(planned);
        if (broken.size > 0) fail(`${describe(planned)}: ${[...broken].join('; ')}`);
      }
    tell(`${attempted} attempts, ${committed} with three signatures, ${crashes} crashes`);
    const summary = `${seeds} worlds and ${crashed} pairs of crashes, ${failed} failed`;
    return Promise.resolve({ kind: failed === 0 ? 'passed' : 'failed', summary });
  },
};

/** Two of the three parties, each before each of its steps, both gone for the same time. */
function* listPairs(): Generator<PlannedCrash[]> {
  const { steps } = runCrashWorld([]);
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const)
    for (let first = 0; first <= steps[a]!; first++)
      for (let second = 0; second <= steps[b]!; second++)
        for (const downMs of DOWN_MS)
          yield [
            { role: a, step: first, downMs },
            { role: b, step: second, downMs },
          ];
}

function describe(planned: readonly PlannedCrash[]): string {
  return planned
    .map(({ role, step, downMs }) => `${ROLES[role]!} before step ${step}, down ${downMs}`)
    .join(' and ');
}

export default soak;
