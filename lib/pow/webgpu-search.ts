/**
 * A search on the graphics processor, by WebGPU: where there is a secure context and an adapter. Never the only way.
 *
 * It answers later than an engine of a worker does, so it is no engine, but it walks the same positions.
 */
import type { SearchResult } from './kernel.ts';
import { Position } from './position.ts';
import { compileTemplateProgram, writeInputs, type TemplateProgram } from './template-program.ts';
import type { Template } from './template.ts';
import { INPUTS, traceLayout } from './trace.ts';
import { CANDIDATES_LIMIT, emitShader, PARAMETERS, WORKGROUP_SIZE } from './wgsl.ts';

/** The most workgroups in one dimension that every adapter offers. */
const DISPATCH_LIMIT = 65_535;
/** The most hashes of one dispatch. */
export const DISPATCH_HASHES = DISPATCH_LIMIT * WORKGROUP_SIZE;
/** Parameters and table: more than any layout needs. */
const GIVEN_WORDS = 512;
/** The standard's numbers, whose names not every set of types has. */
const USAGE = { mapRead: 0x1, copySource: 0x4, copyDestination: 0x8, storage: 0x80 } as const;
const MAP_READ = 1;
const FOUND_BYTES = 4 * (1 + CANDIDATES_LIMIT);

export interface GpuSearch {
  readonly name: string;
  /** Makes this template the one that is searched, from this nonce (8 bytes) on, as a kernel does. */
  prepare(template: Template, start: Uint8Array): void;
  /** Tries about so many hashes, at most {@link DISPATCH_HASHES}, fewer where the fixed part of the nonce changes. */
  search(hashes: number): Promise<SearchResult>;
  close(): void;
}

export type GpuSearchMade =
  | { readonly ok: true; readonly search: GpuSearch }
  | { readonly ok: false; readonly reason: string };

interface Pipeline {
  readonly program: TemplateProgram;
  readonly pipeline: GPUComputePipeline;
}

/**
 * Asks for a device. Fails with a sentence where there is none, and where the adapter is a program on the processor,
 * which others use better, unless `allowSoftware`.
 */
export async function openGpuSearch(allowSoftware = false): Promise<GpuSearchMade> {
  const gpu = (navigator as { gpu?: GPU }).gpu;
  if (gpu === undefined) return { ok: false, reason: 'there is no WebGPU here' };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return { ok: false, reason: 'there is no graphics adapter' };
    if (adapter.info.isFallbackAdapter && !allowSoftware)
      return { ok: false, reason: 'the graphics adapter is only a program' };
    return { ok: true, search: createGpuSearch(await adapter.requestDevice()) };
  } catch (error) {
    return { ok: false, reason: String(error) };
  }
}

function createGpuSearch(device: GPUDevice): GpuSearch {
  const position = new Position();
  const inputs = new Int32Array(INPUTS);
  const given = new Int32Array(GIVEN_WORDS);
  const pipelines = new Map<number, Pipeline>();
  const givenBuffer = device.createBuffer({
    size: 4 * GIVEN_WORDS,
    usage: USAGE.storage | USAGE.copyDestination,
  });
  const foundBuffer = device.createBuffer({
    size: FOUND_BYTES,
    usage: USAGE.storage | USAGE.copyDestination | USAGE.copySource,
  });
  const readBuffer = device.createBuffer({
    size: FOUND_BYTES,
    usage: USAGE.mapRead | USAGE.copyDestination,
  });

  function pipelineOf(): Pipeline {
    const { layout } = position;
    let made = pipelines.get(layout.nonceOffset);
    if (made === undefined) {
      const { code, table } = emitShader(traceLayout(layout));
      const module = device.createShaderModule({ code });
      const compute = { module, entryPoint: 'search' };
      const pipeline = device.createComputePipeline({ layout: 'auto', compute });
      made = { program: compileTemplateProgram(table), pipeline };
      pipelines.set(layout.nonceOffset, made);
    }
    return made;
  }

  /** Loads what is fixed of the position. */
  function load(): void {
    writeInputs(position, inputs);
    pipelineOf().program.run(inputs, given.subarray(PARAMETERS.table));
    given[PARAMETERS.target] = position.targetWord;
  }

  async function dispatch(first: number, count: number): Promise<number[]> {
    const { pipeline } = pipelineOf();
    given[PARAMETERS.firstWord] = position.wordAt(first);
    given[PARAMETERS.count] = count;
    device.queue.writeBuffer(givenBuffer, 0, given);
    device.queue.writeBuffer(foundBuffer, 0, new Uint32Array(1));
    const entries = [givenBuffer, foundBuffer].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    }));
    const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil(count / WORKGROUP_SIZE));
    pass.end();
    encoder.copyBufferToBuffer(foundBuffer, 0, readBuffer, 0, FOUND_BYTES);
    device.queue.submit([encoder.finish()]);
    await readBuffer.mapAsync(MAP_READ);
    const [found = 0, ...nonces] = new Uint32Array(readBuffer.getMappedRange().slice(0));
    readBuffer.unmap();
    return nonces.slice(0, Math.min(found, CANDIDATES_LIMIT)).sort((a, b) => a - b);
  }

  return {
    name: 'webgpu',
    prepare(template, start) {
      position.load(template, start);
      position.offer(1);
      load();
    },
    async search(hashes) {
      const first = position.counter;
      const count = Math.min(hashes, DISPATCH_HASHES, position.range - first);
      const template = position.template;
      const candidates = await dispatch(first, count);
      // A new template came meanwhile: what was found belongs to the one before.
      if (position.template !== template) return { hashes: count, proof: null };
      const hit = candidates.find((nonce) => position.isProof(first + nonce, 0));
      const tried = hit === undefined ? count : hit + 1;
      const proof = hit === undefined ? null : position.blockAt(first + hit, 0);
      if (position.moveTo(first + tried)) load();
      return { hashes: tried, proof };
    },
    close: () => device.destroy(),
  };
}
