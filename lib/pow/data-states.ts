/**
 * The states behind the whole 64-byte blocks of a template's data, kept from one template to the next: a new tip mostly
 * leaves them as they are, so that 4096 bytes cost what 0 bytes cost (R1).
 */
import { SHA_BLOCK_BYTES } from './layout.ts';
import { BLOCK_WORDS, compress, INITIAL_STATE, readWords } from './sha256.ts';

/** What a free byte may be: bytes that stay valid inside any JSON string. */
export const FREE_VALUES = new TextEncoder().encode(
  '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
);

export class DataStates {
  /** One state for each value of the free byte; the first alone where there is none. */
  readonly states: Int32Array[] = [new Int32Array(INITIAL_STATE)];
  #blocks = new Uint8Array(0);
  #freeAt = -1;
  #count = 1;

  /**
   * Makes `count` states for data whose byte at `freeAt` takes the first of {@link FREE_VALUES}; or one state, of the
   * data as they are, where `freeAt` is -1.
   */
  load(data: Uint8Array, freeAt: number, count: number): void {
    const blocks = data.subarray(0, data.length - (data.length % SHA_BLOCK_BYTES));
    if (this.#freeAt === freeAt && this.#count >= count && isSame(blocks, this.#blocks)) return;
    this.#blocks = blocks.slice();
    this.#freeAt = freeAt;
    this.#count = count;
    const words = readWords(blocks);
    const freeBlock =
      freeAt < 0 ? words.length : BLOCK_WORDS * Math.floor(freeAt / SHA_BLOCK_BYTES);
    const common = new Int32Array(INITIAL_STATE);
    for (let at = 0; at < freeBlock; at += BLOCK_WORDS) compress(common, words, at);
    for (let i = 0; i < count; i++) {
      this.states[i] ??= new Int32Array(INITIAL_STATE.length);
      this.states[i]!.set(common);
      if (freeAt >= 0) setByte(words, freeAt, FREE_VALUES[i]!);
      for (let at = freeBlock; at < words.length; at += BLOCK_WORDS)
        compress(this.states[i]!, words, at);
    }
  }
}

/** Sets one byte of big-endian words. */
export function setByte(words: Int32Array, at: number, value: number): void {
  const shift = 24 - 8 * (at % 4);
  const word = words[at >>> 2]!;
  words[at >>> 2] = (word & ~(0xff << shift)) | (value << shift);
}

/** Compares byte by byte only where it must: words are four times as fast, and each new tip waits for this. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const isAligned = a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0;
  const [x, y] = isAligned ? [wordsOf(a), wordsOf(b)] : [a, b];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}

/** The same memory as words; the length is a multiple of 64 bytes. */
const wordsOf = (bytes: Uint8Array) =>
  new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
