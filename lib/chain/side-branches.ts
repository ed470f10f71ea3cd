/**
 * The blocks off the best chain, by their rows, and which of them leave when they are too many (R9).
 */
import { HEIGHT, ORDER, PARENT, type BlockRows } from './block-rows.ts';

/** What stays of the limit when branches are dropped, so that they need not be sorted for each block of a flood. */
const KEPT_SHARE = 0.9;

export class SideBranches {
  readonly #rows: BlockRows;
  readonly #byHeight = new Map<number, Set<number>>();
  #size = 0;

  constructor(rows: BlockRows) {
    this.#rows = rows;
  }

  /** Number of blocks. */
  get size(): number {
    return this.#size;
  }

  add(row: number): void {
    const height = this.#rows.get(row, HEIGHT);
    const level = this.#byHeight.get(height);
    if (level === undefined) this.#byHeight.set(height, new Set([row]));
    else level.add(row);
    this.#size++;
  }

  /** Takes out a row that is here. */
  remove(row: number): void {
    const height = this.#rows.get(row, HEIGHT);
    const level = this.#byHeight.get(height)!;
    level.delete(row);
    if (level.size === 0) this.#byHeight.delete(height);
    this.#size--;
  }

  /** The rows of one height, in no order. */
  at(height: number): Iterable<number> {
    return this.#byHeight.get(height) ?? [];
  }

  /** Whether a block off the best chain has this height. */
  reaches(height: number): boolean {
    return this.#byHeight.has(height);
  }

  /**
   * Takes out whole ends of branches, least work first, until a tenth of the limit is free. Returns their rows, each
   * before that of its parent.
   * @param spare a row that stays
   */
  prune(limit: number, spare: number): number[] {
    const room = Math.floor(limit * KEPT_SHARE);
    const rows = [...this.#byHeight.values()].flatMap((level) => [...level]);
    const children = new Map<number, number>();
    for (const row of rows) {
      const parent = this.#rows.get(row, PARENT);
      children.set(parent, (children.get(parent) ?? 0) + 1);
    }
    const leaves = rows
      .filter((row) => !children.has(row))
      .sort((a, b) => this.#rows.compareWork(a, b) || this.#orderOf(b) - this.#orderOf(a));
    const dropped: number[] = [];
    for (const leaf of leaves) {
      let at = leaf;
      while (this.#size > room && this.#has(at) && !children.has(at) && at !== spare) {
        const parent = this.#rows.get(at, PARENT);
        const siblings = children.get(parent)! - 1;
        if (siblings === 0) children.delete(parent);
        else children.set(parent, siblings);
        this.remove(at);
        dropped.push(at);
        at = parent;
      }
    }
    return dropped;
  }

  #has(row: number): boolean {
    return this.#byHeight.get(this.#rows.get(row, HEIGHT))?.has(row) === true;
  }

  #orderOf(row: number): number {
    return this.#rows.get(row, ORDER);
  }
}
