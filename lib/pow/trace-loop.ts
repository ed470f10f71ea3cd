/**
 * Traces of what kernels repeat in a loop, and of what stands before it.
 */
import type { Layout } from './layout.ts';
import { BLOCK_WORDS, ROUNDS, STATE_WORDS } from './sha256.ts';
import { ENTRY_INPUT, MIDSTATE_INPUT, Tracer, WORDS_INPUT, type Expression } from './trace.ts';

/** What stands before rounds in a loop; for layouts of one compression. */
export interface EntryTrace {
  readonly layout: Layout;
  /** How many expressions there are. */
  readonly length: number;
  readonly varied: Expression;
  /** The words of the searched block, its varied bits zero. */
  readonly words: readonly Expression[];
  /** The state behind the round of the varied word; words a to h. */
  readonly state: readonly Expression[];
  /** The constant of each round behind that one. */
  readonly constants: readonly Expression[];
  /** Schedule and constant of each of these rounds, as one word; empty where it is not wanted. */
  readonly schedule: readonly Expression[];
  /** The first word of the midstate, which the hash's first word takes in. */
  readonly midstateFirst: Expression;
}

/** Rounds that a loop repeats: eight bring every word of the state back to its place. */
export interface LoopTrace {
  readonly expressions: readonly Expression[];
  /** What they leave: the state, or the schedule's last sixteen words. */
  readonly state: readonly Expression[];
}

/** Traces what stands before rounds in a loop; the schedule only where it is wanted. */
export function traceEntry(layout: Layout, wantsSchedule: boolean): EntryTrace {
  const tracer = new Tracer();
  const inputs = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => tracer.add({ kind: 'input', index: first + i }));
  const [midstateFirst] = inputs(MIDSTATE_INPUT, 1);
  const before = inputs(ENTRY_INPUT, STATE_WORDS);
  const words = inputs(WORDS_INPUT, BLOCK_WORDS);
  const varied = tracer.add({ kind: 'varied' });
  const first = [tracer.roundConstant(layout.variedWord), varied];
  const state = tracer.step(before, first, true);
  const constants: Expression[] = [];
  const schedule: Expression[] = [];
  const all = [...words];
  all[layout.variedWord] = varied;
  for (let i = layout.variedWord + 1; i < ROUNDS; i++) {
    const constant = tracer.roundConstant(i);
    constants.push(constant);
    if (!wantsSchedule) continue;
    if (i >= BLOCK_WORDS) all[i] = tracer.scheduled(all, i);
    schedule.push(tracer.sum([constant, all[i]!]));
  }
  return {
    layout,
    length: tracer.expressions.length,
    varied,
    words,
    state,
    constants,
    schedule,
    midstateFirst: midstateFirst!,
  };
}

/** The number of a carried word of the schedule, among sixteen. */
export const CARRIED_SCHEDULE = STATE_WORDS;

/** Traces sixteen words of a schedule, of any place, from the sixteen before them. */
export function traceScheduleLoop(): LoopTrace {
  const tracer = new Tracer();
  const words = Array.from({ length: BLOCK_WORDS }, (_, i) =>
    tracer.add({ kind: 'carried', index: CARRIED_SCHEDULE + i }),
  );
  for (let i = BLOCK_WORDS; i < 2 * BLOCK_WORDS; i++) words[i] = tracer.scheduled(words, i);
  return { expressions: tracer.expressions, state: words.slice(BLOCK_WORDS) };
}

/**
 * Traces rounds of any place in a compression, on a carried state (indices 0 to 7) and a carried schedule (8 and on).
 * Numbers of expressions start at `firstId`, so that they can stand beside those of other traces.
 */
export function traceLoop(rounds: number, firstId: number): LoopTrace {
  const tracer = new Tracer(firstId);
  const carried = (index: number) => tracer.add({ kind: 'carried', index });
  let state = Array.from({ length: STATE_WORDS }, (_, i) => carried(i));
  for (let i = 0; i < rounds; i++) {
    tracer.round = i;
    state = tracer.step(state, [carried(STATE_WORDS + i)], true);
  }
  return { expressions: tracer.expressions, state };
}
