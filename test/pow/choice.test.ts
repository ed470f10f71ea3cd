import { describe, expect, it } from 'vitest';
import { readHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import { HOMEWORK_TARGET, targetToBytes } from '../../lib/chain/target.ts';
import { chooseKernel, HEATS } from '../../lib/pow/choice.ts';
import type { EngineMaker } from '../../lib/pow/kernel.ts';
import type { Template } from '../../lib/pow/template.ts';

const blind: EngineMaker = {
  name: 'blind',
  make: () => ({
    ok: true,
    engine: {
      name: 'blind',
      midstates: 1,
      load: () => true,
      scan: (first, count) => ({ hashes: count, next: first + count, candidate: null }),
    },
  }),
};
const impossible: EngineMaker = {
  name: 'impossible',
  make: () => ({ ok: false, reason: 'no SIMD here' }),
};
const JS = HEATS.at(-1)!;

const genesis: Template = {
  id: 1,
  data: writeUtf8('Genesis'),
  previousHash: new Uint8Array(32),
  target: targetToBytes(HOMEWORK_TARGET),
};
const GENESIS_PROOF = readHex('00000000002f824e')!;

function choose(heats: readonly (readonly EngineMaker[])[], switchedOff: readonly string[] = []) {
  const wrong: string[] = [];
  const won: string[] = [];
  let nowMs = 0;
  const kernel = chooseKernel(
    {
      switchedOff: new Set(switchedOff),
      preferred: new Set(),
      nowMs: () => (nowMs += 1),
      wrong: (name, reason) => void wrong.push(`${name}: ${reason}`),
      won: (name) => void won.push(name),
    },
    heats,
  );
  return { kernel, wrong, won };
}

describe('the choice of a kernel', () => {
  it('passes over what this machine cannot run', () => {
    const { kernel, wrong } = choose([[impossible], JS]);
    expect(kernel!.prepare(genesis, GENESIS_PROOF)).toBe(true);
    expect(kernel!.name).toBe('js');
    expect(kernel!.search(1).proof!.proofOfWork).toEqual(GENESIS_PROOF);
    expect(wrong).toEqual([]);
  });

  it('passes over a kernel that finds too little, and says so', () => {
    const { kernel, wrong } = choose([[blind], JS]);
    expect(kernel!.prepare(genesis, GENESIS_PROOF)).toBe(true);
    expect(kernel!.name).toBe('js');
    expect(kernel!.search(1).proof!.proofOfWork).toEqual(GENESIS_PROOF);
    expect(wrong).toEqual(['blind: it found 0 proofs where there are about 128']);
  });

  it('says that nothing can be searched where every kernel is wrong', () => {
    const { kernel, wrong } = choose([[blind]]);
    expect(kernel!.prepare(genesis, GENESIS_PROOF)).toBe(false);
    expect(wrong).toHaveLength(1);
  });

  it('leaves out what was switched off, and has none where all are', () => {
    expect(choose([[impossible, blind], JS], ['js', 'blind']).kernel).toBeNull();
  });

  it('lets kernels race, and goes on with one', () => {
    const { kernel, won } = choose(HEATS);
    kernel!.prepare({ ...genesis, target: targetToBytes(1n) }, GENESIS_PROOF);
    for (let batch = 0; batch < 2000 && won.length === 0; batch++) kernel!.search(100);
    expect(won).toEqual([kernel!.name]);
    kernel!.prepare(genesis, GENESIS_PROOF);
    expect(kernel!.search(1).proof!.proofOfWork).toEqual(GENESIS_PROOF);
  });
});
