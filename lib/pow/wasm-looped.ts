/**
 * Kernels whose rounds are a loop of eight: many midstates with one schedule, or one midstate with many schedules.
 * Written out, two vectors and a scalar are more code than a processor's cache of decoded instructions holds, and it
 * then decodes four a cycle where it could run six.
 */
import type { CodeBytes } from './code-bytes.ts';
import type { Layout } from './layout.ts';
import { BLOCK_WORDS, ROUNDS, STATE_WORDS } from './sha256.ts';
import { byRound, tableParts, variedParts } from './trace-parts.ts';
import type { Expression } from './trace.ts';
import { traceEntry, traceLoop, type EntryTrace, type LoopTrace } from './trace-loop.ts';
import { I32, op, writeModule, type WasmFunction } from './wasm-bytes.ts';
import { CodeWriter, VECTOR_LANES, writeCheck, type Form, type Stream } from './wasm-code.ts';
import { LOOPED_SCHEDULE_AT, SHARED_AT, TARGET_AT, TOPS_AT } from './wasm-memory.ts';
import { writeSchedule, writeScheduleLoop } from './wasm-schedule.ts';
import {
  LANE_LOCAL,
  ROUND_PARAMETERS,
  SCALAR_LOCAL,
  VECTOR_LOCAL,
  midstatesOf,
  writeDriver,
  type Calls,
  type SharedModule,
} from './wasm-shared.ts';

/** Rounds of one turn of the loop. */
const LOOP_ROUNDS = STATE_WORDS;

/**
 * Emits the module; for layouts of one compression only. What hashes have in common is the schedule of four nonces, or
 * the midstate; of the other there is one for each vector.
 */
export function emitLoopedModule(
  layout: Layout,
  variant: Calls,
  common: 'schedule' | 'midstate',
): SharedModule {
  const { vectors, scalars } = variant;
  const entry = traceEntry(layout, common === 'midstate');
  const schedules = common === 'schedule' ? 1 : midstatesOf(variant);
  const firstRound = layout.variedWord + 1;
  const scheduledRounds = ROUNDS - firstRound;
  const variedAt = LOOPED_SCHEDULE_AT + 16 * scheduledRounds;
  const scheduleBytes = 16 * (scheduledRounds + 1);
  const schedule =
    common === 'schedule'
      ? loopSchedule(entry, variedAt, variant)
      : writeOutSchedule(entry, variedAt, variant, schedules, scheduleBytes);

  /** Of the state where the loop begins, two words depend on the nonce: the template's part and the varied word. */
  const midstateTable = [
    ...new Set([...tableParts(entry.state), ...entry.state, entry.midstateFirst]),
  ].filter((expression) => !expression.isVaried);
  const midstateAt = new Map(midstateTable.map((expression, i) => [expression, 4 * i]));
  const midstateTableAt = LOOPED_SCHEDULE_AT + schedules * scheduleBytes;
  const midstateTableBytes = 4 * midstateTable.length;

  const peeled = scheduledRounds % LOOP_ROUNDS;
  const head = traceLoop(peeled, entry.length);
  const body = traceLoop(LOOP_ROUNDS, entry.length + head.expressions.length);
  /** Locals, set once the writer is there: the schedule's places, and the state of each stream. */
  let pointers: Pointers = { vector: 0, scalar: 0 };
  let locals: number[][] = [];
  const streams: Stream[] = Array.from({ length: vectors + scalars }, (_, s) => ({
    isVector: s < vectors,
    varied: () => undefined,
    load(code, expression) {
      const isVector = s < vectors;
      const at = midstateAt.get(expression);
      if (at !== undefined) {
        const isOwn = common === 'schedule';
        if (isOwn) code.getLocal(isVector ? VECTOR_LOCAL : SCALAR_LOCAL);
        else code.constant(0);
        if (isVector) code.loadSplat(midstateTableAt + (isOwn ? s * midstateTableBytes : 0) + at);
        else code.loadScalar(midstateTableAt + at);
      } else if (expression === entry.varied)
        loadFromPointer(code, variedAt - LOOPED_SCHEDULE_AT, s);
      else if (expression.kind !== 'carried') return false;
      else if (expression.index < STATE_WORDS) code.getLocal(locals[s]![expression.index]!);
      else loadFromPointer(code, 16 * (expression.index - STATE_WORDS), s);
      return true;
    },
  }));

  /** The scalars of a call take consecutive nonces of one schedule. */
  function loadFromPointer(code: CodeBytes, offset: number, s: number): void {
    code.getLocal(s < vectors ? pointers.vector : pointers.scalar);
    if (s < vectors)
      code.loadVector(LOOPED_SCHEDULE_AT + offset + (schedules > 1 ? s * scheduleBytes : 0));
    else code.loadScalar(LOOPED_SCHEDULE_AT + offset + 4 * (s - vectors));
  }

  const writer = new CodeWriter(ROUND_PARAMETERS, streams, variant);
  const { code } = writer;
  pointers = { vector: writer.declare(false), scalar: writer.declare(false) };
  locals = streams.map(({ isVector }) =>
    Array.from({ length: STATE_WORDS }, () => writer.declare(isVector)),
  );
  const store = (state: readonly Expression[]) =>
    streams.forEach((_, s) => {
      for (const word of state) writer.value(word, s);
      for (let i = STATE_WORDS - 1; i >= 0; i--) code.setLocal(locals[s]![i]!);
    });
  const run = (piece: LoopTrace) => {
    const parts = piece.expressions.filter(({ kind }) => kind !== 'carried');
    for (const round of byRound(parts)) streams.forEach((_, s) => writer.compute(round, s));
    store(piece.state);
  };
  const entryParts = entry.state.filter((word) => word.isVaried);
  if (schedules > 1) {
    code.getLocal(VECTOR_LOCAL);
    code.setLocal(pointers.vector);
  }
  code.getLocal(LANE_LOCAL);
  if (schedules > 1) {
    code.getLocal(SCALAR_LOCAL);
    code.byte(op.i32Add);
  }
  code.setLocal(pointers.scalar);
  streams.forEach((_, s) => writer.compute(entryParts, s));
  store(entry.state);
  if (peeled > 0) run(head);
  advance(code, pointers, 16 * peeled);
  code.op(op.loop, op.noResult);
  run(body);
  advance(code, pointers, 16 * LOOP_ROUNDS);
  code.getLocal(pointers.vector);
  code.constant(16 * scheduledRounds);
  if (schedules > 1) {
    code.getLocal(VECTOR_LOCAL);
    code.byte(op.i32Add);
  }
  code.op(op.i32LtU, op.brIf, 0, op.end);
  const a: Expression = { ...entry.state[0]!, ...{ kind: 'carried', index: 0 }, id: FINAL_ID };
  const top: Expression = { ...a, kind: 'sum', of: [entry.midstateFirst, a], id: FINAL_ID + 1 };
  streams.forEach((_, s) => writer.compute([top], s));
  writeCheck(writer, top, streams, vectors, { target: TARGET_AT, tops: TOPS_AT });

  const step = VECTOR_LANES << (32 - layout.variedBits);
  return {
    bytes: writeModule([
      schedule.code,
      writer.finish('rounds', [I32]),
      writeDriver(
        variant,
        step,
        common === 'schedule' ? midstateTableBytes : scheduleBytes,
        schedules,
      ),
    ]),
    table: schedule.table,
    tableAt: SHARED_AT,
    splats: schedule.splats,
    midstateTable,
    midstateTableAt,
    midstateTableBytes,
  };
}

type Schedule = Pick<SharedModule, 'table' | 'splats'> & { readonly code: WasmFunction };

/** One schedule for all: it costs little time, and should take little code. */
function loopSchedule(entry: EntryTrace, variedAt: number, form: Form): Schedule {
  const table = [...entry.words, ...entry.constants];
  const at = {
    words: SHARED_AT,
    constants: SHARED_AT + 4 * BLOCK_WORDS,
    schedule: LOOPED_SCHEDULE_AT,
    varied: variedAt,
  };
  return { table, splats: [], code: writeScheduleLoop(entry, at, form) };
}

/** A schedule for each vector: what is the template's of it must not be computed again. */
function writeOutSchedule(
  { schedule, varied }: EntryTrace,
  variedAt: number,
  form: Form,
  schedules: number,
  scheduleBytes: number,
): Schedule {
  const scheduleAt = new Map(
    schedule.map((expression, i) => [expression, LOOPED_SCHEDULE_AT + 16 * i]),
  );
  scheduleAt.set(varied, variedAt);
  const parts = [...new Set([...schedule, varied].flatMap(variedParts))].sort(
    (x, y) => x.id - y.id,
  );
  const table = tableParts(parts);
  const tableAt = new Map(table.map((expression, i) => [expression, SHARED_AT + 4 * i]));
  const splats = schedule
    .filter((expression) => !expression.isVaried)
    .flatMap((expression) =>
      Array.from({ length: schedules }, (_, i) => ({
        expression,
        at: scheduleAt.get(expression)! + i * scheduleBytes,
      })),
    );
  return { table, splats, code: writeSchedule(parts, tableAt, scheduleAt, form) };
}

interface Pointers {
  /** Bytes into the schedule, for vectors; for scalars with their nonce's place in each vector. */
  readonly vector: number;
  readonly scalar: number;
}

/** More expressions than all pieces have together. */
const FINAL_ID = ROUNDS * 256;

function advance(code: CodeBytes, pointers: Pointers, bytes: number): void {
  for (const pointer of [pointers.vector, pointers.scalar]) {
    code.getLocal(pointer);
    code.constant(bytes);
    code.byte(op.i32Add);
    code.setLocal(pointer);
  }
}
