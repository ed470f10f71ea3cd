/**
 * SHA-256's compression of one 64-byte block from a given midstate (FIPS 180-4), which no library hands out.
 */

/** Words of a state. */
export const STATE_WORDS = 8;
/** Words of a message block. */
export const BLOCK_WORDS = 16;
/** Rounds of a compression. */
export const ROUNDS = 64;

/** The bits of the first 32 behind the binary point of the roots (square: 2, cube: 3) of the first primes. */
function fractionsOfPrimeRoots(count: number, root: bigint): Int32Array {
  const fractions = new Int32Array(count);
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  primes.forEach((prime, i) => {
    const radicand = BigInt(prime) << (32n * root);
    let low = 0n;
    let high = 1n << 40n;
    while (low < high) {
      const middle = (low + high + 1n) >> 1n;
      if (middle ** root <= radicand) low = middle;
      else high = middle - 1n;
    }
    fractions[i] = Number(BigInt.asIntN(32, low));
  });
  return fractions;
}

/** The state before the first block. */
export const INITIAL_STATE = fractionsOfPrimeRoots(STATE_WORDS, 2n);
/** One constant a round. */
export const ROUND_CONSTANTS = fractionsOfPrimeRoots(ROUNDS, 3n);

const rotate = (x: number, by: number) => (x >>> by) | (x << (32 - by));
export const bigSigma0 = (x: number) => rotate(x, 2) ^ rotate(x, 13) ^ rotate(x, 22);
export const bigSigma1 = (x: number) => rotate(x, 6) ^ rotate(x, 11) ^ rotate(x, 25);
export const smallSigma0 = (x: number) => rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
export const smallSigma1 = (x: number) => rotate(x, 17) ^ rotate(x, 19) ^ (x >>> 10);

/** Fills `schedule` (64 words) with the message schedule of the 16 words at `offset`. */
export function expandSchedule(words: Int32Array, offset: number, schedule: Int32Array): void {
  for (let i = 0; i < BLOCK_WORDS; i++) schedule[i] = words[offset + i]!;
  for (let i = BLOCK_WORDS; i < ROUNDS; i++) {
    const x = schedule[i - 15]!;
    const y = schedule[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    schedule[i] = s1 + schedule[i - 7]! + s0 + schedule[i - 16]!;
  }
}

/**
 * Runs rounds `first` up to, not including, `end` on a state, in place, without the final addition. The sigmas are
 * written out, as in the schedule: a miner waits for what this makes of its first template, and code that is not
 * optimised yet spends most of its time on calls.
 */
export function runRounds(
  state: Int32Array,
  schedule: Int32Array,
  first: number,
  end: number,
): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = first; i < end; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t = (h + s1 + (g ^ (e & (f ^ g))) + ROUND_CONSTANTS[i]! + schedule[i]!) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t) | 0;
    d = c;
    c = b;
    b = a;
    a = (t + s0 + ((b & c) | (d & (b | c)))) | 0;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
  state[4] = e;
  state[5] = f;
  state[6] = g;
  state[7] = h;
}

const schedule = new Int32Array(ROUNDS);
const before = new Int32Array(STATE_WORDS);

/** Compresses the 16 words at `offset` into the state, in place. */
export function compress(state: Int32Array, words: Int32Array, offset = 0): void {
  expandSchedule(words, offset, schedule);
  before.set(state);
  runRounds(state, schedule, 0, ROUNDS);
  for (let i = 0; i < STATE_WORDS; i++) state[i]! += before[i]!;
}

/** Reads big-endian words; the length of `bytes` is a multiple of four. */
export function readWords(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i));
}
