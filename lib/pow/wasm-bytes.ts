/**
 * Writes WebAssembly modules byte by byte: just what the kernels need of the format.
 */

import { MEMORY_PAGES } from './wasm-memory.ts';

export const I32 = 0x7f;
export const V128 = 0x7b;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Instructions, each as the bytes of its opcode. Memory instructions are followed by alignment and offset. */
export const op = {
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  brIf: 0x0d,
  return: 0x0f,
  /** The type of a block that leaves nothing on the stack. */
  noResult: 0x40,
  call: 0x10,
  /** Of two values and a condition: the first where the condition is not zero. */
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i32Store: 0x36,
  i32Const: 0x41,
  i32Eq: 0x46,
  i32LtU: 0x49,
  i32LeU: 0x4d,
  i32Add: 0x6a,
  i32Mul: 0x6c,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i32Rotr: 0x78,
  simd: 0xfd,
} as const;

/** Vector instructions: what follows the prefix `op.simd`. */
export const simd = {
  load: 0x00,
  load32Splat: 0x09,
  store: 0x0b,
  splat: 0x11,
  and: 0x4e,
  xor: 0x51,
  anyTrue: 0x53,
  leU: 0x3e,
  shl: 0xab,
  shrU: 0xad,
  add: 0xae,
} as const;

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  /** How many locals of each type, in the order of their indices, behind the parameters. */
  readonly locals: readonly { readonly count: number; readonly type: number }[];
  /** Instructions, without the last `end`. */
  readonly body: Uint8Array;
}

const section = (id: number, content: readonly number[]) => [
  id,
  ...unsigned(content.length),
  ...content,
];

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
}

/** A module that imports its memory as `env.memory` and exports its functions by name. */
export function writeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const list = (items: readonly (readonly number[])[]) => [
    ...unsigned(items.length),
    ...items.flat(),
  ];
  const types = functions.map(({ parameters, results }) => [
    0x60,
    ...unsigned(parameters.length),
    ...parameters,
    ...unsigned(results.length),
    ...results,
  ]);
  const memory = [...text('env'), ...text('memory'), 0x02, 0x00, ...unsigned(MEMORY_PAGES)];
  const exported = functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]);
  const sections = [
    section(1, list(types)),
    section(2, list([memory])),
    section(3, list(functions.map((_, i) => unsigned(i)))),
    section(7, list(exported)),
  ].flat();
  const bodies = functions.map(writeBody);
  const codeLength = bodies.reduce((sum, body) => sum + body.length, 0);
  const codeHead = unsigned(functions.length);
  const head = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, ...sections, 0x0a];
  head.push(...unsigned(codeHead.length + codeLength), ...codeHead);
  const bytes = new Uint8Array(head.length + codeLength);
  bytes.set(head);
  let at = head.length;
  for (const body of bodies) {
    bytes.set(body, at);
    at += body.length;
  }
  return bytes;
}

function writeBody({ locals, body }: WasmFunction): Uint8Array {
  const declared = locals.flatMap(({ count, type }) => [...unsigned(count), type]);
  const head = [...unsigned(locals.length), ...declared];
  const size = unsigned(head.length + body.length + 1);
  const bytes = new Uint8Array(size.length + head.length + body.length + 1);
  bytes.set(size);
  bytes.set(head, size.length);
  bytes.set(body, size.length + head.length);
  bytes[bytes.length - 1] = op.end;
  return bytes;
}
