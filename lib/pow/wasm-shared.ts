/**
 * The module of a kernel that searches many midstates with one schedule: a message's words decide the schedule, so
 * messages that differ only in earlier blocks share it, and each hash costs its rounds alone.
 */
import type { Expression, Trace } from './trace.ts';
import { operandsOf } from './trace.ts';
import { I32, op, writeModule, type WasmFunction } from './wasm-bytes.ts';
import { byRound, tableParts, variedParts } from './trace-parts.ts';
import { CodeWriter, VECTOR_LANES, writeCheck, type Form, type Stream } from './wasm-code.ts';
import { CodeBytes } from './code-bytes.ts';
import { SHARED_AT, TARGET_AT, TOPS_AT } from './wasm-memory.ts';
import { writeSchedule } from './wasm-schedule.ts';

/** How the hashes of a group are split between calls of the rounds. */
export interface Calls extends Form {
  /** Vectors of four nonces in one call, each with a midstate or a schedule of its own. */
  readonly vectors: number;
  /** Scalar hashes of one call: they use the units that vectors leave idle. They have midstates of their own. */
  readonly scalars: number;
  /** Calls of a group; the scalars of all its calls are a multiple of four, so that they fill whole midstates. */
  readonly calls: number;
}

export interface SharedVariant extends Calls {
  /** Whether rounds are a loop of eight: less code, which small caches of decoded instructions like. */
  readonly isLooped: boolean;
}

/** How many midstates, or schedules, a group has: each stands for four hashes. */
export function midstatesOf({ vectors, scalars, calls }: Calls): number {
  return calls * vectors + (calls * scalars) / VECTOR_LANES;
}

/** Which midstate, or schedule, and which of its four nonces a lane of a call has. */
export function locateLane(
  { vectors, scalars, calls }: Calls,
  call: number,
  lane: number,
): { readonly row: number; readonly nonce: number } {
  if (lane < VECTOR_LANES * vectors) {
    const row = call * vectors + Math.floor(lane / VECTOR_LANES);
    return { row, nonce: lane % VECTOR_LANES };
  }
  const item = call * scalars + lane - VECTOR_LANES * vectors;
  const row = calls * vectors + Math.floor(item / VECTOR_LANES);
  return { row, nonce: item % VECTOR_LANES };
}

export interface SharedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the table of the schedule holds, in order. */
  readonly table: readonly Expression[];
  readonly tableAt: number;
  /** Where each expression of the template stands four times, as a vector. */
  readonly splats: readonly { readonly expression: Expression; readonly at: number }[];
  /** What the table of each midstate holds, in order. */
  readonly midstateTable: readonly Expression[];
  readonly midstateTableAt: number;
  /** From one midstate's table to the next, in bytes. */
  readonly midstateTableBytes: number;
}

/** Parameters of the rounds: the first vector's midstate table, the first scalar's, and the scalars' nonce. */
export const VECTOR_LOCAL = 0;
export const SCALAR_LOCAL = 1;
export const LANE_LOCAL = 2;
export const ROUND_PARAMETERS = 3;

/** Emits the module: `scan(word, groups)` gives the number of the first call with a candidate, or -1. */
export function emitSharedModule(trace: Trace, variant: SharedVariant): SharedModule {
  const { vectors, scalars } = variant;
  const varied = variedParts(trace.top);
  const scheduleParts = varied.filter((part) => !part.isOfMidstate);
  const roundParts = varied.filter((part) => part.isOfMidstate);
  const table = tableParts(scheduleParts);
  const tableAt = new Map(table.map((expression, i) => [expression, SHARED_AT + 4 * i]));
  const sharedAt = new Map<Expression, number>();
  let next = SHARED_AT + 16 * Math.ceil(table.length / 4);
  const place = (expression: Expression) => {
    if (sharedAt.has(expression)) return;
    sharedAt.set(expression, next);
    next += 16;
  };
  for (const part of roundParts)
    for (const operand of operandsOf(part))
      if (operand.isVaried && !operand.isOfMidstate) place(operand);
  const midstateTableAt = next;
  const midstateTable = tableParts(roundParts);
  const midstateTableBytes = 4 * midstateTable.length;
  const midstateAt = new Map(midstateTable.map((expression, i) => [expression, 4 * i]));

  const schedule = writeSchedule(scheduleParts, tableAt, sharedAt, variant);
  const streams: Stream[] = Array.from({ length: vectors + scalars }, (_, s) => ({
    isVector: s < vectors,
    varied: () => undefined,
    load(code, expression) {
      const isVector = s < vectors;
      const shared = sharedAt.get(expression);
      const at = midstateAt.get(expression);
      if (shared !== undefined && isVector) {
        code.constant(0);
        code.loadVector(shared);
      } else if (shared !== undefined) {
        code.getLocal(LANE_LOCAL);
        code.loadScalar(shared + 4 * (s - vectors));
      } else if (at !== undefined && isVector) {
        code.getLocal(VECTOR_LOCAL);
        code.loadSplat(midstateTableAt + s * midstateTableBytes + at);
      } else if (at !== undefined) {
        // The scalars of a call take consecutive nonces of one midstate.
        code.getLocal(SCALAR_LOCAL);
        code.loadScalar(midstateTableAt + at);
      } else return false;
      return true;
    },
  }));
  const writer = new CodeWriter(ROUND_PARAMETERS, streams, variant);
  const outside = new Set<Expression>([...midstateTable, ...sharedAt.keys()]);
  for (const round of byRound(roundParts)) {
    if (vectors > 1) bringTogether(writer, round.flatMap(operandsOf), outside, vectors);
    streams.forEach((_, s) => writer.compute(round, s));
  }
  writeCheck(writer, trace.top, streams, vectors, { target: TARGET_AT, tops: TOPS_AT });

  const step = VECTOR_LANES << (32 - trace.layout.variedBits);
  return {
    bytes: writeModule([
      schedule,
      writer.finish('rounds', [I32]),
      writeDriver(variant, step, midstateTableBytes),
    ]),
    table,
    tableAt: SHARED_AT,
    splats: [],
    midstateTable,
    midstateTableAt,
    midstateTableBytes,
  };
}

/**
 * Loads what all vectors take from outside, one vector's after the other's: an engine may join two vectors into one of
 * twice the width, but only where nothing that could fail stands between their loads.
 */
function bringTogether(
  writer: CodeWriter,
  operands: readonly Expression[],
  outside: Set<Expression>,
  vectors: number,
): void {
  for (const operand of operands) {
    if (!outside.delete(operand)) continue;
    for (let s = 0; s < vectors; s++) writer.bring(operand, s);
  }
}

/** Locals of the driver: its parameters, calls done, calls up to this group's end, and the parameters of a call. */
const driver = { word: 0, groups: 1, call: 2, groupEnd: 3, vector: 4, scalar: 5, lane: 6, row: 7 };

/**
 * For each group: the schedules (one, or one for each four nonces where they have a midstate in common), then the
 * rounds of all. `strideBytes` lie between two midstates or two schedules.
 */
export function writeDriver(
  variant: Calls,
  step: number,
  strideBytes: number,
  schedules = 1,
): WasmFunction {
  const { vectors, scalars, calls } = variant;
  const code = new CodeBytes();
  const get = (local: keyof typeof driver) => code.getLocal(driver[local]);
  const assign = (local: keyof typeof driver, value: number) => {
    code.constant(value);
    code.setLocal(driver[local]);
  };
  const increase = (local: keyof typeof driver, by: number) => {
    get(local);
    code.constant(by);
    code.byte(op.i32Add);
    code.setLocal(driver[local]);
  };

  code.op(op.loop, op.noResult);
  assign('row', 0);
  code.op(op.loop, op.noResult);
  get('word');
  get('row');
  code.call(0);
  increase('word', step);
  increase('row', strideBytes);
  get('row');
  code.constant(schedules * strideBytes);
  code.op(op.i32LtU, op.brIf, 0, op.end);
  increase('groupEnd', calls);
  assign('vector', 0);
  assign('lane', 0);
  assign('scalar', calls * vectors * strideBytes);
  code.op(op.loop, op.noResult);
  get('vector');
  get('scalar');
  get('lane');
  code.call(1);
  code.op(op.if, op.noResult);
  get('call');
  code.op(op.return, op.end);
  increase('vector', vectors * strideBytes);
  increase('call', 1);
  if (scalars > 0) {
    increase('lane', 4 * scalars);
    get('lane');
    code.constant(4 * VECTOR_LANES);
    code.op(op.i32Eq, op.if, op.noResult);
    assign('lane', 0);
    increase('scalar', strideBytes);
    code.byte(op.end);
  }
  get('call');
  get('groupEnd');
  code.op(op.i32LtU, op.brIf, 0, op.end);
  get('groupEnd');
  get('groups');
  code.constant(calls);
  code.op(op.i32Mul, op.i32LtU, op.brIf, 0, op.end);
  code.constant(-1);
  return {
    name: 'scan',
    parameters: [I32, I32],
    results: [I32],
    locals: [{ count: 6, type: I32 }],
    body: code.bytes,
  };
}
