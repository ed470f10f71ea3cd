/**
 * The blockchain of the homework: takes blocks in any order, keeps those that lead to genesis, follows the best tip
 * (R3, R4, R5, R9). Pure and synchronous; everything downstream is a function of the outcome that `accept` returns.
 */
import { hashBlock, isBlockShape, isGenesisShape, type Block } from './block.ts';
import type { ArrivedBlock } from './block-rows.ts';
import { bytesToBigint, bytesToHex, type HashHex } from './bytes.ts';
import type { BlockCode } from './codes.ts';
import { ContenderPool, DEEP_FORK_BLOCKS, isContender, type Contender } from './contenders.ts';
import { describeInsertion, joinGrowth, type GrowthOutcome } from './growth.ts';
import { OrphanPool } from './orphans.ts';
import type { Rules, Standing } from './rules.ts';
import { meetsTarget, workOfTarget } from './target.ts';
import { BlockTree, type JudgedBlock, type TreeEntry } from './tree.ts';

/** Blocks from the near future that wait for the clock. A wrong clock in the room makes a few; more is abuse. */
export const HELD_BLOCK_LIMIT = 64;

/** The order of arrival of a block that has not been kept yet. */
const NO_ORDER = -1;

/** Where a block came from, and when. */
export interface Arrival {
  /**
   * The sender's link, or `self`, `store`: orphans and contenders are bounded for each. The blocks of one fetched
   * branch must come under one name, or those of a deep branch do not find each other.
   */
  readonly from: string;
  /** When it arrived, wall clock in milliseconds. */
  readonly wallMs: number;
  /** The clock that times in blocks are held against: ours, corrected by the room's median. */
  readonly networkMs: number;
  /**
   * Whether our own search found it. Then it was begun before any block of equal work was heard, as nothing is searched
   * below the tip: it counts as seen first, although its proof was on its way from a worker for a moment (R8).
   */
  readonly isOwn?: boolean;
}

/** Why a block was not kept, or not yet. */
export type RefusalOutcome =
  /** Valid and set aside, until its branch has more work than the best chain. It is not to be passed on or stored. */
  | { readonly kind: 'contender'; readonly entry: TreeEntry }
  | { readonly kind: 'orphan'; readonly missing: HashHex }
  | { readonly kind: 'held'; readonly untilMs: number }
  /** The entry is null for an orphan and for a block that is held. */
  | { readonly kind: 'duplicate'; readonly entry: TreeEntry | null }
  | { readonly kind: 'invalid'; readonly code: BlockCode };

/** What became of a block. */
export type AcceptOutcome = GrowthOutcome | RefusalOutcome;

interface HeldBlock {
  readonly block: Block;
  readonly hash: HashHex;
  readonly from: string;
  readonly untilMs: number;
}

/** One chain from one genesis block, under one set of rules. */
export class Chain {
  readonly tree: BlockTree;
  readonly rules: Rules;
  readonly #orphans = new OrphanPool();
  readonly #contenders = new ContenderPool();
  readonly #held = new Map<HashHex, HeldBlock>();

  /**
   * The caller has decided that this genesis block is the right one; it is not required to have work (R4), nor zeros as
   * its previous hash: who came late may have had to take a later block as the root.
   */
  constructor(genesis: Block, rules: Rules, heard: { from: string; wallMs: number }) {
    if (!isBlockShape(genesis))
      throw new TypeError('a field of the genesis block has a wrong length');
    this.rules = rules;
    const arrived = {
      block: genesis,
      hash: hashBlock(genesis),
      heardFrom: heard.from,
      heardMs: heard.wallMs,
    };
    this.tree = new BlockTree(arrived, rules.judgeGenesis(genesis));
  }

  get tip(): TreeEntry {
    return this.tree.tip;
  }

  get orphanCount(): number {
    return this.#orphans.size;
  }

  /** Blocks of branches that have yet to show more work than the best chain. */
  get contenderCount(): number {
    return this.#contenders.size;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** A block that is kept, or that this sender has sent and that waits until its branch has more work. */
  find(hash: HashHex, from: string): TreeEntry | undefined {
    return this.tree.get(hash) ?? this.#contenders.find(from, hash);
  }

  /** The homework's face (R3): the block where it was appended, now or earlier an orphan's parent; null where not. */
  append(block: Block): Block | null {
    const nowMs = Number.MAX_SAFE_INTEGER;
    const outcome = this.accept(block, { from: 'self', wallMs: 0, networkMs: nowMs });
    return outcome.kind === 'tip-changed' || outcome.kind === 'side-branch' ? block : null;
  }

  /**
   * Takes a block from anyone. Work is checked before anything is kept. Never throws for what a peer sends.
   * @param hash the block's hash, from a caller that has computed it
   */
  accept(block: Block, arrival: Arrival, hash = hashBlock(block)): AcceptOutcome {
    this.tree.sweep();
    const known = this.tree.find(hash) ?? this.#findWaiting(hash, arrival.from);
    if (known !== undefined) return { kind: 'duplicate', entry: known };
    if (isGenesisShape(block)) return { kind: 'invalid', code: 'second-genesis' };
    const arrived = { block, hash, heardFrom: arrival.from, heardMs: arrival.wallMs };
    const parent = this.#findParent(block, arrival.from);
    if (parent === undefined) return this.#keepOrphan(arrived);
    const first = this.#place(arrived, parent, arrival.networkMs, arrival.isOwn);
    const outcome = this.#orphans.size > 0 ? this.#adoptOrphans(first, arrival.networkMs) : first;
    if (outcome.kind === 'tip-changed' && !this.#contenders.isEmpty)
      this.#contenders.tipMoved(this.tree);
    return outcome;
  }

  /** Takes the held blocks whose time has come; one outcome for each. */
  releaseHeld(
    networkMs: number,
    wallMs: number,
  ): { from: string; block: Block; outcome: AcceptOutcome }[] {
    const due = [...this.#held.values()].filter((held) => held.untilMs <= networkMs);
    return due.map(({ hash, block, from }) => {
      this.#held.delete(hash);
      return { from, block, outcome: this.accept(block, { from, wallMs, networkMs }) };
    });
  }

  /** Forgets the orphans and contenders of a sender that is gone. */
  dropSender(from: string): void {
    this.#orphans.dropSender(from);
    this.#contenders.dropSender(from);
  }

  /**
   * Hashes by which another peer finds where its best chain leaves ours: the last ten blocks, then ever larger steps,
   * genesis last. At most about 10 + log2(height) of them. Before them, where the peer is the sender of a branch that
   * waits, about log2 of its length, so that the next batch goes on from there.
   */
  locator(from: string | null = null): HashHex[] {
    const hashes = from === null ? [] : this.#contenders.locator(from);
    const waiting = hashes.length;
    let step = 1;
    for (let height = this.tip.height; height > 0; height -= step) {
      hashes.push(this.tree.at(height)!.hash);
      if (hashes.length - waiting >= 10) step *= 2;
    }
    hashes.push(this.tree.genesis.hash);
    return hashes;
  }

  #hold(block: Block, hash: HashHex, from: string, untilMs: number): AcceptOutcome {
    if (this.#held.size >= HELD_BLOCK_LIMIT && !this.#dropHeldAfter(untilMs))
      return { kind: 'invalid', code: 'too-many-held' };
    this.#held.set(hash, { block, hash, from, untilMs });
    return { kind: 'held', untilMs };
  }

  /**
   * Makes room for a block that is due earlier than another. A block from the far future costs next to nothing, as
   * its lateness eases its target: such blocks must not keep out those of a clock that is a little fast.
   */
  #dropHeldAfter(untilMs: number): boolean {
    const held = [...this.#held.values()];
    const last = held.reduce((a, b) => (b.untilMs > a.untilMs ? b : a));
    return last.untilMs > untilMs && this.#held.delete(last.hash);
  }

  /** The block where it waits already: null for one without a place in the tree, undefined where it is new. */
  #findWaiting(hash: Uint8Array, from: string): TreeEntry | null | undefined {
    if (this.#held.size === 0 && this.#orphans.size === 0 && this.#contenders.isEmpty)
      return undefined;
    const hex = bytesToHex(hash);
    if (this.#held.has(hex) || this.#orphans.has(from, hex)) return null;
    return this.#contenders.find(from, hex);
  }

  #findParent({ previousHash }: Block, from: string): TreeEntry | undefined {
    const kept = this.tree.find(previousHash);
    if (kept !== undefined || this.#contenders.isEmpty) return kept;
    return this.#contenders.findParent(from, bytesToHex(previousHash), this.tree);
  }

  #keepOrphan({ block, hash, heardFrom, heardMs }: ArrivedBlock): AcceptOutcome {
    if (!meetsTarget(hash, this.rules.orphanTarget(this.tip)))
      return { kind: 'invalid', code: 'orphan-no-work' };
    const previousHash = bytesToHex(block.previousHash);
    this.#orphans.add({
      hash: bytesToHex(hash),
      hashBytes: hash,
      previousHash,
      block,
      heardMs,
      heardFrom,
    });
    return { kind: 'orphan', missing: previousHash };
  }

  /** Judges a block on a kept parent or a contender, and gives it its place. */
  #place(
    arrived: ArrivedBlock,
    parent: TreeEntry,
    networkMs: number,
    isOwn = false,
  ): AcceptOutcome {
    const { block, hash, heardFrom } = arrived;
    if (
      !this.#contenders.isEmpty &&
      this.#contenders.isSpent(heardFrom) &&
      // No target that the hash meets is harder than the hash itself.
      this.#mustShowWork(hash, parent, bytesToBigint(hash))
    )
      return { kind: 'invalid', code: 'too-many-contenders' };
    const verdict = this.rules.judge(block, hash, parent, networkMs);
    if (verdict.kind === 'invalid') return verdict;
    if (verdict.kind === 'early')
      return this.#hold(block, bytesToHex(hash), heardFrom, verdict.untilMs);
    if (this.#mustShowWork(hash, parent, verdict.target))
      return this.#contend(arrived, parent, verdict);
    return isContender(parent)
      ? this.#reveal(parent, { arrived, standing: verdict, parent })
      : describeInsertion(this.tree.insert(arrived, verdict, parent, isOwn));
  }

  /** Whether a block is kept only once its branch has more work than the best chain. */
  #mustShowWork(hash: Uint8Array, parent: TreeEntry, target: bigint): boolean {
    const { tip, tree, rules } = this;
    if (parent === tip || parent.work + workOfTarget(target) > tip.work) return false;
    if (isContender(parent)) return true;
    const depth = tip.height - tree.forkPoint(parent).height;
    return depth > DEEP_FORK_BLOCKS || !meetsTarget(hash, rules.sideTarget(tip));
  }

  #contend(
    arrived: ArrivedBlock,
    parent: TreeEntry,
    { target, baseTarget, timeMs }: Standing,
  ): AcceptOutcome {
    const { block, hash, heardFrom, heardMs } = arrived;
    const contender: Contender = {
      arrived,
      hash: bytesToHex(hash),
      block,
      parent,
      height: parent.height + 1,
      work: parent.work + workOfTarget(target),
      target,
      baseTarget,
      timeMs,
      order: NO_ORDER,
      heardMs,
      heardFrom,
      paid: meetsTarget(hash, this.rules.sideTarget(this.tip)),
    };
    return this.#contenders.add(contender)
      ? { kind: 'contender', entry: contender }
      : { kind: 'invalid', code: 'too-many-contenders' };
  }

  /** Keeps a block whose work now exceeds the tip's, and the contenders below it. */
  #reveal(parent: Contender, block: JudgedBlock): GrowthOutcome {
    const below = this.#contenders
      .takeBranchTo(parent)
      .map((contender) => ({ ...contender, standing: contender }));
    const insertions = this.tree.insertBranch([...below, block]);
    return joinGrowth(insertions.map(describeInsertion), this.tree);
  }

  /** Judges the orphans that waited for a block, and for one another; the others are forgotten. */
  #adoptOrphans(first: AcceptOutcome, networkMs: number): AcceptOutcome {
    const growth: GrowthOutcome[] = [];
    const parents: TreeEntry[] = [];
    const follow = (outcome: AcceptOutcome): void => {
      if (outcome.kind === 'contender') parents.push(outcome.entry);
      if (outcome.kind !== 'tip-changed' && outcome.kind !== 'side-branch') return;
      growth.push(outcome);
      for (const entry of outcome.added) parents.push(entry);
    };
    follow(first);
    for (const parent of parents) {
      // Nobody's orphans join a branch that another sender has yet to show the work of.
      const sender = isContender(parent) ? parent.heardFrom : null;
      for (const { block, hashBytes, heardFrom, heardMs } of this.#orphans.takeChildrenOf(
        parent.hash,
        sender,
      )) {
        // A full tree may have dropped the parent again already, with its branch.
        const found = this.#findParent(block, heardFrom);
        if (found === undefined || this.tree.has(hashBytes)) continue;
        follow(this.#place({ block, hash: hashBytes, heardFrom, heardMs }, found, networkMs));
      }
    }
    return growth.length === 0 ? first : joinGrowth(growth, this.tree);
  }
}
