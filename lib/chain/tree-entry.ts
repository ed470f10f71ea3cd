/**
 * A kept block as the rest of the house sees it, made on demand from its row in the index.
 */
import { NO_PREVIOUS_HASH, type Block } from './block.ts';
import {
  BASE_TARGET,
  HASH,
  HEIGHT,
  NO_ROW,
  ORDER,
  PARENT,
  TARGET,
  WORK,
  type BlockRows,
} from './block-rows.ts';
import { bytesToHex, type HashHex } from './bytes.ts';
import { writeHashBytes } from './hash-words.ts';

/**
 * A kept block and where it stands. Two entries of one block need not be the same object: compare their hashes.
 * The parent and the bytes of a block that the tree has dropped can be read until the chain takes its next block in.
 */
export interface TreeEntry {
  readonly hash: HashHex;
  readonly block: Block;
  /** Null for the genesis block only. */
  readonly parent: TreeEntry | null;
  readonly height: number;
  /** Work of the whole chain up to this block, in hashes. */
  readonly work: bigint;
  /** The target that this block had to meet. */
  readonly target: bigint;
  /** The target before any easing by the block's own lateness; the next block's is derived from it. */
  readonly baseTarget: bigint;
  /** The time that its data states, in milliseconds; null where rules do not read it. */
  readonly timeMs: number | null;
  /** 0, 1, 2 … in the order of arrival here; of two tips with equal work the smaller stays best. */
  readonly order: number;
  /** When it arrived, wall clock in milliseconds. */
  readonly heardMs: number;
  /** The link that brought it, or `self`, `store`. */
  readonly heardFrom: string;
}

/**
 * An entry that copies the numbers of its row, so that they stay true when the row is given to another block.
 *
 * Numbers stand in fields of their own, and become text and big integers when asked for: one entry is made for every
 * block that arrives, and most are asked for little. What is compared field by field shows which block it is.
 */
export class RowEntry implements TreeEntry {
  readonly height: number;
  readonly order: number;
  readonly timeMs: number | null;
  readonly heardMs: number;
  readonly heardFrom: string;
  private readonly hash0: number;
  private readonly hash1: number;
  private readonly hash2: number;
  private readonly hash3: number;
  private readonly hash4: number;
  private readonly hash5: number;
  private readonly hash6: number;
  private readonly hash7: number;
  readonly #rows: BlockRows;
  readonly #row: number;
  readonly #parentRow: number;
  readonly #work0: number;
  readonly #work1: number;
  readonly #work2: number;
  readonly #targetCode: number;
  readonly #baseTargetCode: number;
  #block: Block | null;
  #hash: HashHex | null = null;

  /** @param block the row's block where it is at hand; else it is read when asked for */
  constructor(rows: BlockRows, row: number, block: Block | null = null) {
    const page = rows.words.pageOf(row);
    const at = rows.words.offsetOf(row);
    this.height = page[at + HEIGHT]!;
    this.order = page[at + ORDER]!;
    this.timeMs = rows.timeMsAt(page, at);
    this.heardMs = rows.heardMsAt(page, at);
    this.heardFrom = rows.heardFromAt(page, at);
    this.hash0 = page[at + HASH]!;
    this.hash1 = page[at + HASH + 1]!;
    this.hash2 = page[at + HASH + 2]!;
    this.hash3 = page[at + HASH + 3]!;
    this.hash4 = page[at + HASH + 4]!;
    this.hash5 = page[at + HASH + 5]!;
    this.hash6 = page[at + HASH + 6]!;
    this.hash7 = rows.index.lastWordOf(row);
    this.#rows = rows;
    this.#row = row;
    this.#parentRow = page[at + PARENT]!;
    this.#work0 = page[at + WORK]!;
    this.#work1 = page[at + WORK + 1]!;
    this.#work2 = page[at + WORK + 2]!;
    this.#targetCode = page[at + TARGET]!;
    this.#baseTargetCode = page[at + BASE_TARGET]!;
    this.#block = block;
  }

  /** The row of an entry that was made from these rows and whose block still has it, else {@link NO_ROW}. */
  static rowOf(entry: TreeEntry, rows: BlockRows): number {
    return entry instanceof RowEntry && entry.#rows === rows && entry.#isCurrent()
      ? entry.#row
      : NO_ROW;
  }

  get hash(): HashHex {
    return (this.#hash ??= bytesToHex(this.#hashBytes()));
  }

  get block(): Block {
    if (this.#block === null) {
      this.#checkCurrent();
      const previousHash =
        this.#parentRow === NO_ROW ? NO_PREVIOUS_HASH : this.#rows.hashBytesOf(this.#parentRow);
      this.#block = { ...this.#rows.readData(this.#row), previousHash };
    }
    return this.#block;
  }

  get parent(): TreeEntry | null {
    if (this.#parentRow === NO_ROW) return null;
    this.#checkCurrent();
    return new RowEntry(this.#rows, this.#parentRow);
  }

  get work(): bigint {
    return this.#rows.sumOf(this.#work0, this.#work1, this.#work2);
  }

  get target(): bigint {
    return this.#rows.targets.decode(this.#targetCode);
  }

  get baseTarget(): bigint {
    return this.#rows.targets.decode(this.#baseTargetCode);
  }

  #isCurrent(): boolean {
    return this.#rows.get(this.#row, ORDER) === this.order;
  }

  #checkCurrent(): void {
    if (!this.#isCurrent())
      throw new Error('the tree has dropped this block: read its parent and its bytes earlier');
  }

  #hashBytes(): Uint8Array {
    const { hash0, hash1, hash2, hash3, hash4, hash5, hash6, hash7 } = this;
    return writeHashBytes([hash0, hash1, hash2, hash3, hash4, hash5, hash6, hash7]);
  }
}
