/**
 * The WebAssembly engine that searches many midstates with one schedule: for templates with free bytes.
 */
import type { Layout } from './layout.ts';
import type { Engine, EngineMade, EngineMaker } from './kernel.ts';
import type { Position } from './position.ts';
import {
  compileTemplateProgram,
  writeInputs,
  writeMidstate,
  type TemplateProgram,
} from './template-program.ts';
import { INPUTS, traceLayout } from './trace.ts';
import { VECTOR_LANES } from './wasm-code.ts';
import { findMissingSimd } from './wasm-support.ts';
import { LANES_AT, MEMORY_PAGES, TARGET_AT, TOPS_AT } from './wasm-memory.ts';
import { emitLoopedModule } from './wasm-looped.ts';
import { emitSharedModule, locateLane, midstatesOf, type SharedVariant } from './wasm-shared.ts';

interface Instance {
  readonly schedule: TemplateProgram;
  readonly scheduleTable: Int32Array;
  readonly splat: TemplateProgram;
  readonly splats: readonly Int32Array[];
  readonly splatted: Int32Array;
  readonly midstate: TemplateProgram;
  readonly midstateTables: readonly Int32Array[];
  readonly target: Uint32Array;
  readonly tops: Uint32Array;
  scan(word: number, groups: number): number;
}

export function sharedEngineMaker(variant: SharedVariant): EngineMaker {
  const name = `wasm-simd ${VECTOR_LANES * variant.vectors}+${variant.scalars} shared by ${midstatesOf(variant)}${variant.isLooped ? ', looped' : ''}`;
  return { name, make: () => makeSharedEngine(name, variant) };
}

function makeSharedEngine(name: string, variant: SharedVariant): EngineMade {
  const missing = findMissingSimd();
  if (missing !== null) return { ok: false, reason: missing };
  const midstates = midstatesOf(variant);
  const { vectors, scalars, calls } = variant;
  const callHashes = VECTOR_LANES * vectors + scalars;
  const groupHashes = VECTOR_LANES * midstates;
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
  let instance: Instance;

  const engine: Engine = {
    name,
    midstates,
    load(position) {
      if (variant.isLooped && position.layout.compressions === 2) return false;
      current = position;
      instance = instanceOf(position.layout);
      writeInputs(position, inputs);
      instance.schedule.run(inputs, instance.scheduleTable);
      instance.splat.run(inputs, instance.splatted);
      instance.splats.forEach((splat, i) => splat.fill(instance.splatted[i]!));
      instance.midstateTables.forEach((table, i) => {
        writeMidstate(position, i, inputs);
        instance.midstate.run(inputs, table);
      });
      instance.target[0] = position.targetWord;
      return true;
    },
    scan(first, count) {
      const { tops } = instance;
      const groups = Math.ceil(count / VECTOR_LANES);
      const found = instance.scan(current.wordAt(first), groups);
      if (found === -1) return { hashes: count * midstates, next: first + count, candidate: null };
      const group = Math.floor(found / calls);
      const call = found % calls;
      const lane = tops.findIndex((top) => top <= current.targetWord);
      const { row: midstate, nonce } = locateLane(variant, call, lane);
      const start = first + group * VECTOR_LANES;
      const hashes = group * groupHashes + call * callHashes + lane + 1;
      // The rest of the group is left out, and not counted.
      const next = Math.min(start + VECTOR_LANES, first + count);
      const counter = (start + nonce) % current.range;
      return { hashes, next, candidate: { counter, midstate } };
    },
  };
  return { ok: true, engine };
}

function createInstance(layout: Layout, variant: SharedVariant): Instance {
  const emitted = variant.isLooped
    ? emitLoopedModule(layout, variant, 'schedule')
    : emitSharedModule(traceLayout(layout), variant);
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES });
  const module = new WebAssembly.Module(emitted.bytes);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const lanes = new Int32Array(memory.buffer, LANES_AT, VECTOR_LANES);
  for (let lane = 0; lane < lanes.length; lane++) lanes[lane] = lane << (32 - layout.variedBits);
  const { table, tableAt, midstateTable, midstateTableAt, midstateTableBytes } = emitted;
  return {
    schedule: compileTemplateProgram(table),
    scheduleTable: new Int32Array(memory.buffer, tableAt, table.length),
    splat: compileTemplateProgram(emitted.splats.map(({ expression }) => expression)),
    splats: emitted.splats.map(({ at }) => new Int32Array(memory.buffer, at, VECTOR_LANES)),
    splatted: new Int32Array(emitted.splats.length),
    midstate: compileTemplateProgram(midstateTable),
    midstateTables: Array.from(
      { length: midstatesOf(variant) },
      (_, i) =>
        new Int32Array(
          memory.buffer,
          midstateTableAt + i * midstateTableBytes,
          midstateTable.length,
        ),
    ),
    target: new Uint32Array(memory.buffer, TARGET_AT, 1),
    tops: new Uint32Array(memory.buffer, TOPS_AT, VECTOR_LANES * variant.vectors + variant.scalars),
    scan: exports['scan'] as Instance['scan'],
  };
}
