/**
 * The index of a tree of blocks in typed arrays: one row of 21 words (84 bytes) a block. With the table of hashes and
 * the list of the best chain that is about 99 bytes; an object with its strings and big integers takes ten times that.
 */
import type { Block } from './block.ts';
import type { Standing } from './rules.ts';
import { BlockLog } from './block-log.ts';
import { HashIndex, STORED_HASH_WORDS } from './hash-index.ts';
import { HASH_WORDS, readHashBytes, writeHashBytes } from './hash-words.ts';
import { SenderNames } from './sender-names.ts';
import { joinWork, TargetCodes, type StandingCodes } from './target-codes.ts';
import { workOfTarget } from './target.ts';
import { WordPages } from './word-pages.ts';

/** Words of a row. The hash comes first and without its last word, as its index wants it. */
export const HASH = 0;
export const PARENT = STORED_HASH_WORDS;
/** An ancestor far below, by which others are found in few steps. */
export const SKIP = PARENT + 1;
export const HEIGHT = SKIP + 1;
export const ORDER = HEIGHT + 1;
/** Work of the chain up to this block without that of its genesis block: three words, most significant first. */
export const WORK = ORDER + 1;
export const TARGET = WORK + 3;
export const BASE_TARGET = TARGET + 1;
const POSITION = BASE_TARGET + 1;
/** Milliseconds in 48 bits; the sender's number in the 16 bits between. */
const HEARD_LOW = POSITION + 1;
const HEARD_HIGH_AND_SENDER = HEARD_LOW + 1;
/** Milliseconds in 53 bits and a sign; {@link NO_TIME} in the upper word where the block states none. */
const TIME_LOW = HEARD_HIGH_AND_SENDER + 1;
const TIME_HIGH = TIME_LOW + 1;
const ROW_WORDS = TIME_HIGH + 1;

/** A row without a parent, or no row at all. */
export const NO_ROW = -1;
const NO_TIME = -(2 ** 31);
/** The largest position of a log is smaller. */
const NO_POSITION = -1;
const TWO_32 = 2 ** 32;
/** Arrivals are kept in whole milliseconds from 1970 to the year 10889. */
const HEARD_LIMIT_MS = 2 ** 48 - 1;

/** A block as it came. */
export interface ArrivedBlock {
  readonly block: Block;
  readonly hash: Uint8Array;
  /** The link that brought it, or `self`, `store`. */
  readonly heardFrom: string;
  /** Wall clock in milliseconds; kept in whole ones. */
  readonly heardMs: number;
}

export class BlockRows {
  readonly words = new WordPages(ROW_WORDS);
  readonly index = new HashIndex(this.words);
  readonly targets = new TargetCodes();
  readonly #log = new BlockLog(
    (row) => this.words.get(row, POSITION),
    (row, position) => this.words.set(row, POSITION, position),
  );
  readonly #senders = new SenderNames();
  readonly #free: number[] = [];
  readonly #scratch = new Int32Array(HASH_WORDS);
  #genesisWork = 0n;
  #count = 0;
  #nextOrder = 0;

  /** Fills a new row and indexes it; its parent must have a row, or be {@link NO_ROW} for the genesis block. */
  add(
    { block, hash, heardFrom, heardMs }: ArrivedBlock,
    standing: Standing,
    parent: number,
    height: number,
    skip: number,
  ): number {
    const row = this.#free.pop() ?? this.#count++;
    this.words.reserve(this.#count);
    const page = this.words.pageOf(row);
    const at = this.words.offsetOf(row);
    readHashBytes(hash, this.#scratch);
    for (let i = 0; i < STORED_HASH_WORDS; i++) page[at + HASH + i] = this.#scratch[i]!;
    page[at + PARENT] = parent;
    page[at + SKIP] = skip;
    page[at + HEIGHT] = height;
    page[at + ORDER] = this.#nextOrder++;
    const wholeMs = Math.min(HEARD_LIMIT_MS, Math.max(0, Math.round(heardMs)));
    const heardHigh = Math.floor(wholeMs / TWO_32);
    page[at + HEARD_LOW] = (wholeMs - heardHigh * TWO_32) | 0;
    page[at + HEARD_HIGH_AND_SENDER] = (heardHigh << 16) | this.#senders.numberOf(heardFrom);
    const { timeMs } = standing;
    page[at + TIME_LOW] = timeMs === null ? 0 : timeMs | 0;
    page[at + TIME_HIGH] = timeMs === null ? NO_TIME : Math.floor(timeMs / TWO_32);
    if (parent === NO_ROW) this.#beginWork(page, at, standing);
    else this.#addWork(page, at, parent, this.targets.encode(standing));
    page[at + POSITION] = this.#log.add(row, block.data, block.proofOfWork);
    this.index.add(row, this.#scratch[STORED_HASH_WORDS]!);
    return row;
  }

  /** Frees a row that is in the index no more. */
  release(row: number): void {
    const position = this.words.get(row, POSITION);
    this.words.set(row, POSITION, NO_POSITION);
    this.words.set(row, ORDER, NO_ROW);
    this.#log.remove(position);
    this.#free.push(row);
  }

  get(row: number, word: number): number {
    return this.words.get(row, word);
  }

  /** Negative, zero or positive, as the chain up to one row has less, equal or more work than that up to another. */
  compareWork(a: number, b: number): number {
    for (let word = WORK; word < WORK + 3; word++) {
      const difference = (this.get(a, word) >>> 0) - (this.get(b, word) >>> 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The work of a chain whose row holds these three words. */
  sumOf(high: number, middle: number, low: number): bigint {
    return this.#genesisWork + joinWork({ high: high >>> 0, middle: middle >>> 0, low: low >>> 0 });
  }

  hasHash(row: number, hash: Int32Array): boolean {
    return this.index.isAt(row, hash);
  }

  hashBytesOf(row: number): Uint8Array {
    const words = Array.from({ length: STORED_HASH_WORDS }, (_, i) => this.get(row, HASH + i));
    return writeHashBytes([...words, this.index.lastWordOf(row)]);
  }

  timeMsAt(page: Int32Array, at: number): number | null {
    const high = page[at + TIME_HIGH]!;
    return high === NO_TIME ? null : high * TWO_32 + (page[at + TIME_LOW]! >>> 0);
  }

  heardMsAt(page: Int32Array, at: number): number {
    const high = page[at + HEARD_HIGH_AND_SENDER]! >>> 16;
    return high * TWO_32 + (page[at + HEARD_LOW]! >>> 0);
  }

  heardFromAt(page: Int32Array, at: number): string {
    return this.#senders.nameOf(page[at + HEARD_HIGH_AND_SENDER]! & 0xffff);
  }

  readData(row: number): { data: Uint8Array; proofOfWork: Uint8Array } {
    return this.#log.read(this.get(row, POSITION));
  }

  /** Work is counted from the genesis block, whose own may be any number: nobody need have done it. */
  #beginWork(page: Int32Array, at: number, { target, baseTarget }: Standing): void {
    this.#genesisWork = workOfTarget(target);
    page.fill(0, at + WORK, at + WORK + 3);
    page[at + TARGET] = this.targets.encodeTarget(target);
    page[at + BASE_TARGET] = this.targets.encodeTarget(baseTarget);
  }

  #addWork(page: Int32Array, at: number, parent: number, own: StandingCodes): void {
    const low = (this.get(parent, WORK + 2) >>> 0) + own.work.low;
    const middle = (this.get(parent, WORK + 1) >>> 0) + own.work.middle + (low >= TWO_32 ? 1 : 0);
    const high = (this.get(parent, WORK) >>> 0) + own.work.high + (middle >= TWO_32 ? 1 : 0);
    if (high >= TWO_32) throw new RangeError('a chain of more work than can be done');
    page[at + WORK] = high | 0;
    page[at + WORK + 1] = middle | 0;
    page[at + WORK + 2] = low | 0;
    page[at + TARGET] = own.target;
    page[at + BASE_TARGET] = own.baseTarget;
  }
}
