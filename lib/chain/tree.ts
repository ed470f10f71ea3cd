/**
 * The tree of all kept blocks: every block has a path to the genesis block, and one leaf is the best tip (R3, R5).
 */
import { BlockRows, HEIGHT, NO_ROW, ORDER, PARENT, SKIP, type ArrivedBlock } from './block-rows.ts';
import type { HashHex } from './bytes.ts';
import { HASH_WORDS, readHashBytes, readHashHex } from './hash-words.ts';
import type { Standing } from './rules.ts';
import { SideBranches } from './side-branches.ts';
import { RowEntry, type TreeEntry } from './tree-entry.ts';
import { WordPages } from './word-pages.ts';

export type { TreeEntry } from './tree-entry.ts';

/**
 * Blocks kept off the best chain. A classroom has a few hundred; the limit keeps a flood of cheap side blocks from
 * filling the memory. Beyond it the branches with the least work leave first, a documented departure from R3.
 */
export const SIDE_BLOCK_LIMIT = 10_000;

/** A block to be kept, and how its rules have judged it on its parent, which is kept before it. */
export interface JudgedBlock {
  readonly arrived: ArrivedBlock;
  readonly standing: Standing;
  readonly parent: TreeEntry;
}

/** How the best tip moved. `reverted` is listed tip first, `connected` lowest first. */
export interface TipChange {
  readonly reverted: readonly TreeEntry[];
  readonly connected: readonly TreeEntry[];
}

export interface Insertion {
  readonly entry: TreeEntry;
  /** Null where the tip did not move. */
  readonly change: TipChange | null;
}

const NOTHING: readonly TreeEntry[] = [];

/** Rooted blocks, indexed by hash and by height, and the best chain among them. */
export class BlockTree {
  readonly genesis: TreeEntry;
  readonly #rows = new BlockRows();
  /** The best chain's rows, by height. */
  readonly #best = new WordPages(1);
  readonly #side = new SideBranches(this.#rows);
  /** Blocks that left the tree, but whose rows may still be read. */
  readonly #dropped: number[] = [];
  readonly #sideLimit: number;
  readonly #hash = new Int32Array(HASH_WORDS);
  #topHeight = 0;
  #tipRow: number;
  #tip: TreeEntry;

  constructor(genesis: ArrivedBlock, standing: Standing, sideLimit = SIDE_BLOCK_LIMIT) {
    this.#sideLimit = sideLimit;
    this.#tipRow = this.#rows.add(genesis, standing, NO_ROW, 0, NO_ROW);
    this.genesis = new RowEntry(this.#rows, this.#tipRow, genesis.block);
    this.#tip = this.genesis;
    this.#setBest(0, this.#tipRow);
  }

  /** The leaf with most work; of equals the one that arrived first (R5), or a later one that was to win ties (R8). */
  get tip(): TreeEntry {
    return this.#tip;
  }

  /** Number of kept blocks, genesis included. */
  get size(): number {
    return this.#rows.index.size;
  }

  /** The greatest height of any kept block, side branches included. */
  get topHeight(): number {
    return this.#topHeight;
  }

  get(hash: HashHex): TreeEntry | undefined {
    return readHashHex(hash, this.#hash)
      ? this.#entryAt(this.#rows.index.find(this.#hash))
      : undefined;
  }

  /** The same by the hash's 32 bytes. */
  find(hash: Uint8Array): TreeEntry | undefined {
    readHashBytes(hash, this.#hash);
    // Most blocks extend the best chain, and ask for their parent.
    if (this.#rows.hasHash(this.#tipRow, this.#hash)) return this.#tip;
    return this.#entryAt(this.#rows.index.find(this.#hash));
  }

  has(hash: Uint8Array): boolean {
    readHashBytes(hash, this.#hash);
    return this.#rows.index.find(this.#hash) !== NO_ROW;
  }

  /** The same by the hash's text. */
  hasHex(hash: HashHex): boolean {
    return readHashHex(hash, this.#hash) && this.#rows.index.find(this.#hash) !== NO_ROW;
  }

  /** The best chain's block at this height. */
  at(height: number): TreeEntry | undefined {
    return this.#isBestHeight(height) ? this.#entryAt(this.#best.get(height, 0)) : undefined;
  }

  isOnBestChain(entry: TreeEntry): boolean {
    const row = this.#rowOf(entry);
    return row !== NO_ROW && this.#isBestRow(row);
  }

  /** All kept blocks of one height, in order of arrival. */
  level(height: number): readonly TreeEntry[] {
    const rows = [...this.#side.at(height)];
    if (this.#isBestHeight(height)) rows.push(this.#best.get(height, 0));
    return rows
      .sort((a, b) => this.#orderOf(a) - this.#orderOf(b))
      .map((row) => this.#entryAt(row)!);
  }

  /** The block at this height that a kept block descends from, or the block itself; the height is not above its own. */
  ancestor(entry: TreeEntry, height: number): TreeEntry {
    if (height < 0 || height > entry.height)
      throw new RangeError(`no ancestor at height ${height} of one at ${entry.height}`);
    return this.#entryAt(this.#ancestorRow(this.#keptRowOf(entry), height))!;
  }

  /** The highest block of the best chain that is an ancestor of this one, or the block itself. */
  forkPoint(entry: TreeEntry): TreeEntry {
    let kept = entry;
    while (this.#rowOf(kept) === NO_ROW) kept = kept.parent!;
    let row = this.#rowOf(kept);
    while (!this.#isBestRow(row)) {
      const far = this.#rows.get(row, SKIP);
      row = this.#isBestRow(far) ? this.#rows.get(row, PARENT) : far;
    }
    return this.#entryAt(row)!;
  }

  /**
   * Keeps a block whose parent is kept, and which is not. Returns how the tip moved, or null where it did not.
   * @param winsTies whether it becomes the tip where it has as much work as the tip, and not only with more
   */
  insert(
    arrived: ArrivedBlock,
    standing: Standing,
    parent: TreeEntry,
    winsTies = false,
  ): Insertion {
    const insertion = this.#insert(arrived, standing, parent, winsTies);
    if (this.#side.size > this.#sideLimit) this.#prune(insertion.entry);
    return insertion;
  }

  /** Keeps the blocks of one branch, each the parent of the next, as if they came at once. There is at least one. */
  insertBranch(blocks: readonly JudgedBlock[]): Insertion[] {
    const insertions = blocks.map(({ arrived, standing, parent }) =>
      this.#insert(arrived, standing, parent, false),
    );
    if (this.#side.size > this.#sideLimit) this.#prune(insertions.at(-1)!.entry);
    return insertions;
  }

  /** Frees the rows of blocks that were dropped: from now on their entries tell neither parent nor bytes. */
  sweep(): void {
    while (this.#dropped.length > 0) this.#rows.release(this.#dropped.pop()!);
  }

  #insert(
    arrived: ArrivedBlock,
    standing: Standing,
    parentEntry: TreeEntry,
    winsTies: boolean,
  ): Insertion {
    const parent = this.#keptRowOf(parentEntry);
    const height = this.#rows.get(parent, HEIGHT) + 1;
    const skip = this.#ancestorRow(parent, skipHeight(height));
    const row = this.#rows.add(arrived, standing, parent, height, skip);
    const entry = new RowEntry(this.#rows, row, arrived.block);
    if (height > this.#topHeight) this.#topHeight = height;
    // Every block adds work, so that one on the tip need not be compared.
    if (parent === this.#tipRow || this.#rows.compareWork(row, this.#tipRow) > (winsTies ? -1 : 0))
      return { entry, change: this.#moveTip(row, entry) };
    this.#side.add(row);
    return { entry, change: null };
  }

  #entryAt(row: number): TreeEntry | undefined {
    if (row === NO_ROW) return undefined;
    return row === this.#tipRow ? this.#tip : new RowEntry(this.#rows, row);
  }

  /** The row of a block, or {@link NO_ROW} where it is not kept. */
  #rowOf(entry: TreeEntry): number {
    const row = RowEntry.rowOf(entry, this.#rows);
    if (row !== NO_ROW || !readHashHex(entry.hash, this.#hash)) return row;
    return this.#rows.index.find(this.#hash);
  }

  #keptRowOf(entry: TreeEntry): number {
    const row = this.#rowOf(entry);
    if (row === NO_ROW) throw new Error(`block ${entry.hash} is not in this tree`);
    return row;
  }

  #orderOf(row: number): number {
    return this.#rows.get(row, ORDER);
  }

  #isBestHeight(height: number): boolean {
    return Number.isInteger(height) && height >= 0 && height <= this.#tip.height;
  }

  #isBestRow(row: number): boolean {
    const height = this.#rows.get(row, HEIGHT);
    return height <= this.#tip.height && this.#best.get(height, 0) === row;
  }

  #setBest(height: number, row: number): void {
    this.#best.reserve(height + 1);
    this.#best.set(height, 0, row);
  }

  #ancestorRow(from: number, height: number): number {
    let row = from;
    for (let at = this.#rows.get(row, HEIGHT); at > height; at = this.#rows.get(row, HEIGHT)) {
      if (this.#isBestRow(row)) return this.#best.get(height, 0);
      const far = skipHeight(at);
      const farFromParent = skipHeight(at - 1);
      // A step by the parent pays where its own far step gets clearly nearer.
      const leaps =
        far === height || (far > height && !(farFromParent < far - 2 && farFromParent >= height));
      row = this.#rows.get(row, leaps ? SKIP : PARENT);
    }
    return row;
  }

  #moveTip(row: number, entry: TreeEntry): TipChange {
    const extended = this.#rows.get(row, PARENT) === this.#tipRow;
    const connected = [entry];
    const reverted: TreeEntry[] = [];
    if (!extended) {
      let at = this.#rows.get(row, PARENT);
      for (; !this.#isBestRow(at); at = this.#rows.get(at, PARENT)) {
        connected.push(this.#entryAt(at)!);
        this.#side.remove(at);
      }
      connected.reverse();
      const forkHeight = this.#rows.get(at, HEIGHT);
      for (let height = this.#tip.height; height > forkHeight; height--) {
        const old = this.#best.get(height, 0);
        reverted.push(this.#entryAt(old)!);
        this.#side.add(old);
      }
      let height = entry.height;
      for (let at = row; height > forkHeight; at = this.#rows.get(at, PARENT))
        this.#setBest(height--, at);
    } else this.#setBest(entry.height, row);
    this.#tipRow = row;
    this.#tip = entry;
    return { reverted: extended ? NOTHING : reverted, connected };
  }

  /**
   * Drops side branches, least work first; the branch of `spare` keeps it. A branch that loses its place as the best
   * chain becomes side blocks, so a move of the tip can pass the limit too.
   */
  #prune(spare: TreeEntry): void {
    for (const row of this.#side.prune(this.#sideLimit, this.#rowOf(spare))) {
      this.#rows.index.remove(row);
      this.#dropped.push(row);
    }
    while (this.#topHeight > this.#tip.height && !this.#side.reaches(this.#topHeight))
      this.#topHeight--;
  }
}

/**
 * The height to which a block at this height keeps a link: mostly far below, sometimes near, so that any ancestor is
 * found in a number of steps that grows with the logarithm of the distance (as in Bitcoin Core).
 */
function skipHeight(height: number): number {
  if (height < 2) return 0;
  if ((height & 1) === 0) return clearLowestBit(height);
  return clearLowestBit(clearLowestBit(height - 1)) + 1;
}

function clearLowestBit(value: number): number {
  return value & (value - 1);
}
