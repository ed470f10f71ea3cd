/**
 * Which engines a worker's kernel has: the fastest kind that this machine can run, that is right, and that nobody
 * switched off; plain JavaScript stands behind all others.
 */
import { jsEngineMaker } from './js-engine.ts';
import { createKernel, type Engine, type EngineMaker, type Kernel } from './kernel.ts';
import { raceEngines, type RaceOptions } from './race.ts';
import type { Form } from './wasm-code.ts';
import { wasmEngineMaker } from './wasm-engine.ts';
import { loopedEngineMaker } from './wasm-looped-engine.ts';
import { sharedEngineMaker } from './wasm-shared-engine.ts';

/** The sigmas that no processor so far has liked less than others. */
const CHAIN: Form = { vectorSigma: 'chain', scalarSigma: 'nested' };
/** Joined vectors like this one better. */
const FLAT: Form = { vectorSigma: 'flat', scalarSigma: 'nested' };

/**
 * The heats, fastest first: the engines of one heat race, and a template goes to the first heat that can search it.
 * Within a heat the first is what most machines like best.
 */
export const HEATS: readonly (readonly EngineMaker[])[] = [
  [
    sharedEngineMaker({ ...CHAIN, isLooped: true, vectors: 2, scalars: 1, calls: 16 }),
    // Where the engine allocates registers badly over a loop.
    sharedEngineMaker({ ...CHAIN, isLooped: false, vectors: 1, scalars: 1, calls: 32 }),
    // Where the engine joins vectors, two of four make one of eight.
    sharedEngineMaker({ ...FLAT, isLooped: false, vectors: 2, scalars: 0, calls: 16 }),
  ],
  [
    wasmEngineMaker({ ...CHAIN, vectors: 1, scalars: 0, phases: 1 }),
    wasmEngineMaker({ ...CHAIN, vectors: 2, scalars: 0, phases: 1 }),
    // Eight per cent faster than the first in Chromium on Zen 4, and a tenth slower in Node.
    loopedEngineMaker({ ...CHAIN, vectors: 2, scalars: 1, calls: 4 }),
  ],
  [jsEngineMaker],
];

export interface ChoiceOptions extends RaceOptions {
  /** Names of engines to leave out. */
  readonly switchedOff: ReadonlySet<string>;
}

/** Makes the kernel of a worker; null where every engine is switched off, wrong or impossible. */
export function chooseKernel(options: ChoiceOptions, heats = HEATS): Kernel | null {
  const engines: Engine[] = [];
  for (const heat of heats) {
    const allowed = heat.filter(({ name }) => !options.switchedOff.has(name));
    if (allowed.length === 0) continue;
    const made = raceEngines(allowed, options).make();
    if (made.ok) engines.push(made.engine);
  }
  return engines.length === 0 ? null : createKernel(engines);
}
