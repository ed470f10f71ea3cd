/**
 * Seeded randomness for the simulator (R31): the same seed draws the same numbers in every engine.
 *
 * The generator is xoshiro128** 1.1 of Blackman and Vigna, its state filled from the seed by splitmix32. Only integer
 * arithmetic and exact division are used: transcendental functions differ between engines in their last bit.
 */

/** Seeds are whole numbers below this: all that a JavaScript number holds exactly. */
export const SEED_LIMIT = 2 ** 53;

const TWO_32 = 2 ** 32;

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed a whole number from 0 to below {@link SEED_LIMIT} */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= SEED_LIMIT)
      throw new RangeError('a seed is a whole number from 0 to below 2^53');
    const next = makeSplitmix(seed % TWO_32, Math.floor(seed / TWO_32));
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** A whole number from 0 to below 2^32. */
  uint32(): number {
    const fives = Math.imul(this.#b, 5);
    const result = Math.imul((fives << 7) | (fives >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** A number from 0 to below 1, in steps of 2^-32. */
  uniform(): number {
    return this.uint32() / TWO_32;
  }

  /** A whole number from 0 to below `limit`; its bias is below limit / 2^32. */
  below(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** A number from `least` to below `most`. */
  between(least: number, most: number): number {
    return least + this.uniform() * (most - least);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[this.below(list.length)]!;
  }

  /** The list in random order, as a new one (Fisher and Yates). */
  shuffle<T>(list: readonly T[]): T[] {
    const mixed = [...list];
    for (let last = mixed.length - 1; last > 0; last--) {
      const at = this.below(last + 1);
      [mixed[last], mixed[at]] = [mixed[at]!, mixed[last]!];
    }
    return mixed;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) {
      const word = this.uint32();
      for (let j = i; j < i + 4 && j < length; j++) bytes[j] = word >>> (8 * (j - i));
    }
    return bytes;
  }

  /**
   * A draw from the exponential distribution with mean 1, by von Neumann's comparison of uniform draws (1951), which
   * needs no logarithm: a run u1 ≥ u2 ≥ … that breaks after an odd number of draws is accepted and yields u1, any
   * other counts one whole unit and begins anew.
   */
  exponential(): number {
    for (let whole = 0; ; whole++) {
      const first = this.uniform();
      let last = first;
      let length = 1;
      for (let next = this.uniform(); next <= last; next = this.uniform()) {
        last = next;
        length++;
      }
      if (length % 2 === 1) return whole + first;
    }
  }

  /** A generator of its own, so that what one part of a world draws shifts no other part's draws. */
  fork(): Random {
    return new Random(this.uint32() + (this.uint32() % 2 ** 20) * TWO_32);
  }
}

function makeSplitmix(low: number, high: number): () => number {
  let state = (low ^ Math.imul(high + 1, 0x9e3779b9)) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) | 0;
  };
}
