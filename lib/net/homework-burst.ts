/**
 * The datagrams for one UDP miner that go out together, within its budget (R9, R10).
 */
import type { Block } from '../chain/block.ts';
import type { BlockTree, TreeEntry } from '../chain/tree.ts';
import type { TokenBucket } from './token-bucket.ts';

/** What is sent in one go. Where the miner needs the genesis block, that comes first, several times. */
export class HomeworkBurst {
  readonly tree: BlockTree;
  readonly blocks: Block[] = [];
  readonly #budget: TokenBucket;
  readonly #genesisCopies: number;
  readonly #nowMs: number;

  constructor(tree: BlockTree, budget: TokenBucket, genesisCopies: number, nowMs: number) {
    this.tree = tree;
    this.#budget = budget;
    this.#genesisCopies = genesisCopies;
    this.#nowMs = nowMs;
  }

  /** How many more blocks fit into the budget, beside the genesis blocks that must come before them. */
  get room(): number {
    const before = this.blocks.length === 0 ? this.#genesisCopies : 0;
    return this.#budget.available(this.#nowMs) - before;
  }

  get hasRoom(): boolean {
    return this.room > 0;
  }

  add(entry: TreeEntry): void {
    if (this.blocks.length === 0)
      for (let copy = 0; copy < this.#genesisCopies; copy++) this.#push(this.tree.genesis.block);
    if (entry.height > 0 || this.#genesisCopies === 0) this.#push(entry.block);
  }

  #push(block: Block): void {
    this.#budget.take(this.#nowMs);
    this.blocks.push(block);
  }
}
