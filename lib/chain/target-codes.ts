/**
 * Targets as 32-bit codes, for the index: 24 significant bits and an exponent, as in Bitcoin's nBits. Targets of more
 * significant bits, as a homework room may have one, are kept in a list; equal ones once.
 */
import type { Standing } from './rules.ts';
import { SIGNIFICANT_TARGET_BITS, workOfTarget } from './target.ts';

const MANTISSA_BITS = SIGNIFICANT_TARGET_BITS;
const MANTISSA_MASK = (1 << MANTISSA_BITS) - 1;
/** In place of an exponent (0 to 232): the other bits are a number in the list. */
const LISTED = 0xff;
const LIST_LIMIT = 1 << MANTISSA_BITS;

/** Hashes, as three 32-bit words, most significant first: 2^96 are as many as all of Bitcoin has taken until 2025. */
export interface WorkWords {
  readonly high: number;
  readonly middle: number;
  readonly low: number;
}

/** What the index keeps of a block's standing. */
export interface StandingCodes {
  readonly target: number;
  readonly baseTarget: number;
  /** What the block adds to the work of its chain. */
  readonly work: WorkWords;
}

export class TargetCodes {
  readonly #list: bigint[] = [];
  readonly #codes = new Map<bigint, number>();
  /** Rules of a constant target judge every block by one and the same standing: its codes are found once. */
  #lastStanding: Standing | null = null;
  #last: StandingCodes | null = null;

  encode(standing: Standing): StandingCodes {
    if (this.#last === null || standing !== this.#lastStanding) {
      const { target, baseTarget } = standing;
      const code = this.encodeTarget(target);
      this.#last = {
        target: code,
        baseTarget: baseTarget === target ? code : this.encodeTarget(baseTarget),
        work: splitWork(workOfTarget(target)),
      };
      this.#lastStanding = standing;
    }
    return this.#last;
  }

  decode(code: number): bigint {
    const exponent = code >>> MANTISSA_BITS;
    const rest = code & MANTISSA_MASK;
    return exponent === LISTED ? this.#list[rest]! : BigInt(rest) << BigInt(exponent);
  }

  encodeTarget(target: bigint): number {
    return compress(target) ?? this.#listed(target);
  }

  #listed(target: bigint): number {
    let code = this.#codes.get(target);
    if (code === undefined) {
      if (this.#list.length >= LIST_LIMIT) throw new RangeError('too many different targets');
      code = (LISTED << MANTISSA_BITS) | this.#list.length;
      this.#list.push(target);
      this.#codes.set(target, code);
    }
    return code;
  }
}

function compress(target: bigint): number | null {
  const hex = target.toString(16);
  const bits = 4 * hex.length - Math.clz32(parseInt(hex[0]!, 16)) + 28;
  const exponent = Math.max(0, bits - MANTISSA_BITS);
  const mantissa = target >> BigInt(exponent);
  if (mantissa << BigInt(exponent) !== target) return null;
  return (exponent << MANTISSA_BITS) | Number(mantissa);
}

function splitWork(work: bigint): WorkWords {
  if (work >> 96n !== 0n) throw new RangeError('a block of more work than can be done');
  const word = (shift: bigint) => Number((work >> shift) & 0xffff_ffffn);
  return { high: word(64n), middle: word(32n), low: word(0n) };
}

/** The words as one number. */
export function joinWork({ high, middle, low }: WorkWords): bigint {
  return (BigInt(high) << 64n) | (BigInt(middle) << 32n) | BigInt(low);
}
