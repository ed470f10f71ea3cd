/**
 * The WebAssembly engine that searches one midstate with rounds in a loop: less code than the written-out one, which
 * it leaves the layouts of two compressions, and the one that has hardly more nonces than a group takes.
 */
import type { Layout } from './layout.ts';
import type { Engine, EngineMade, EngineMaker } from './kernel.ts';
import type { Position } from './position.ts';
import { compileTemplateProgram, writeInputs, type TemplateProgram } from './template-program.ts';
import { INPUTS } from './trace.ts';
import { VECTOR_LANES } from './wasm-code.ts';
import { wasmEngineMaker } from './wasm-engine.ts';
import { emitLoopedModule } from './wasm-looped.ts';
import { LANES_AT, MEMORY_PAGES, TARGET_AT, TOPS_AT } from './wasm-memory.ts';
import { locateLane, midstatesOf, type Calls } from './wasm-shared.ts';

/** A group must be a small part of the nonces of a position, since those left over at the end are left out. */
const LEAST_VARIED_BITS = 16;

interface Instance {
  readonly schedule: TemplateProgram;
  readonly scheduleTable: Int32Array;
  readonly splat: TemplateProgram;
  readonly splatted: Int32Array;
  /** Where the template's words of all schedules stand, as vectors, in units of words. */
  readonly splatsAt: readonly number[];
  readonly midstate: TemplateProgram;
  readonly midstateTable: Int32Array;
  readonly memory: Int32Array;
  readonly tops: Uint32Array;
  scan(word: number, groups: number): number;
}

export function loopedEngineMaker(variant: Calls): EngineMaker {
  const name = `wasm-simd ${VECTOR_LANES * variant.vectors}+${variant.scalars} looped`;
  return { name, make: () => makeLoopedEngine(name, variant) };
}

function makeLoopedEngine(name: string, variant: Calls): EngineMade {
  const { vectorSigma, scalarSigma } = variant;
  const form = { vectorSigma, scalarSigma };
  const made = wasmEngineMaker({ ...form, vectors: 1, scalars: 0, phases: 1 }).make();
  if (!made.ok) return made;
  const writtenOut = made.engine;
  const groupHashes = VECTOR_LANES * midstatesOf(variant);
  const callHashes = VECTOR_LANES * variant.vectors + variant.scalars;
  const instances = new Map<number, Instance>();
  const instanceOf = (layout: Layout): Instance => {
    let instance = instances.get(layout.nonceOffset);
    if (instance === undefined) {
      instance = createInstance(layout, variant);
      instances.set(layout.nonceOffset, instance);
    }
    return instance;
  };
  const inputs = new Int32Array(INPUTS);
  let current: Position;
  /** Null while the written-out engine searches. */
  let instance: Instance | null = null;

  const engine: Engine = {
    name,
    midstates: 1,
    load(position) {
      current = position;
      const { compressions, variedBits } = position.layout;
      if (compressions === 2 || variedBits < LEAST_VARIED_BITS) {
        instance = null;
        return writtenOut.load(position);
      }
      instance = instanceOf(position.layout);
      const { schedule, scheduleTable, splat, splatted, splatsAt, memory } = instance;
      writeInputs(position, inputs);
      schedule.run(inputs, scheduleTable);
      splat.run(inputs, splatted);
      for (let i = 0; i < splatsAt.length; i++)
        memory.fill(splatted[i]!, splatsAt[i]!, splatsAt[i]! + VECTOR_LANES);
      instance.midstate.run(inputs, instance.midstateTable);
      memory[TARGET_AT / 4] = position.targetWord;
      return true;
    },
    scan(first, count) {
      if (instance === null) return writtenOut.scan(first, count);
      const { tops } = instance;
      const left = current.range - first;
      const groups = Math.min(Math.ceil(count / groupHashes), Math.floor(left / groupHashes));
      // The last nonces of a position are fewer than a group: they are left out, and not counted.
      if (groups === 0) return { hashes: 0, next: current.range, candidate: null };
      const found = instance.scan(current.wordAt(first), groups);
      const hashes = groups * groupHashes;
      if (found === -1) return { hashes, next: first + hashes, candidate: null };
      const group = Math.floor(found / variant.calls);
      const call = found % variant.calls;
      const lane = tops.findIndex((top) => top <= current.targetWord);
      const { row, nonce } = locateLane(variant, call, lane);
      const before = group * groupHashes;
      // So is the rest of the group.
      return {
        hashes: before + call * callHashes + lane + 1,
        next: first + before + groupHashes,
        candidate: { counter: first + before + VECTOR_LANES * row + nonce, midstate: 0 },
      };
    },
  };
  return { ok: true, engine };
}

function createInstance(layout: Layout, variant: Calls): Instance {
  const emitted = emitLoopedModule(layout, variant, 'midstate');
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES });
  const module = new WebAssembly.Module(emitted.bytes);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const lanes = new Int32Array(memory.buffer, LANES_AT, VECTOR_LANES);
  for (let lane = 0; lane < lanes.length; lane++) lanes[lane] = lane << (32 - layout.variedBits);
  const { table, tableAt, splats, midstateTable, midstateTableAt } = emitted;
  return {
    schedule: compileTemplateProgram(table),
    scheduleTable: new Int32Array(memory.buffer, tableAt, table.length),
    splat: compileTemplateProgram(splats.map(({ expression }) => expression)),
    splatted: new Int32Array(splats.length),
    splatsAt: splats.map(({ at }) => at / 4),
    midstate: compileTemplateProgram(midstateTable),
    midstateTable: new Int32Array(memory.buffer, midstateTableAt, midstateTable.length),
    memory: new Int32Array(memory.buffer),
    tops: new Uint32Array(memory.buffer, TOPS_AT, VECTOR_LANES * variant.vectors + variant.scalars),
    scan: exports['scan'] as Instance['scan'],
  };
}
