/**
 * The WebAssembly engine that searches one midstate with SIMD: for every template, whatever its data.
 */
import type { Layout } from './layout.ts';
import type { Engine, EngineMade, EngineMaker } from './kernel.ts';
import type { Position } from './position.ts';
import { compileTemplateProgram, writeInputs, type TemplateProgram } from './template-program.ts';
import { INPUTS, traceLayout } from './trace.ts';
import { findMissingSimd } from './wasm-support.ts';
import { VECTOR_LANES } from './wasm-code.ts';
import { LANES_AT, MEMORY_PAGES, TABLE_AT, TARGET_AT, TOPS_AT } from './wasm-memory.ts';
import { emitSingleModule, type SingleVariant } from './wasm-single.ts';

/** One layout's module at work. */
interface Instance {
  readonly program: TemplateProgram;
  readonly table: Int32Array;
  readonly target: Uint32Array;
  readonly tops: Uint32Array;
  readonly groupHashes: number;
  scan(word: number, groups: number): number;
}

export function wasmEngineMaker(variant: SingleVariant): EngineMaker {
  const name = `wasm-simd ${VECTOR_LANES * variant.vectors}+${variant.scalars}`;
  return { name, make: () => makeWasmEngine(name, variant) };
}

function makeWasmEngine(name: string, variant: SingleVariant): EngineMade {
  const missing = findMissingSimd();
  if (missing !== null) return { ok: false, reason: missing };
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
  let current: Position | null = null;
  let instance: Instance;

  const engine: Engine = {
    name,
    midstates: 1,
    load(position) {
      current = position;
      instance = instanceOf(position.layout);
      writeInputs(position, inputs);
      instance.program.run(inputs, instance.table);
      instance.target[0] = position.targetWord;
      return true;
    },
    scan(first, count) {
      const { groupHashes, tops } = instance;
      const groups = Math.ceil(count / groupHashes);
      const group = instance.scan(current!.wordAt(first), groups);
      const none = { hashes: count, next: first + count, candidate: null };
      if (group === -1) return none;
      const lane = tops.findIndex((top) => top <= current!.targetWord);
      const counter = first + group * groupHashes + lane;
      // The last group may reach beyond the end.
      if (counter >= first + count) return none;
      const next = counter + 1;
      return { hashes: next - first, next, candidate: { counter, midstate: 0 } };
    },
  };
  return { ok: true, engine };
}

function createInstance(layout: Layout, variant: SingleVariant): Instance {
  const { bytes, table, groupHashes } = emitSingleModule(traceLayout(layout), variant);
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES });
  const module = new WebAssembly.Module(bytes);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const lanes = new Int32Array(memory.buffer, LANES_AT, groupHashes);
  for (let lane = 0; lane < lanes.length; lane++) lanes[lane] = lane << (32 - layout.variedBits);
  return {
    program: compileTemplateProgram(table),
    table: new Int32Array(memory.buffer, TABLE_AT, table.length),
    target: new Uint32Array(memory.buffer, TARGET_AT, 1),
    tops: new Uint32Array(memory.buffer, TOPS_AT, groupHashes),
    groupHashes,
    scan: exports['scan'] as Instance['scan'],
  };
}
