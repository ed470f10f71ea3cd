/**
 * Builds the core with one deliberate bug after the other, and asks how many worlds it takes until a checker notices.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { bundleSeedsThread } from '../support/simulator-bundle.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import type { SeedsFailure, SeedsReport } from './seeds-thread.ts';
import { readCounts, type Soak } from './soak.ts';

const soak: Soak = {
  title: `${MUTANTS.length} deliberate bugs, each to be caught within a thousand worlds`,
  async run(flags, tell) {
    const read = readCounts(flags, { from: 0, seeds: 1_000, cores: availableParallelism() });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { from, seeds, cores } = read.counts;
    const waiting = [...MUTANTS];
    const escaped: Mutant[] = [];

    async function work(): Promise<void> {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const failure = await hunt(mutant, from, seeds);
        if (failure === null) escaped.push(mutant);
        tell(
          failure === null
            ? `ESCAPED after ${seeds} worlds: ${mutant.name}`
            : `${failure.checker}, world ${failure.seed}: ${mutant.name}`,
        );
      }
    }
    await Promise.all(Array.from({ length: cores }, () => work()));
    const summary = `${MUTANTS.length - escaped.length} of ${MUTANTS.length} caught`;
    return { kind: escaped.length === 0 ? 'passed' : 'failed', summary };
  },
};

export default soak;

/** The first failure that this bug causes, or null. */
async function hunt(mutant: Mutant, first: number, count: number): Promise<SeedsFailure | null> {
  const worker = new Worker(await bundleSeedsThread([mutant]), { execArgv: [] });
  const report = await new Promise<SeedsReport>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.postMessage({ first, count, stopAtFailure: true });
  });
  await worker.terminate();
  return report.failures[0] ?? null;
}
