/**
 * Whether WebAssembly SIMD works here: it needs a processor and an engine that have it, and a content policy that allows
 * code made at run time.
 */
import { op, simd, V128, writeModule } from './wasm-bytes.ts';

let known: { readonly missing: string | null } | null = null;

/** Null where SIMD works; else a sentence that says what is missing. The answer never changes, so it is kept. */
export function findMissingSimd(): string | null {
  known ??= { missing: tryModule() };
  return known.missing;
}

function tryModule(): string | null {
  if (typeof WebAssembly !== 'object') return 'there is no WebAssembly';
  const body = Uint8Array.of(op.i32Const, 0, op.simd, simd.splat);
  const probe = { name: 'probe', parameters: [], results: [V128], locals: [], body };
  try {
    new WebAssembly.Module(writeModule([probe]));
    return null;
  } catch (error) {
    return String(error);
  }
}
