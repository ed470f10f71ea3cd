/**
 * Where a search stands: everything fixed of a template's last SHA-256 blocks, and the next nonce to try (R4).
 */
import { HASH_BYTES, PROOF_BYTES, type Block } from '../chain/block.ts';
import { DataStates, FREE_VALUES, setByte } from './data-states.ts';
import { layoutOf, SHA_BLOCK_BYTES, type Layout } from './layout.ts';
import { BLOCK_WORDS, compress, readWords, STATE_WORDS } from './sha256.ts';
import type { Template } from './template.ts';

/** What follows the data's whole blocks: at most 63 bytes of data, and 49 bytes of hash, nonce and padding. */
const TAIL_BLOCKS = 2;

const BYTE_VALUES = 256;

/** Mutable on purpose: one position serves a worker for life, so that a new template costs microseconds. */
export class Position {
  layout: Layout = layoutOf(0);
  template: Template | null = null;
  /**
   * The states before the searched block: the first is that of the template as it is; {@link offer} makes more of the
   * free bytes, or of a byte of the nonce that lies in an earlier block.
   */
  readonly midstates: Int32Array[] = [new Int32Array(STATE_WORDS)];
  /** The searched block, its varied bits zero. */
  readonly words = new Int32Array(BLOCK_WORDS);
  /** The block after it, where a hash takes two compressions. */
  readonly secondWords = new Int32Array(BLOCK_WORDS);
  /** The target's first 32 bits: no hash whose first 32 bits are greater can be a proof. */
  targetWord = 0;
  /** The next value for the varied bits, 0 to {@link range}. */
  counter = 0;
  /** How many values the varied bits can have. */
  range = 0;

  readonly #nonce = new Uint8Array(PROOF_BYTES);
  readonly #tail = new Uint8Array(TAIL_BLOCKS * SHA_BLOCK_BYTES);
  readonly #targetWords = new Int32Array(HASH_BYTES / 4);
  readonly #data = new DataStates();
  /** The last free byte in the data's whole blocks; -1 where there is none. */
  #freeAt = -1;
  /** Which byte of the nonce may make midstates where no data are free; 0, which belongs to the worker, where none may. */
  #freeNonceByte = 0;
  #offered = 1;
  readonly #hash = new Int32Array(STATE_WORDS);
  readonly #lastWords = new Int32Array(BLOCK_WORDS);

  /**
   * Takes a template, and a nonce of 8 bytes to start at; {@link offer} is what makes it ready. The nonce's
   * first byte never changes in a search, so it keeps workers apart.
   */
  load(template: Template, start: Uint8Array): void {
    const { data, previousHash, target } = template;
    this.template = template;
    this.layout = layoutOf(data.length);
    this.#targetWords.set(readWords(target));
    this.targetWord = this.#targetWords[0]! >>> 0;
    this.range = 2 ** this.layout.variedBits;

    const wholeLength = data.length - (data.length % SHA_BLOCK_BYTES);
    this.#freeAt = lastFreeByte(template, wholeLength);
    const { straddles, variedByte: firstInSecond } = this.layout;
    this.#freeNonceByte = straddles && this.#freeAt < 0 ? firstInSecond - 1 : 0;
    const tail = this.#tail.fill(0);
    tail.set(data.subarray(wholeLength));
    tail.set(previousHash, data.length - wholeLength);
    const messageLength = data.length + HASH_BYTES + PROOF_BYTES;
    tail[messageLength - wholeLength] = 0x80;
    const tailLength = messageLength - wholeLength + 9 > SHA_BLOCK_BYTES ? 128 : 64;
    new DataView(tail.buffer).setUint32(tailLength - 4, 8 * messageLength);

    this.#nonce.set(start);
    const { variedByte, variedBytes } = this.layout;
    this.counter = 0;
    for (let i = 0; i < variedBytes; i++) {
      this.counter = this.counter * 256 + start[variedByte + i]!;
      this.#nonce[variedByte + i] = 0;
    }
  }

  /**
   * Makes so many midstates, of messages that differ in one byte: a free one of the data, or one of a nonce that
   * straddles two blocks. False where there is none in front of the searched block, or it has too few values.
   */
  offer(count: number): boolean {
    const values =
      this.#freeAt >= 0 ? FREE_VALUES.length : this.#freeNonceByte > 0 ? BYTE_VALUES : 1;
    if (count > values) return false;
    this.#offered = count;
    const states = this.#freeAt >= 0 ? count : 1;
    this.#data.load(this.template!.data, states === 1 ? -1 : this.#freeAt, states);
    while (this.midstates.length < count) this.midstates.push(new Int32Array(STATE_WORDS));
    this.#place();
    return true;
  }

  /** Moves on. True where the fixed bytes of the nonce changed, so that a kernel must load them again. */
  moveTo(counter: number): boolean {
    this.counter = counter;
    if (this.counter < this.range) return false;
    this.counter = 0;
    const { variedByte, variedBytes } = this.layout;
    for (let i = PROOF_BYTES - 1; i > 0; i--) {
      if (i >= variedByte && i < variedByte + variedBytes) continue;
      // Its next values are being searched already.
      if (this.#offered > 1 && i === this.#freeNonceByte) continue;
      this.#nonce[i]! += 1;
      if (this.#nonce[i] !== 0) break;
    }
    this.#place();
    return true;
  }

  /** The varied word with this counter in its varied bits. */
  wordAt(counter: number): number {
    const { variedWord, variedBits } = this.layout;
    return this.words[variedWord]! | (counter << (32 - variedBits));
  }

  /** Whether this counter gives a proof of the template: the exact check behind a kernel's coarse one. */
  isProof(counter: number, midstate: number): boolean {
    const { variedWord, compressions } = this.layout;
    this.#lastWords.set(this.words);
    this.#lastWords[variedWord] = this.wordAt(counter);
    this.#hash.set(this.midstates[midstate]!);
    compress(this.#hash, this.#lastWords);
    if (compressions === 2) compress(this.#hash, this.secondWords);
    for (let i = 0; i < STATE_WORDS; i++) {
      const difference = (this.#hash[i]! >>> 0) - (this.#targetWords[i]! >>> 0);
      if (difference !== 0) return difference < 0;
    }
    return true;
  }

  /** The block that this counter and midstate make of the template. */
  blockAt(counter: number, midstate: number): Block {
    const { variedByte, variedBytes } = this.layout;
    const proofOfWork = this.#nonce.slice();
    for (let i = 0; i < variedBytes; i++) {
      proofOfWork[variedByte + i] = counter >>> (8 * (variedBytes - 1 - i));
    }
    const { previousHash } = this.template!;
    const data = this.template!.data.slice();
    if (this.#offered > 1 && this.#freeAt >= 0) data[this.#freeAt] = FREE_VALUES[midstate]!;
    else if (this.#offered > 1) proofOfWork[this.#freeNonceByte]! += midstate;
    return { data, previousHash, proofOfWork };
  }

  /** Puts the fixed nonce bytes into the message, and takes midstate and words from it. */
  #place(): void {
    const { nonceOffset, straddles, compressions } = this.layout;
    const dataLength = this.template!.data.length % SHA_BLOCK_BYTES;
    this.#tail.set(this.#nonce, dataLength + HASH_BYTES);
    const words = readWords(this.#tail);
    const isInSecond = straddles || dataLength + HASH_BYTES !== nonceOffset;
    const free = this.#offered > 1 ? this.#freeNonceByte : 0;
    for (let i = 0; i < this.#offered; i++) {
      this.midstates[i]!.set(this.#data.states[free > 0 ? 0 : i]!);
      if (free > 0) setByte(words, nonceOffset + free, (this.#nonce[free]! + i) % BYTE_VALUES);
      if (isInSecond) compress(this.midstates[i]!, words);
    }
    const at = isInSecond ? BLOCK_WORDS : 0;
    this.words.set(words.subarray(at, at + BLOCK_WORDS));
    if (compressions === 2) this.secondWords.set(words.subarray(BLOCK_WORDS));
  }
}

function lastFreeByte({ freeBytes }: Template, wholeLength: number): number {
  if (freeBytes === undefined || freeBytes.length === 0) return -1;
  const last = Math.min(freeBytes.offset + freeBytes.length, wholeLength) - 1;
  return last >= freeBytes.offset ? last : -1;
}
