/**
 * Kernels: the interchangeable inner loops that search nonces, behind one small interface (R4, R26).
 *
 * An engine only hashes ranges of counters, as fast as it can; {@link createKernel} adds what all of them share.
 */
import type { Template } from './template.ts';
import { Position } from './position.ts';

export interface SearchResult {
  /** Hashes tried, up to and including the proof where there is one. */
  readonly hashes: number;
  readonly proof: { readonly data: Uint8Array; readonly proofOfWork: Uint8Array } | null;
}

export interface Kernel {
  /** As people read it: `js`, `wasm-simd 4+1`. */
  readonly name: string;
  /**
   * Makes this template the one that is searched, from the nonce `start` (8 bytes) on. The first byte of `start` stays
   * as it is for the first 2^56 hashes, so searches that differ there never meet. Takes microseconds, except when an
   * engine meets a layout for the first time. False where no engine can search it.
   */
  prepare(template: Template, start: Uint8Array): boolean;
  /**
   * Tries about the next `hashes` hashes of the prepared template, fewer where a proof is found or the fixed part of
   * the nonce changes. The next call goes on behind the last hash tried.
   */
  search(hashes: number): SearchResult;
}

/** What one call of an engine did. */
export interface Scan {
  /** Hashes up to and including the candidate, in the order in which the engine counts them. */
  readonly hashes: number;
  /** The counter from which the search goes on. */
  readonly next: number;
  /** What it takes for a proof: a value of the varied bits, and which of the position's midstates. */
  readonly candidate: { readonly counter: number; readonly midstate: number } | null;
}

/** Hashes the nonces of one position. May take false candidates for proofs, must not miss a true one. */
export interface Engine {
  readonly name: string;
  /** How many midstates it searches at once at most; a position that has fewer is none for it. */
  readonly midstates: number;
  /**
   * Takes over midstates, words and target of a position; called whenever one of them has changed. False where the
   * engine has turned out to be unable to search such a position rightly.
   */
  load(position: Position): boolean;
  /** Hashes counters `first` to `first + count - 1` with each midstate, until one is good in its first 32 bits. */
  scan(first: number, count: number): Scan;
}

/** A way to make an engine. Making may fail: no SIMD, or a content policy that forbids WebAssembly. */
export interface EngineMaker {
  readonly name: string;
  make(): EngineMade;
}

export type EngineMade =
  { readonly ok: true; readonly engine: Engine } | { readonly ok: false; readonly reason: string };

/** Counters are tried in multiples of this: the lanes of a vector. */
const COUNTER_STEP = 4;

/**
 * A kernel that runs engines, and decides exactly what they find roughly. For each template it takes the first engine
 * of the list that can search it.
 */
export function createKernel(engines: readonly Engine[]): Kernel {
  const position = new Position();
  let engine = engines[0]!;
  return {
    get name() {
      return engine.name;
    },
    prepare(template, start) {
      position.load(template, start);
      const able = engines.find((each) => position.offer(each.midstates) && each.load(position));
      if (able === undefined) return false;
      engine = able;
      return true;
    },
    search(hashes) {
      const first = position.counter;
      const counters = Math.ceil(hashes / engine.midstates / COUNTER_STEP) * COUNTER_STEP;
      const end = Math.min(position.range, first + counters);
      let tried = 0;
      let next = first;
      let proof: SearchResult['proof'] = null;
      while (next < end && proof === null) {
        const scan = engine.scan(next, end - next);
        tried += scan.hashes;
        next = scan.next;
        if (scan.candidate === null) continue;
        const { counter, midstate } = scan.candidate;
        if (!position.isProof(counter, midstate)) continue;
        const { data, proofOfWork } = position.blockAt(counter, midstate);
        proof = { data, proofOfWork };
      }
      if (position.moveTo(next)) engine.load(position);
      return { hashes: tried, proof };
    },
  };
}
