/**
 * Measures searches in whatever engine runs this file: a Node process or a worker of a browser.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { createSHA256 } from 'hash-wasm';
import { chooseKernel, HEATS } from '../../lib/pow/choice.ts';
import { jsEngineMaker } from '../../lib/pow/js-engine.ts';
import { createKernel } from '../../lib/pow/kernel.ts';
import type { Template } from '../../lib/pow/template.ts';
import { newKernel } from './new-kernel.ts';

/** Long against the coarsest clock of a browser, 0.1 ms, and short against what else a machine does. */
const WINDOW_MS = 12;
/** Windows of each measurement; the best counts, as whatever disturbs can only slow down. */
const WINDOWS = 30;
/** Kernels race, and engines optimise, in their first moments. */
const WARM_UP_MS = 1200;
/** No hash is so small. */
const HOPELESS = Uint8Array.from({ length: 32 }, (_, i) => (i < 12 ? 0 : 1));
/** Data that a miner may choose: one block in front of the last, which is of the fast layout. */
const FREE_DATA_BYTES = 79;

export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

interface Contestant {
  readonly name: string;
  /** Hashes about so many, and says how many it were. */
  hash(count: number): number;
}

/** All rates, measured in turns so that a machine's moods touch all alike, and the times of a kernel. */
export async function measureSearches(): Promise<Measured[]> {
  const readyMs = measureReady();
  const contestants: Contestant[] = [
    noble(12),
    noble(4096),
    nobleMidstate(),
    await hashWasm(12),
    searchOf('plain JavaScript, 12 bytes', 12, createKernel([makeJs()])),
    ...[0, 12, 100, 4096].map((bytes) => searchOf(`${bytes} bytes`, bytes)),
    searchOf('data free to choose', FREE_DATA_BYTES, newKernel(), true),
  ];
  const best = contestants.map(() => 0);
  for (const { hash } of contestants) runFor(WARM_UP_MS / contestants.length, hash, 1000);
  for (let window = 0; window < WINDOWS; window++)
    contestants.forEach(({ hash }, i) => {
      const rate = runFor(WINDOW_MS, hash, best[i]! > 0 ? 1000 * best[i]! * WINDOW_MS : 1000);
      if (window > WINDOWS / 3) best[i] = Math.max(best[i]!, rate);
      else if (best[i] === 0) best[i] = rate;
    });
  const rates = contestants.map(({ name }, i) => ({ name, value: best[i]!, unit: 'MH/s' }));
  return [
    ...rates,
    { name: 'kernel ready from nothing', value: readyMs, unit: 'ms' },
    ...[12, 4096].map((bytes) => ({
      name: `template switch, ${bytes} bytes`,
      value: measureSwitch(bytes),
      unit: 'µs',
    })),
  ];
}

/** Millions of hashes a second over about so long. */
function runFor(ms: number, hash: (count: number) => number, count: number): number {
  const startMs = performance.now();
  let hashes = 0;
  let elapsedMs: number;
  do {
    hashes += hash(Math.max(1, Math.floor(count / 4)));
    elapsedMs = performance.now() - startMs;
  } while (elapsedMs < ms);
  return hashes / elapsedMs / 1000;
}

function templateOf(bytes: number, isFree = false): Template {
  return {
    id: 1,
    data: new Uint8Array(bytes).fill(97),
    previousHash: new Uint8Array(32).fill(98),
    target: HOPELESS,
    ...(isFree && { freeBytes: { offset: 0, length: 16 } }),
  };
}

function makeJs() {
  const made = jsEngineMaker.make();
  if (!made.ok) throw new Error(made.reason);
  return made.engine;
}

function searchOf(name: string, bytes: number, kernel = newKernel(), isFree = false): Contestant {
  kernel.prepare(templateOf(bytes, isFree), new Uint8Array(8));
  return { name, hash: (count) => kernel.search(count).hashes };
}

/** A homework miner in JavaScript: the whole message for each nonce. */
function noble(bytes: number): Contestant {
  const message = new Uint8Array(bytes + 40).fill(97);
  return {
    name: `@noble/hashes, ${bytes} bytes`,
    hash(count) {
      for (let nonce = 0; nonce < count; nonce++) {
        new DataView(message.buffer).setUint32(bytes + 36, nonce);
        if (sha256(message)[0] === 0 && nonce < 0) throw new Error('unreachable');
      }
      return count;
    },
  };
}

/** A cleverer one: the hash state before the nonce, cloned for each. */
function nobleMidstate(): Contestant {
  const state = sha256.create().update(new Uint8Array(44).fill(97));
  const nonce = new Uint8Array(8);
  let clone = state.clone();
  const digest = new Uint8Array(32);
  return {
    name: '@noble/hashes, cloned midstate',
    hash(count) {
      for (let i = 0; i < count; i++) {
        new DataView(nonce.buffer).setUint32(4, i);
        clone = state._cloneInto(clone);
        clone.update(nonce).digestInto(digest);
      }
      return count;
    },
  };
}

/** A homework miner on WebAssembly without SIMD, whose hash is called for each nonce. */
async function hashWasm(bytes: number): Promise<Contestant> {
  const hasher = await createSHA256();
  const message = new Uint8Array(bytes + 40).fill(97);
  return {
    name: `hash-wasm, ${bytes} bytes`,
    hash(count) {
      for (let nonce = 0; nonce < count; nonce++) {
        new DataView(message.buffer).setUint32(bytes + 36, nonce);
        hasher.init().update(message).digest('binary');
      }
      return count;
    },
  };
}

/** From nothing to the first hashes, with the module of the layout made and checked. Must be measured first. */
function measureReady(): number {
  const startMs = performance.now();
  const first = HEATS.map((heat) => heat.slice(0, 1));
  const kernel = chooseKernel(
    {
      switchedOff: new Set(),
      preferred: new Set(first.flat().map(({ name }) => name)),
      nowMs: () => performance.now(),
      wrong: () => undefined,
      won: () => undefined,
    },
    first,
  );
  kernel!.prepare(templateOf(FREE_DATA_BYTES, true), new Uint8Array(8));
  kernel!.search(1000);
  return performance.now() - startMs;
}

/** A new tip: the previous hash alone changes. */
function measureSwitch(bytes: number): number {
  const kernel = newKernel();
  const template = templateOf(bytes);
  const start = new Uint8Array(8);
  const SWITCHES = 2000;
  let best = Infinity;
  for (let window = 0; window < 10; window++) {
    const startMs = performance.now();
    for (let i = 0; i < SWITCHES; i++) {
      template.previousHash[0] = i;
      kernel.prepare(template, start);
    }
    best = Math.min(best, (1000 * (performance.now() - startMs)) / SWITCHES);
  }
  return best;
}
