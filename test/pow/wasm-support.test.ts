import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

/** A fresh copy of the room, as a browser that differs would load it. */
async function nameOfChoice(): Promise<string> {
  const { chooseKernel } = await import('../../lib/pow/choice.ts');
  const kernel = chooseKernel({
    switchedOff: new Set(),
    preferred: new Set(),
    nowMs: () => 0,
    wrong: (name, reason) => expect.fail(`${name}: ${reason}`),
    won: () => undefined,
  })!;
  const target = new Uint8Array(32).fill(255, 1);
  const template = { id: 1, data: new Uint8Array(12), previousHash: new Uint8Array(32), target };
  expect(kernel.prepare(template, new Uint8Array(8))).toBe(true);
  let proof = null;
  for (let batch = 0; batch < 100 && proof === null; batch++) ({ proof } = kernel.search(1000));
  expect(proof).not.toBeNull();
  return kernel.name;
}

function refuseModule(): never {
  throw new WebAssembly.CompileError('refused');
}

describe('a machine', () => {
  it('with SIMD searches with it', async () => {
    expect(await nameOfChoice()).toMatch(/^wasm-simd/);
  });

  it('without WebAssembly searches in plain JavaScript', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(await nameOfChoice()).toBe('js');
  });

  it('that refuses modules with SIMD, or any, searches in plain JavaScript', async () => {
    const { CompileError, Memory } = WebAssembly;
    vi.stubGlobal('WebAssembly', { CompileError, Memory, Module: refuseModule });
    expect(await nameOfChoice()).toBe('js');
  });
});
