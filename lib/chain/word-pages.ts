/**
 * Rows of 32-bit words that grow without end and without pauses: the storage under the index of the tree of blocks.
 *
 * Full pages are never copied or moved, so growth costs the same at any size, and no more than a page stands empty. The
 * first page alone starts small and doubles, so that a simulator can hold thousands of short chains.
 */

const PAGE_BITS = 12;
/** Rows of a full page: few enough that the last, half-empty one weighs nothing against a long chain. */
const PAGE_ROWS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_ROWS - 1;
const FIRST_ROWS = 16;

export class WordPages {
  readonly #stride: number;
  readonly #pages: Int32Array[];
  #capacity = FIRST_ROWS;

  /** @param stride words in a row */
  constructor(stride: number) {
    this.#stride = stride;
    this.#pages = [new Int32Array(FIRST_ROWS * stride)];
  }

  /** Makes room for rows below this number. New rows hold zeros; old ones are kept. */
  reserve(rows: number): void {
    while (rows > this.#capacity) this.#grow();
  }

  /** The page that holds a row; its words begin at {@link offsetOf} the row. Stays valid until rows are reserved. */
  pageOf(row: number): Int32Array {
    return this.#pages[row >>> PAGE_BITS]!;
  }

  offsetOf(row: number): number {
    return (row & PAGE_MASK) * this.#stride;
  }

  get(row: number, word: number): number {
    return this.#pages[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.#stride + word]!;
  }

  set(row: number, word: number, value: number): void {
    this.#pages[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.#stride + word] = value;
  }

  #grow(): void {
    if (this.#capacity >= PAGE_ROWS) {
      this.#pages.push(new Int32Array(PAGE_ROWS * this.#stride));
      this.#capacity += PAGE_ROWS;
      return;
    }
    const page = new Int32Array(2 * this.#pages[0]!.length);
    page.set(this.#pages[0]!);
    this.#pages[0] = page;
    this.#capacity *= 2;
  }
}
