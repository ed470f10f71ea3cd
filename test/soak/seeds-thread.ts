/**
 * One core's share of the worlds: runs the seeds that it is asked for, and reports the failures with their stories.
 */
import { parentPort } from 'node:worker_threads';
import {
  describeViolations,
  drawScenario,
  replayCommand,
  runWorld,
  type CheckerName,
} from '../../lib/sim/index.ts';

export interface SeedsJob {
  readonly first: number;
  readonly count: number;
  /** Whether the first failure ends the job. */
  readonly stopAtFailure: boolean;
}

export interface SeedsFailure {
  readonly seed: number;
  /** The checker that found something first. */
  readonly checker: CheckerName;
  readonly lines: readonly string[];
}

export interface SeedsReport {
  readonly seeds: number;
  readonly events: number;
  readonly failures: readonly SeedsFailure[];
}

/** Lines of a story that lead up to a failure. */
const STORY_LINES = 60;

parentPort!.on('message', (job: SeedsJob) => parentPort!.postMessage(runSeeds(job)));

function runSeeds({ first, count, stopAtFailure }: SeedsJob): SeedsReport {
  const failures: SeedsFailure[] = [];
  let events = 0;
  for (let seed = first; seed < first + count; seed++) {
    const result = runWorld(drawScenario({ seed }));
    events += result.events;
    const [violation] = result.violations;
    if (violation === undefined) continue;
    const story = result.story().slice(-STORY_LINES);
    const lines = ['', ...story, ...describeViolations(result), replayCommand({ seed })];
    failures.push({ seed, checker: violation.checker, lines });
    if (stopAtFailure) return { seeds: seed - first + 1, events, failures };
  }
  return { seeds: count, events, failures };
}
