/** Our chain, one UDP miner, and the datagrams between them, for tests of how it is healed (R10). */
import { expect } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import type { Chain } from '../../lib/chain/chain.ts';
import { HomeworkMiner } from '../../lib/net/homework.ts';
import { FREE_GENESIS_HASH, freeBlock, freeBlocks, freeChain } from './free-chain.ts';
import { NaiveMiner } from './naive-miner.ts';

export const TICK_MS = 200;

export interface Sent {
  readonly block: Block;
  readonly hash: string;
  readonly atMs: number;
}

/** Our chain, one configured miner, and the datagrams between them, of which any may be lost. */
export class Bridge {
  readonly chain: Chain;
  readonly naive = new NaiveMiner('naive');
  readonly miner = new HomeworkMiner(0);
  /** What was sent to the miner, burst by burst, lost datagrams included. */
  readonly bursts: Sent[][] = [];
  readonly shown = new Set<string>();
  isLost: () => boolean = () => false;
  /** Whether the miner's program runs. */
  up = true;
  nowMs = 0;
  #found = 0;

  constructor(...blocks: Block[]) {
    this.chain = freeChain(...blocks);
  }

  get sent(): Sent[] {
    return this.bursts.flat();
  }

  get inStep(): boolean {
    return this.naive.tip?.hash === this.chain.tip.hash;
  }

  wait(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.feed())
      this.nowMs = Math.min(endMs, this.nowMs + TICK_MS);
  }

  /** Our side finds a block, on the tip or on another parent. */
  weFind(previous = this.chain.tip.hash): Block {
    const block = freeBlock(previous, `ours ${++this.#found}`);
    this.#accept(block, 'self');
    this.feed();
    return block;
  }

  /** The miner finds a block, and sends it once. */
  itFinds(): Block | null {
    const block = this.up ? this.naive.mine() : null;
    if (block !== null && !this.isLost()) this.hear(block);
    return block;
  }

  /** A block from the miner arrives. */
  hear(block: Block): void {
    const hash = hashBlockHex(block);
    this.shown.add(hash);
    this.miner.noteKnown(hash);
    const kind = this.#accept(block, 'udp:naive');
    const entry = this.chain.find(hash, 'udp:naive');
    const isNew = kind !== 'duplicate';
    if (entry !== undefined) this.miner.shows(entry, this.chain.tree, isNew, this.nowMs);
    else if (kind === 'orphan') this.miner.showsUnknown(this.chain.tree, this.nowMs);
    this.feed();
  }

  feed(): void {
    const blocks = this.miner.takeDue(this.chain.tree, this.nowMs);
    if (blocks.length === 0) return;
    const atMs = this.nowMs;
    this.bursts.push(blocks.map((block) => ({ block, hash: hashBlockHex(block), atMs })));
    for (const block of blocks) if (this.up && !this.isLost()) this.naive.hear(block);
  }

  #accept(block: Block, from: string): string {
    const outcome = this.chain.accept(block, { from, wallMs: 0, networkMs: 0 });
    if (outcome.kind === 'tip-changed' && outcome.reverted.length > 0)
      this.miner.tipMoved(outcome.connected[0]!.height - 1);
    return outcome.kind;
  }
}

export function inStep(height: number): Bridge {
  const bridge = new Bridge(...freeBlocks(FREE_GENESIS_HASH, height, 'old'));
  bridge.wait(10_000);
  bridge.itFinds();
  expect(bridge.inStep).toBe(true);
  bridge.bursts.length = 0;
  return bridge;
}
