/**
 * Rows of 32-bit words found by a key of 256 bits, which come and go: the storage under coins, owners and lists.
 *
 * A million rows as objects in a Map would take ten times the memory. Whoever wants the table to have a slow place has
 * to bring many keys with equal last words; but every key takes part of a mined block, so there never are enough.
 */
import { HashIndex, STORED_HASH_WORDS } from '../chain/hash-index.ts';
import { HASH_WORDS } from '../chain/hash-words.ts';
import { WordPages } from '../chain/word-pages.ts';

/** The first word of a row that is not its key's. */
export const FIRST_VALUE = STORED_HASH_WORDS;
/** No row. */
export const NO_ROW = -1;

export class KeyedRows {
  readonly words: WordPages;
  readonly #index: HashIndex;
  /** Rows that may be used again. */
  readonly #free: number[] = [];
  #used = 0;

  /** @param valueWords words of a row beside its key */
  constructor(valueWords: number) {
    this.words = new WordPages(FIRST_VALUE + valueWords);
    this.#index = new HashIndex(this.words);
  }

  get size(): number {
    return this.#index.size;
  }

  /** The row with this key of eight words, or {@link NO_ROW}. */
  find(key: Int32Array): number {
    return this.#index.find(key);
  }

  /** A new row for a key that has none. Its values are whatever they were. */
  add(key: Int32Array): number {
    const row = this.#free.pop() ?? this.#used++;
    this.words.reserve(row + 1);
    for (let i = 0; i < FIRST_VALUE; i++) this.words.set(row, i, key[i]!);
    this.#index.add(row, key[FIRST_VALUE]!);
    return row;
  }

  remove(row: number): void {
    this.#index.remove(row);
    this.#free.push(row);
  }

  /** Copies the key of a row into `key`. */
  readKey(row: number, key: Int32Array): void {
    for (let i = 0; i < FIRST_VALUE; i++) key[i] = this.words.get(row, i);
    key[HASH_WORDS - 1] = this.#index.lastWordOf(row);
  }

  /** A whole number below 2^53 in two words. */
  readNumber(row: number, word: number): number {
    return this.words.get(row, word) * 2 ** 32 + (this.words.get(row, word + 1) >>> 0);
  }

  writeNumber(row: number, word: number, value: number): void {
    this.words.set(row, word, Math.floor(value / 2 ** 32));
    this.words.set(row, word + 1, value | 0);
  }
}
