/**
 * What one UDP miner is sent again because any datagram may have been lost, and nobody can ask for it (R10): what is new
 * and it has not shown yet with the next blocks, soon and often; its whole lack now and then.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { BlockTree, TreeEntry } from '../chain/tree.ts';
import { FreshBlocks } from './fresh-blocks.ts';
import type { HomeworkBurst } from './homework-burst.ts';
import type { KnownSet } from './known-set.ts';
import { TokenBucket } from './token-bucket.ts';

/**
 * Blocks a second and in one go, of the rate for all that the miner is sent. It holds all that is repeated: twice the
 * fresh blocks at each repeat, and what goes with new blocks. Were it less, the oldest would use it up, which the miner
 * has most likely, and the one that it lacks would wait for seconds. A miner that reads all this has time to mine.
 */
export const REPEAT_RATE = { perSecond: 160, burst: 80 } as const;
/**
 * So many fresh blocks go out again with each new one, below it: a naive miner drops a block whose parent was lost, so
 * on a chain that grows fast one loss would cost it all blocks until the next repeat.
 */
export const PREDECESSORS_LIMIT = 3;
/**
 * Of more blocks that go out again each goes twice: they are a row, of which a naive miner takes only what comes before
 * the first lost one, and where they are so many others follow soon.
 */
export const REPEATED_ONCE_LIMIT = 6;
/** Once in this time the tip goes out again, and below it what was never shown, since any datagram may have been lost. */
export const TIP_REPEAT_MS = 10_000;
/** Blocks below the tip that go with it; of more, the next ones the next time. */
export const TIP_REPEAT_BLOCKS = 32;

export class HomeworkRepeats {
  /** When the miner was sent anything last. */
  lastSentMs: number;
  readonly #budget: TokenBucket;
  readonly #fresh = new FreshBlocks();
  /** Where the next repeat of what was never shown begins. */
  #sweep = 0;
  #lastSweepMs: number;

  constructor(nowMs: number) {
    this.#budget = new TokenBucket(REPEAT_RATE.perSecond, REPEAT_RATE.burst, nowMs);
    this.#lastSweepMs = nowMs;
    this.lastSentMs = nowMs;
  }

  /** A block near the tip has gone out for the first time. */
  sent(hash: HashHex, nowMs: number): void {
    this.#fresh.sent(hash, nowMs);
  }

  /** Adds the fresh blocks that a new one of this height may need before it. */
  lead(burst: HomeworkBurst, height: number, known: KnownSet, nowMs: number): void {
    if (burst.room <= PREDECESSORS_LIMIT) return;
    for (const hash of this.#fresh.latest(PREDECESSORS_LIMIT, nowMs)) {
      const entry = unshown(hash, burst.tree, known);
      if (entry !== null && entry.height < height) this.#again(entry, burst, nowMs);
    }
  }

  /**
   * Adds what is new and was not shown yet; and now and then the tip, with what was never shown below it.
   * @param shared the height up to which the miner has shown our best chain
   */
  add(burst: HomeworkBurst, shared: number, known: KnownSet, nowMs: number): void {
    if (nowMs - this.#lastSweepMs >= TIP_REPEAT_MS) {
      this.#lastSweepMs = nowMs;
      this.#sweepOn(burst, shared, known, nowMs);
      return;
    }
    const due = this.#fresh
      .takeDue(nowMs)
      .flatMap((hash) => unshown(hash, burst.tree, known) ?? []);
    const copies = due.length > REPEATED_ONCE_LIMIT ? 2 : 1;
    for (const entry of due)
      for (let copy = 0; copy < copies; copy++) if (!this.#again(entry, burst, nowMs)) return;
  }

  #sweepOn(burst: HomeworkBurst, shared: number, known: KnownSet, nowMs: number): void {
    const { tree } = burst;
    if (this.#sweep <= shared || this.#sweep >= tree.tip.height) this.#sweep = shared + 1;
    for (let left = TIP_REPEAT_BLOCKS - 1; left > 0 && this.#sweep < tree.tip.height; left--) {
      const entry = tree.at(this.#sweep++)!;
      if (!known.has(entry.hash) && !this.#again(entry, burst, nowMs)) return;
    }
    // To a peer of our kind, a tip that it sent itself says that it came.
    if (!known.has(tree.tip.hash) || nowMs - this.lastSentMs >= TIP_REPEAT_MS)
      this.#again(tree.tip, burst, nowMs);
  }

  /** Adds a block that went out before; false where the budget is spent. */
  #again(entry: TreeEntry, burst: HomeworkBurst, nowMs: number): boolean {
    if (!burst.hasRoom || !this.#budget.take(nowMs)) return false;
    burst.add(entry);
    return true;
  }
}

/** A block of our best chain that the miner has not shown, else null. */
function unshown(hash: HashHex, tree: BlockTree, known: KnownSet): TreeEntry | null {
  const entry = known.has(hash) ? undefined : tree.get(hash);
  return entry !== undefined && tree.at(entry.height)?.hash === hash ? entry : null;
}
