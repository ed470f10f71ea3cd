/**
 * The trace of SHA-256 as a compute shader in WGSL: one invocation hashes one nonce.
 */
import { operandsOf, type Expression, type Trace } from './trace.ts';
import { tableParts, variedParts } from './trace-parts.ts';

/** Invocations of a workgroup: what every WebGPU adapter can run. */
export const WORKGROUP_SIZE = 64;
/** Candidates that one dispatch reports; more are dropped, which happens only where almost every hash is a proof. */
export const CANDIDATES_LIMIT = 16;

export interface Shader {
  readonly code: string;
  /** What the table holds, in order; before it stand the first word, the number of nonces and the target's word. */
  readonly table: readonly Expression[];
}

/** Words in front of the table. */
export const PARAMETERS = { firstWord: 0, count: 1, target: 2, table: 3 } as const;

/** Emits the shader of a layout. Binding 0 holds parameters and table, binding 1 the number of candidates and them. */
export function emitShader(trace: Trace): Shader {
  const parts = variedParts(trace.top);
  const table = tableParts(parts);
  const names = new Map<Expression, string>(
    table.map((expression, i) => [expression, `given[${PARAMETERS.table + i}]`]),
  );
  const shift = 32 - trace.layout.variedBits;
  const lines = parts.map((part) => {
    const name = `x${part.id}`;
    const operands = operandsOf(part).map((operand) => names.get(operand)!);
    names.set(part, name);
    const value =
      part.kind === 'varied'
        ? `given[${PARAMETERS.firstWord}] + (id.x << ${shift}u)`
        : part.kind === 'sum'
          ? operands.join(' + ')
          : `${FUNCTIONS[part.kind as keyof typeof FUNCTIONS]}(${operands.join(', ')})`;
    return `  let ${name} = ${value};`;
  });
  return { code: shaderText(lines, names.get(trace.top)!), table };
}

/** The shader names its functions in full. */
const FUNCTIONS = {
  S0: 'big_sigma_0',
  S1: 'big_sigma_1',
  s0: 'small_sigma_0',
  s1: 'small_sigma_1',
  ch: 'choose',
  maj: 'majority',
} as const;

const shaderText = (lines: readonly string[], top: string) => `
@group(0) @binding(0) var<storage, read> given: array<u32>;
struct Found { count: atomic<u32>, nonces: array<u32, ${CANDIDATES_LIMIT}> }
@group(0) @binding(1) var<storage, read_write> found: Found;

fn rotate(x: u32, by: u32) -> u32 { return (x >> by) | (x << (32u - by)); }
fn big_sigma_0(x: u32) -> u32 { return rotate(x, 2u) ^ rotate(x, 13u) ^ rotate(x, 22u); }
fn big_sigma_1(x: u32) -> u32 { return rotate(x, 6u) ^ rotate(x, 11u) ^ rotate(x, 25u); }
fn small_sigma_0(x: u32) -> u32 { return rotate(x, 7u) ^ rotate(x, 18u) ^ (x >> 3u); }
fn small_sigma_1(x: u32) -> u32 { return rotate(x, 17u) ^ rotate(x, 19u) ^ (x >> 10u); }
fn choose(e: u32, f: u32, g: u32) -> u32 { return g ^ (e & (f ^ g)); }
fn majority(a: u32, b: u32, c: u32) -> u32 { return (a & b) | (c & (a | b)); }

@compute @workgroup_size(${WORKGROUP_SIZE})
fn search(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= given[${PARAMETERS.count}]) { return; }
${lines.join('\n')}
  if (${top} <= given[${PARAMETERS.target}]) {
    let at = atomicAdd(&found.count, 1u);
    if (at < ${CANDIDATES_LIMIT}u) { found.nonces[at] = id.x; }
  }
}
`;
