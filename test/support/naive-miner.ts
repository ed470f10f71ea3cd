/**
 * A miner as naive as the homework allows (R10): the first block that it hears is its root, blocks with an unknown
 * parent are dropped, it follows the longest chain, keeps the first seen of equals, and sends each own block once.
 */
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { bytesToHex, type HashHex } from '../../lib/chain/bytes.ts';
import { freeBlock } from './free-chain.ts';

export class NaiveMiner {
  root: HashHex | null = null;
  tip: { readonly hash: HashHex; readonly height: number } | null = null;
  readonly #name: string;
  readonly #heights = new Map<HashHex, number>();
  #mined = 0;

  constructor(name: string) {
    this.#name = name;
  }

  has(hash: HashHex): boolean {
    return this.#heights.has(hash);
  }

  hear(block: Block): void {
    const hash = hashBlockHex(block);
    const parentHeight =
      this.root === null ? -1 : this.#heights.get(bytesToHex(block.previousHash));
    if (parentHeight === undefined || this.#heights.has(hash)) return;
    this.root ??= hash;
    const height = parentHeight + 1;
    this.#heights.set(hash, height);
    if (this.tip === null || height > this.tip.height) this.tip = { hash, height };
  }

  /** A block on its tip; null while it has heard none. */
  mine(): Block | null {
    if (this.tip === null) return null;
    const block = freeBlock(this.tip.hash, `${this.#name} ${++this.#mined}`);
    this.hear(block);
    return block;
  }

  /** It loses everything; with a genesis block it begins from that. */
  restart(genesis: Block | null): void {
    this.root = null;
    this.tip = null;
    this.#heights.clear();
    if (genesis !== null) this.hear(genesis);
  }
}
