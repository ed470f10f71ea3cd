/**
 * The functions that compute the message schedule of four nonces and store it: written out, where much of it is the
 * template's, or as a loop of sixteen words, which is quick to make.
 */
import type { CodeBytes } from './code-bytes.ts';
import { BLOCK_WORDS, ROUNDS } from './sha256.ts';
import type { Expression } from './trace.ts';
import { CARRIED_SCHEDULE, traceScheduleLoop, type EntryTrace } from './trace-loop.ts';
import { op, simd, type WasmFunction } from './wasm-bytes.ts';
import { CodeWriter, type Form, type Stream } from './wasm-code.ts';
import { LANES_AT } from './wasm-memory.ts';

/** Parameters: the first nonce's word, and how far behind the first schedule it is stored. */
const WORD_LOCAL = 0;
const ROW_LOCAL = 1;

/** The function that computes the schedule of four nonces, and stores what others use of it. */
export function writeSchedule(
  parts: readonly Expression[],
  tableAt: ReadonlyMap<Expression, number>,
  storeAt: ReadonlyMap<Expression, number>,
  form: Form,
): WasmFunction {
  const stream: Stream = {
    isVector: true,
    varied: pushVariedWord,
    load(code, expression) {
      const at = tableAt.get(expression);
      if (at === undefined) return false;
      code.constant(0);
      code.loadSplat(at);
      return true;
    },
  };
  const writer = new CodeWriter(2, [stream], form);
  for (const part of parts) {
    writer.compute([part], 0);
    const at = storeAt.get(part);
    if (at === undefined) continue;
    writer.code.getLocal(ROW_LOCAL);
    writer.value(part, 0);
    writer.code.storeVector(at);
  }
  return writer.finish('schedule', []);
}

/**
 * The same in a loop. The template's table holds the words of the block at `wordsAt`, and the constants of the rounds
 * behind the varied word's at `constantsAt`; what is stored from `scheduleAt` on is the schedule of these rounds, with
 * its constants, and the varied word at `variedAt`.
 */
export function writeScheduleLoop(
  { layout, words }: EntryTrace,
  at: {
    readonly words: number;
    readonly constants: number;
    readonly schedule: number;
    readonly varied: number;
  },
  form: Form,
): WasmFunction {
  const loop = traceScheduleLoop();
  let locals: number[] = [];
  const stream: Stream = {
    isVector: true,
    varied: pushVariedWord,
    load(code, expression) {
      if (expression.kind !== 'carried') return false;
      code.getLocal(locals[expression.index - CARRIED_SCHEDULE]!);
      return true;
    },
  };
  const writer = new CodeWriter(2, [stream], form);
  const { code } = writer;
  locals = words.map(() => writer.declare(true));
  /** Bytes into the constants, and into the schedule. */
  const constantLocal = writer.declare(false);
  const scheduleLocal = writer.declare(false);
  /** Stores a word of the schedule, with its constant; `place` counts rounds from the first one stored. */
  const store = (push: () => void, place: number) => {
    code.getLocal(scheduleLocal);
    push();
    code.getLocal(constantLocal);
    code.loadSplat(at.constants + 4 * place);
    code.simd(simd.add);
    code.storeVector(at.schedule + 16 * place);
  };
  const firstRound = layout.variedWord + 1;
  words.forEach((_, i) => {
    if (i === layout.variedWord) pushVariedWord(code);
    else {
      code.constant(0);
      code.loadSplat(at.words + 4 * i);
    }
    code.setLocal(locals[i]!);
    if (i >= firstRound) store(() => code.getLocal(locals[i]!), i - firstRound);
  });
  code.constant(0);
  code.getLocal(locals[layout.variedWord]!);
  code.storeVector(at.varied);

  code.op(op.loop, op.noResult);
  writer.compute(
    loop.expressions.filter(({ kind }) => kind !== 'carried'),
    0,
  );
  loop.state.forEach((word, i) => {
    store(() => writer.value(word, 0), BLOCK_WORDS - firstRound + i);
    writer.value(word, 0);
    code.setLocal(locals[i]!);
  });
  code.getLocal(scheduleLocal);
  code.constant(16 * BLOCK_WORDS);
  code.op(op.i32Add);
  code.setLocal(scheduleLocal);
  code.getLocal(constantLocal);
  code.constant(4 * BLOCK_WORDS);
  code.op(op.i32Add);
  code.teeLocal(constantLocal);
  code.constant(4 * (ROUNDS - BLOCK_WORDS));
  code.op(op.i32LtU, op.brIf, 0, op.end);
  return writer.finish('schedule', []);
}

function pushVariedWord(code: CodeBytes): void {
  code.getLocal(WORD_LOCAL);
  code.simd(simd.splat);
  code.constant(0);
  code.loadVector(LANES_AT);
  code.simd(simd.add);
}
