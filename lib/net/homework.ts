/**
 * One configured UDP miner, reached by the specification's one message only (R6, R10): real miners know no request,
 * drop blocks whose parent they lack, and take the first block that they hear as their root.
 *
 * So we keep a cursor: the height up to which the miner was sent our best chain. New blocks move it on; a miner that
 * shows itself behind moves it back; and what lies above it is sent in order, at a bounded rate. Datagrams get lost, so
 * what it has not shown yet is sent again, with the next blocks, soon and often while it is new, then seldom. A miner
 * that has shown nothing may start at any moment: whatever it is sent begins with the genesis block, never with a tip.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { Block } from '../chain/block.ts';
import type { BlockTree, TreeEntry } from '../chain/tree.ts';
import { FRESH_LIMIT } from './fresh-blocks.ts';
import { HomeworkBurst } from './homework-burst.ts';
import { HomeworkRepeats } from './homework-repeats.ts';
import { KnownSet } from './known-set.ts';
import { TokenBucket } from './token-bucket.ts';

/**
 * Blocks a second and in one go. A miner in Python reads thousands while it mines; and a room of fast machines at the
 * homework's target finds a hundred a second, which must all reach it, or it is behind for ever.
 */
export const HEAL_RATE = { perSecond: 256, burst: 64 } as const;
/** A miner that shows itself behind is healed at most this often: its next block may have crossed ours. */
export const REWIND_INTERVAL_MS = 1_000;
/**
 * Where healing was in vain, each block goes out one time more, up to so often: a naive miner takes a row of blocks only
 * up to the first one that is lost, four in the mean where a fifth is lost, 24 and 124 where each comes twice or thrice.
 */
export const HEAL_COPIES_LIMIT = 3;
/**
 * A miner that lacks more than what is repeated anyway is healed again after this long, so often, unless it shows that
 * it got there: it is heard once in many blocks of ours, and what it sends gets lost too.
 */
export const FOLLOW_UP = { afterMs: 2_000, times: 3 } as const;
/** One that stays on blocks which never came here is healed after ever longer pauses: it may build on a dead root. */
export const STRAY_PAUSE_LIMIT_MS = 60_000;
/** Healed so often in vain, it is called lost: it had two minutes to be outrun by us, had it only lost a block of ours. */
export const STRAYS_LIMIT = 8;
/**
 * How far below what it has shown healing begins, the first times in vain: it may have built on a block that never came
 * here, and then lacks little. After that everything is sent again, as it may have restarted.
 */
const STRAY_DEPTHS = [0, 16, 128] as const;
/** A miner that has shown nothing is sent the chain again after this long; each further time after twice as long. */
export const INTRODUCTION_MS = { first: 3_000, most: 60_000 } as const;
/** One that has shown nothing for so long hears new blocks once: most likely it does not run. */
export const UNHEARD_REPEATS_MS = 300_000;
/** The genesis block goes out so often in a row: were it the one datagram lost, the next block would become the root. */
export const GENESIS_COPIES = 3;

/** Ancestors of a shown block that are noted as known: what was mined above a gap this old will not be sent again. */
const KNOWN_DEPTH = 512;

type MinerState =
  /** It has shown no block: it may not be up yet. */
  | { readonly kind: 'unheard'; nextIntroductionMs: number; pauseMs: number }
  /** It has shown a block of our tree. */
  | { readonly kind: 'following' };

/** The state that we keep of one miner. The owner sends what `takeDue` returns. */
export class HomeworkMiner {
  #known = new KnownSet();
  readonly #budget: TokenBucket;
  readonly #repeats: HomeworkRepeats;
  #state: MinerState;
  /** Blocks of the best chain up to this height were sent; -1 before genesis. */
  #cursor = -1;
  /** Blocks of the best chain up to this height it has shown. */
  #shared = 0;
  readonly #sinceMs: number;
  #lastRewindMs = Number.NEGATIVE_INFINITY;
  /** The tip's height when it was healed last, and how often in a row it showed itself short of that afterwards. */
  #healedHeight = 0;
  #vainHeals = 0;
  /** From where it was healed then, and how often that is still done again by itself. */
  #healedFrom = 0;
  #followUps = 0;
  /** It has shown itself behind when it was healed just before: then it is healed from here when the time comes. */
  #pendingRewind: number | null = null;
  #shownHeight: number | null = null;
  /** Blocks without known parent it was healed for, since it has shown another. */
  #strays = 0;
  /** It has shown another genesis block, and no block of ours since. */
  #isForeign = false;

  constructor(nowMs: number) {
    this.#budget = new TokenBucket(HEAL_RATE.perSecond, HEAL_RATE.burst, nowMs);
    this.#repeats = new HomeworkRepeats(nowMs);
    this.#state = { kind: 'unheard', nextIntroductionMs: nowMs, pauseMs: INTRODUCTION_MS.first };
    this.#sinceMs = nowMs;
  }

  /** The greatest height at which it has shown a block of our tree; null while it has shown none. */
  get shownHeight(): number | null {
    return this.#shownHeight;
  }

  /** Whether all that it sends hangs on blocks that never came here, however often it was healed. */
  get isLost(): boolean {
    return this.#strays >= STRAYS_LIMIT;
  }

  /** It has sent this block, whatever becomes of it: there is no need to send it back. */
  noteKnown(hash: HashHex): void {
    this.#known.add(hash);
  }

  /** The best tip has moved from or over this fork: what follows must be sent. */
  tipMoved(forkHeight: number): void {
    this.#cursor = Math.min(this.#cursor, forkHeight);
    this.#shared = Math.min(this.#shared, forkHeight);
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
    this.#strays = 0;
    this.#isForeign = false;
    // A block cannot be mined without its ancestors, so it has these too.
    this.#known.add(entry.hash);
    let at = entry.parent;
    for (let depth = 0; at !== null && depth < KNOWN_DEPTH && !this.#known.has(at.hash); depth++) {
      this.#known.add(at.hash);
      at = at.parent;
    }
    this.#shownHeight = Math.max(this.#shownHeight ?? 0, entry.height);
    const shared = tree.forkPoint(entry).height;
    this.#shared = Math.max(this.#shared, shared);
    if (tree.tip.hash === entry.hash) {
      this.#cursor = entry.height;
      this.#pendingRewind = null;
    } else if (tree.tip.height >= entry.height) this.#rewind(shared, tree, nowMs);
  }

  /**
   * Somebody at its address has sent a block of our tree, and it may have been this miner. It is healed as if it were,
   * but nothing is taken as known to it.
   */
  mayShow(entry: TreeEntry, tree: BlockTree, nowMs: number): void {
    const { tip } = tree;
    if (tip.hash !== entry.hash && tip.height >= entry.height)
      this.#rewind(Math.max(this.#shared, tree.forkPoint(entry).height), tree, nowMs);
  }

  /** It has sent another genesis block: until it shows a block of ours, it hears only what a newcomer hears. */
  showsForeignRoot(): void {
    this.#isForeign = true;
  }

  /**
   * It has sent a block whose parent we lack, so it may lack ours: what it never showed is sent again, and ever more
   * where that was in vain.
   */
  showsUnknown(tree: BlockTree, nowMs: number): void {
    if (this.#isForeign) return;
    const pauseMs = Math.min(STRAY_PAUSE_LIMIT_MS, REWIND_INTERVAL_MS * 2 ** (this.#strays - 1));
    if (nowMs - this.#lastRewindMs < Math.max(REWIND_INTERVAL_MS, pauseMs)) return;
    const depth = STRAY_DEPTHS[this.#strays++] ?? null;
    if (depth === null) this.#forget();
    this.#rewind(Math.max(0, this.#shared - (depth ?? 0)), tree, nowMs);
  }

  /** The blocks to send now, in order. */
  takeDue(tree: BlockTree, nowMs: number): Block[] {
    const state = this.#state;
    if (state.kind === 'unheard' && nowMs >= state.nextIntroductionMs) {
      this.#cursor = -1;
      state.nextIntroductionMs = nowMs + state.pauseMs;
      state.pauseMs = Math.min(state.pauseMs * 2, INTRODUCTION_MS.most);
    }
    if (this.#pendingRewind !== null) this.#rewind(this.#pendingRewind, tree, nowMs);
    this.#followUp(tree, nowMs);
    const burst = new HomeworkBurst(tree, this.#budget, this.#copiesOfGenesis(tree), nowMs);
    const mayRepeat = this.#mayHearRepeats(nowMs);
    let isLed = false;
    while (this.#cursor < tree.tip.height && burst.hasRoom) {
      const entry = tree.at(++this.#cursor)!;
      if (this.#known.has(entry.hash)) continue;
      if (!isLed && mayRepeat) this.#repeats.lead(burst, this.#cursor, this.#known, nowMs);
      isLed = true;
      const copies = this.#cursor > this.#healedHeight ? 1 : 1 + this.#vainHeals;
      for (let copy = 0; copy < copies && burst.hasRoom; copy++) burst.add(entry);
      if (this.#cursor > tree.tip.height - FRESH_LIMIT) this.#repeats.sent(entry.hash, nowMs);
    }
    // A chain that is still being brought to it comes first: what follows would be dropped.
    const isIdle = this.#cursor === tree.tip.height && burst.blocks.length === 0;
    if (isIdle && mayRepeat) this.#repeats.add(burst, this.#shared, this.#known, nowMs);
    if (burst.blocks.length > 0) this.#repeats.lastSentMs = nowMs;
    return burst.blocks;
  }

  /** Whether it may be there and on our chain: others hear new blocks once, and the introductions. */
  #mayHearRepeats(nowMs: number): boolean {
    if (this.#isForeign || this.isLost) return false;
    return this.#state.kind === 'following' || nowMs - this.#sinceMs < UNHEARD_REPEATS_MS;
  }

  /** How often the genesis block precedes what is sent next: whoever has shown a block needs none. */
  #copiesOfGenesis({ genesis }: BlockTree): number {
    return this.#state.kind === 'unheard' && !this.#known.has(genesis.hash) ? GENESIS_COPIES : 0;
  }

  /** Heals a miner again that is far behind, and has not shown since that it is there. */
  #followUp(tree: BlockTree, nowMs: number): void {
    if (this.#followUps === 0 || nowMs - this.#lastRewindMs < FOLLOW_UP.afterMs) return;
    const from = Math.max(this.#healedFrom, this.#shared);
    const left = this.#followUps - 1;
    if (this.#healedHeight - from > FRESH_LIMIT) this.#rewind(from, tree, nowMs);
    this.#followUps = left;
  }

  /** What it showed before is taken as lost. */
  #forget(): void {
    this.#known = new KnownSet();
    this.#shownHeight = null;
    this.#shared = 0;
  }

  /** Sends again from above this height. What it was sent but never showed counts as lost. */
  #rewind(height: number, tree: BlockTree, nowMs: number): void {
    if (nowMs - this.#lastRewindMs < REWIND_INTERVAL_MS) {
      this.#pendingRewind = Math.min(this.#pendingRewind ?? height, height);
      return;
    }
    this.#pendingRewind = null;
    if (this.#cursor <= height) return;
    this.#lastRewindMs = nowMs;
    const isVain = height < this.#healedHeight;
    this.#vainHeals = isVain ? Math.min(this.#vainHeals + 1, HEAL_COPIES_LIMIT - 1) : 0;
    this.#healedHeight = tree.tip.height;
    this.#healedFrom = height;
    this.#followUps = this.#strays < STRAY_DEPTHS.length ? FOLLOW_UP.times : 0;
    this.#cursor = height;
  }
}
