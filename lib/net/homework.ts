/**
 * One configured UDP miner, reached by the specification's one message only (R6, R10): real miners know no request,
 * drop blocks whose parent they lack, and take the first block that they hear as their root.
 *
 * So we keep a cursor: the height up to which the miner should have our best chain. New blocks move it on; a miner that
 * shows itself behind moves it back; and what lies above it is sent in order, at a bounded rate. A miner that has
 * shown nothing yet may start at any moment: whatever it is sent begins with the genesis block, never with a tip.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { Block } from '../chain/block.ts';
import type { BlockTree, TreeEntry } from '../chain/tree.ts';
import { KnownSet } from './known-set.ts';
import { TokenBucket } from './token-bucket.ts';

/**
 * Blocks a second and in one go. A miner in Python reads thousands while it mines; and a room of fast machines at the
 * homework's target finds a hundred a second, which must all reach it, or it is behind for ever.
 */
export const HEAL_RATE = { perSecond: 256, burst: 64 } as const;
/** Our tip goes out again after this long without news, since any datagram may have been lost. */
export const TIP_REPEAT_MS = 10_000;
/** A miner that shows itself behind is healed at most this often: its next block may have crossed ours. */
export const REWIND_INTERVAL_MS = 1_000;
/** A miner that has shown nothing is sent the chain again after this long; each further time after twice as long. */
export const INTRODUCTION_MS = { first: 3_000, most: 60_000 } as const;

/** Ancestors of a shown block that are noted as known: what was mined above a gap this old will not be sent again. */
const KNOWN_DEPTH = 512;

type MinerState =
  /** It has shown no block: it may not be up yet. */
  | { readonly kind: 'unheard'; nextIntroductionMs: number; pauseMs: number }
  /** It has shown a block of our tree. */
  | { readonly kind: 'following' };

/** The state that we keep of one miner. The owner sends what `tick` and `tipChanged` return. */
export class HomeworkMiner {
  #known = new KnownSet();
  readonly #budget: TokenBucket;
  #state: MinerState;
  /** Blocks of the best chain up to this height are taken as sent; -1 before genesis. */
  #cursor = -1;
  #lastSentMs: number;
  #lastRewindMs = Number.NEGATIVE_INFINITY;
  #shownHeight: number | null = null;
  /** It has shown a block without known parent, and no other since. */
  #strayed = false;

  constructor(nowMs: number) {
    this.#budget = new TokenBucket(HEAL_RATE.perSecond, HEAL_RATE.burst, nowMs);
    this.#state = { kind: 'unheard', nextIntroductionMs: nowMs, pauseMs: INTRODUCTION_MS.first };
    this.#lastSentMs = nowMs;
  }

  /** The greatest height at which it has shown a block of our tree; null while it has shown none. */
  get shownHeight(): number | null {
    return this.#shownHeight;
  }

  /** It has sent this block, whatever becomes of it: there is no need to send it back. */
  noteKnown(hash: HashHex): void {
    this.#known.add(hash);
  }

  /** The best tip has moved from or over this fork: what follows must be sent. */
  tipMoved(forkHeight: number): void {
    this.#cursor = Math.min(this.#cursor, forkHeight);
  }

  /**
   * It has sent a block that is in our tree now; `isNew`: which nobody had before.
   * One below our tip, or on a losing branch, shows that it lacks what comes after.
   */
  shows(entry: TreeEntry, tree: BlockTree, isNew: boolean, nowMs: number): void {
    if (this.#state.kind === 'unheard') {
      this.#state = { kind: 'following' };
      this.#cursor = Math.max(this.#cursor, 0);
    }
    // Nobody mines lower than before, but who has restarted and lost everything.
    if (isNew && this.#shownHeight !== null && entry.height <= this.#shownHeight) this.#forget();
    this.#strayed = false;
    // A block cannot be mined without its ancestors, so it has these too.
    this.#known.add(entry.hash);
    let at = entry.parent;
    for (let depth = 0; at !== null && depth < KNOWN_DEPTH && !this.#known.has(at.hash); depth++) {
      this.#known.add(at.hash);
      at = at.parent;
    }
    this.#shownHeight = Math.max(this.#shownHeight ?? 0, entry.height);
    const shared = tree.forkPoint(entry).height;
    if (tree.tip.hash === entry.hash) this.#cursor = entry.height;
    else if (tree.tip.height >= entry.height) this.#rewind(shared, nowMs);
  }

  /**
   * It has sent a block whose parent we lack, so it may lack ours: what it never showed is sent again, and everything
   * where that was in vain, as it may have restarted.
   */
  showsUnknown(tree: BlockTree, nowMs: number): void {
    if (!this.#mayRewind(nowMs)) return;
    if (this.#strayed) this.#forget();
    this.#strayed = true;
    let height = Math.min(tree.tip.height, this.#shownHeight ?? 0);
    const lowest = Math.max(0, height - KNOWN_DEPTH);
    while (height > lowest && !this.#known.has(tree.at(height)!.hash)) height--;
    this.#rewind(height, nowMs);
  }

  /** The blocks to send now, in order. */
  takeDue(tree: BlockTree, nowMs: number): Block[] {
    if (this.#state.kind === 'unheard' && nowMs >= this.#state.nextIntroductionMs) {
      const pauseMs = this.#state.pauseMs;
      this.#cursor = -1;
      this.#state.nextIntroductionMs = nowMs + pauseMs;
      this.#state.pauseMs = Math.min(pauseMs * 2, INTRODUCTION_MS.most);
    }
    const blocks: Block[] = [];
    const needsGenesis = this.#state.kind === 'unheard' && !this.#known.has(tree.genesis.hash);
    while (
      this.#cursor < tree.tip.height &&
      this.#budget.available(nowMs) > (needsGenesis && blocks.length === 0 ? 1 : 0)
    ) {
      const entry = tree.at(this.#cursor + 1)!;
      this.#cursor++;
      if (this.#known.has(entry.hash)) continue;
      if (needsGenesis && blocks.length === 0 && entry.height > 0) {
        this.#budget.take(nowMs);
        blocks.push(tree.genesis.block);
      }
      this.#budget.take(nowMs);
      blocks.push(entry.block);
    }
    const idle = blocks.length === 0 && this.#cursor >= tree.tip.height;
    if (idle && this.#state.kind === 'following' && nowMs - this.#lastSentMs >= TIP_REPEAT_MS)
      if (this.#budget.take(nowMs)) blocks.push(tree.tip.block);
    if (blocks.length > 0) this.#lastSentMs = nowMs;
    return blocks;
  }

  /** What it showed before is taken as lost. */
  #forget(): void {
    this.#known = new KnownSet();
    this.#shownHeight = null;
  }

  #mayRewind(nowMs: number): boolean {
    return nowMs - this.#lastRewindMs >= REWIND_INTERVAL_MS;
  }

  /** Sends again from above this height. What it was sent but never showed counts as lost. */
  #rewind(height: number, nowMs: number): void {
    if (this.#cursor <= height || !this.#mayRewind(nowMs)) return;
    this.#lastRewindMs = nowMs;
    this.#cursor = height;
  }
}
