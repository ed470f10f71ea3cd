/**
 * The module of a kernel that searches one midstate: it computes the schedule and the rounds of each nonce.
 */
import type { Expression, Trace } from './trace.ts';
import { I32, op, simd, writeModule, type WasmFunction } from './wasm-bytes.ts';
import { byRound, carriedParts, splitIntoPhases, tableParts, variedParts } from './trace-parts.ts';
import { CodeWriter, VECTOR_LANES, writeCheck, type Form, type Stream } from './wasm-code.ts';
import { CodeBytes } from './code-bytes.ts';
import { LANES_AT, SPILLS_AT, TABLE_AT, TARGET_AT, TOPS_AT } from './wasm-memory.ts';

export interface SingleVariant extends Form {
  /** Vectors of four nonces side by side. */
  readonly vectors: number;
  /** Scalar nonces side by side with them. */
  readonly scalars: number;
  /** Into how many functions the work is split: a huge one makes engines spill too much. */
  readonly phases: number;
}

/**
 * Each phase does so many groups in turn before the next phase does, so that its code stays in the processor's cache
 * of decoded instructions; what they carry must stay in the first data cache.
 */
const GROUPS_A_TURN = 6;

/** Parameters of a phase: the group's first word, and the group's place among the carried values. */
const WORD_LOCAL = 0;
const SPILLS_LOCAL = 1;
const PHASE_PARAMETERS = 2;

export interface SingleModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the table holds, in order. */
  readonly table: readonly Expression[];
  /** Nonces a group: what one turn of the loop hashes. */
  readonly groupHashes: number;
}

/** Emits the module: `scan(word, groups)` gives the index of the first group with a candidate, or -1. */
export function emitSingleModule(trace: Trace, variant: SingleVariant): SingleModule {
  const { vectors, scalars, phases } = variant;
  const parts = variedParts(trace.top);
  const table = tableParts(parts);
  const tableAt = new Map(table.map((expression, i) => [expression, TABLE_AT + 4 * i]));
  const shift = 32 - trace.layout.variedBits;
  const groupHashes = VECTOR_LANES * vectors + scalars;

  const phaseOf = splitIntoPhases(parts, phases);
  const carried = carriedParts(parts, phaseOf);
  const spillAt = new Map(carried.map((expression, i) => [expression, i]));
  const spillBytes = 16 * carried.length;

  const streams: Stream[] = Array.from({ length: vectors + scalars }, (_, s) => {
    const isVector = s < vectors;
    const spills = SPILLS_AT + s * spillBytes;
    return {
      isVector,
      varied(code) {
        code.getLocal(WORD_LOCAL);
        if (isVector) {
          code.simd(simd.splat);
          code.constant(0);
          code.loadVector(LANES_AT + 16 * s);
          code.simd(simd.add);
        } else {
          code.constant((VECTOR_LANES * vectors + s - vectors) << shift);
          code.byte(op.i32Add);
        }
      },
      load(code, expression) {
        const at = tableAt.get(expression);
        const spill = spillAt.get(expression);
        if (at !== undefined) {
          code.constant(0);
          if (isVector) code.loadSplat(at);
          else code.loadScalar(at);
        } else if (spill !== undefined) {
          code.getLocal(SPILLS_LOCAL);
          if (isVector) code.loadVector(spills + 16 * spill);
          else code.loadScalar(spills + 16 * spill);
        } else return false;
        return true;
      },
    };
  });

  const functions: WasmFunction[] = [];
  for (let phase = 0; phase < phases; phase++) {
    const writer = new CodeWriter(PHASE_PARAMETERS, streams, variant);
    const own = parts.filter((part) => phaseOf.get(part) === phase);
    for (const round of byRound(own))
      for (let s = 0; s < streams.length; s++) writer.compute(round, s);
    const isLast = phase === phases - 1;
    streams.forEach(({ isVector }, s) => {
      for (const part of isLast ? [] : own.filter((each) => spillAt.has(each))) {
        const address = SPILLS_AT + s * spillBytes + 16 * spillAt.get(part)!;
        writer.code.getLocal(SPILLS_LOCAL);
        writer.value(part, s);
        if (isVector) writer.code.storeVector(address);
        else writer.code.storeScalar(address);
      }
    });
    if (isLast) {
      const at = { target: TARGET_AT, tops: TOPS_AT };
      writeCheck(writer, trace.top, streams, vectors, at);
    }
    functions.push(writer.finish(`phase${phase}`, isLast ? [I32] : []));
  }
  functions.push(writeDriver(phases, groupHashes << shift, streams.length * spillBytes));
  return { bytes: writeModule(functions), table, groupHashes };
}

/** Locals of the driver: its parameters, groups done, groups of this turn, group within the turn, and its word. */
const driver = { word: 0, groups: 1, done: 2, turn: 3, group: 4, groupWord: 5, spills: 6 };

/** Runs each phase over a turn of groups, then the next; the last phase may end the search. */
function writeDriver(phases: number, step: number, spillBytes: number): WasmFunction {
  const code = new CodeBytes();
  const get = (local: keyof typeof driver) => code.getLocal(driver[local]);
  const set = (local: keyof typeof driver) => code.setLocal(driver[local]);
  const increase = (local: keyof typeof driver, by: number) => {
    get(local);
    code.constant(by);
    code.byte(op.i32Add);
    set(local);
  };
  const reset = (local: keyof typeof driver) => {
    code.constant(0);
    set(local);
  };

  code.op(op.loop, op.noResult);
  get('groups');
  get('done');
  code.byte(op.i32Sub);
  set('turn');
  get('turn');
  code.constant(GROUPS_A_TURN);
  get('turn');
  code.constant(GROUPS_A_TURN);
  code.op(op.i32LtU, op.select);
  set('turn');
  for (let phase = 0; phase < phases; phase++) {
    reset('group');
    reset('spills');
    get('word');
    set('groupWord');
    code.op(op.loop, op.noResult);
    get('groupWord');
    get('spills');
    code.call(phase);
    if (phase === phases - 1) {
      code.op(op.if, op.noResult);
      get('done');
      get('group');
      code.op(op.i32Add, op.return, op.end);
    }
    increase('groupWord', step);
    increase('spills', spillBytes);
    increase('group', 1);
    get('group');
    get('turn');
    code.op(op.i32LtU, op.brIf, 0, op.end);
  }
  get('groupWord');
  set('word');
  get('done');
  get('turn');
  code.byte(op.i32Add);
  set('done');
  get('done');
  get('groups');
  code.op(op.i32LtU, op.brIf, 0, op.end);
  code.constant(-1);
  return {
    name: 'scan',
    parameters: [I32, I32],
    results: [I32],
    locals: [{ count: 5, type: I32 }],
    body: code.bytes,
  };
}
