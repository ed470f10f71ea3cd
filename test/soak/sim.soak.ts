/**
 * Small worlds from 100,000 seeds, on all cores (R31).
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { bundleSeedsThread } from '../support/simulator-bundle.ts';
import { readCounts, type Soak } from './soak.ts';
import type { SeedsJob, SeedsReport } from './seeds-thread.ts';

/** Seeds that a worker takes at a time. */
const SEEDS_PER_JOB = 50;
const TELL_EVERY_MS = 30_000;
/** Failures that are told in full; more of them say little more. */
const FAILURES_LIMIT = 5;

const soak: Soak = {
  title: 'small worlds, each drawn from a seed',
  async run(flags, tell) {
    const read = readCounts(flags, { from: 0, seeds: 100_000, cores: availableParallelism() });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { from, seeds, cores } = read.counts;
    const thread = await bundleSeedsThread();
    let next = from;
    let done = 0;
    let events = 0;
    const failed: number[] = [];
    let toldMs = performance.now();

    function take(report: SeedsReport): void {
      done += report.seeds;
      events += report.events;
      for (const { seed, lines } of report.failures) {
        failed.push(seed);
        if (failed.length <= FAILURES_LIMIT) tell(lines.join('\n'));
      }
      if (performance.now() - toldMs < TELL_EVERY_MS) return;
      toldMs = performance.now();
      tell(`${done} of ${seeds} worlds, ${events} events, ${failed.length} failed`);
    }

    await Promise.all(Array.from({ length: cores }, () => work()));
    async function work(): Promise<void> {
      // Without the flags of this process: the thread needs no TypeScript.
      const worker = new Worker(thread, { execArgv: [] });
      while (next < from + seeds) {
        const first = next;
        const count = Math.min(SEEDS_PER_JOB, from + seeds - first);
        next += count;
        take(await ask(worker, { first, count, stopAtFailure: false }));
      }
      await worker.terminate();
    }
    const summary = `${done} worlds, ${events} events, ${failed.length} failed${failed.length > 0 ? `: seeds ${failed.slice(0, 50).join(' ')}` : ''}`;
    return { kind: failed.length === 0 ? 'passed' : 'failed', summary };
  },
};

export default soak;

function ask(worker: Worker, job: SeedsJob): Promise<SeedsReport> {
  return new Promise((resolve, reject) => {
    // Removed with each answer: one worker is asked hundreds of times.
    worker.once('error', reject);
    worker.once('message', (report: SeedsReport) => {
      worker.off('error', reject);
      resolve(report);
    });
    worker.postMessage(job);
  });
}
