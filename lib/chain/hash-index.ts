/**
 * Finds a block's row by its hash: a table with open addressing and linear probing.
 *
 * A slot is the number of a row and one byte of its hash. The bytes stand apart, and are so few that a hash which is
 * not in the table is nearly always refused without fetching anything from far memory; that is the question asked of
 * every block that arrives. The table grows by a quarter at a time, so that little of it is empty.
 *
 * A place is chosen by the last word of the hash: the first ones are zeros where there is work, and whoever wants a
 * table of a million blocks to have a slow place has to find a million proofs for every block there.
 */
import { HASH_WORDS } from './hash-words.ts';
import { WordPages } from './word-pages.ts';

/** Words of a hash that the rows hold. */
export const STORED_HASH_WORDS = HASH_WORDS - 1;

const FIRST_SLOTS = 16;
/** Share of slots in use beyond which the table grows; with it, a hash that is not there costs 13 looks at a byte. */
const FULL = 0.8;
const GROWTH = 1.25;
const NONE = -1;
const TWO_32 = 2 ** 32;
/** Stands in the bytes for an empty slot. */
const EMPTY = 0;

export class HashIndex {
  readonly #rows: WordPages;
  /** The last word of each row's hash, by row. */
  readonly #lastWords = new WordPages(1);
  #tags = new Uint8Array(FIRST_SLOTS);
  #slots = new Int32Array(FIRST_SLOTS);
  #size = 0;

  /** @param rows whose first words are those of the hash, the last of them left out: it is kept here */
  constructor(rows: WordPages) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#size;
  }

  /** The last word of the hash of a row that was added once. */
  lastWordOf(row: number): number {
    return this.#lastWords.get(row, 0);
  }

  /** The row with this hash (eight words), or -1. */
  find(hash: Int32Array): number {
    const last = hash[STORED_HASH_WORDS]!;
    const tags = this.#tags;
    const tag = tagOf(last);
    for (let slot = this.#homeOf(last); tags[slot] !== EMPTY;) {
      if (tags[slot] === tag && this.isAt(this.#slots[slot]!, hash)) return this.#slots[slot]!;
      if (++slot === tags.length) slot = 0;
    }
    return NONE;
  }

  /** Whether a row that was added once has this hash. */
  isAt(row: number, hash: Int32Array): boolean {
    if (this.lastWordOf(row) !== hash[STORED_HASH_WORDS]) return false;
    const page = this.#rows.pageOf(row);
    const at = this.#rows.offsetOf(row);
    for (let i = 0; i < STORED_HASH_WORDS; i++) if (page[at + i] !== hash[i]) return false;
    return true;
  }

  /** Adds a row whose hash, which ends in this word, is not in the index yet. */
  add(row: number, last: number): void {
    this.#lastWords.reserve(row + 1);
    this.#lastWords.set(row, 0, last);
    if (this.#size + 1 > FULL * this.#tags.length) this.#grow();
    this.#put(row, last);
    this.#size++;
  }

  /** Takes out a row that is in the index. */
  remove(row: number): void {
    const tags = this.#tags;
    const slots = this.#slots;
    let hole = this.#homeOf(this.lastWordOf(row));
    while (tags[hole] === EMPTY || slots[hole] !== row) hole = this.#after(hole);
    // Rows behind the hole move into it, as far as that leads them no further from home.
    for (let slot = this.#after(hole); tags[slot] !== EMPTY; slot = this.#after(slot)) {
      const home = this.#homeOf(this.lastWordOf(slots[slot]!));
      if (this.#distance(home, slot) < this.#distance(hole, slot)) continue;
      tags[hole] = tags[slot]!;
      slots[hole] = slots[slot]!;
      hole = slot;
    }
    tags[hole] = EMPTY;
    this.#size--;
  }

  #put(row: number, last: number): void {
    const tags = this.#tags;
    let slot = this.#homeOf(last);
    while (tags[slot] !== EMPTY) slot = this.#after(slot);
    tags[slot] = tagOf(last);
    this.#slots[slot] = row;
  }

  #grow(): void {
    const tags = this.#tags;
    const slots = this.#slots;
    const length = Math.ceil(tags.length * GROWTH);
    this.#tags = new Uint8Array(length);
    this.#slots = new Int32Array(length);
    for (let slot = 0; slot < tags.length; slot++)
      if (tags[slot] !== EMPTY) this.#put(slots[slot]!, this.lastWordOf(slots[slot]!));
  }

  /** The slot in which the search for a hash with this last word begins. */
  #homeOf(last: number): number {
    return Math.floor(((last >>> 0) * this.#tags.length) / TWO_32);
  }

  #after(slot: number): number {
    return slot + 1 === this.#tags.length ? 0 : slot + 1;
  }

  #distance(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#tags.length;
  }
}

/** The byte that stands for a hash in the table: of bits that have no part in choosing the slot, and never 0. */
function tagOf(last: number): number {
  return last & 0xff || 0xff;
}
