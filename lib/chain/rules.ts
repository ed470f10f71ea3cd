/**
 * What makes a block valid beside its shape: the constant target of `homework` rooms, the retargeting of `class` rooms.
 */
import type { Block } from './block.ts';
import { compareBytes } from './bytes.ts';
import type { BlockCode } from './codes.ts';
import { easeTarget, nextBaseTarget, RETARGET_LIMITS } from './retarget.ts';
import { meetsTarget, roundTarget, targetToBytes } from './target.ts';
import type { TreeEntry } from './tree-entry.ts';

/** A block's time must be after the median of this many blocks before it; its lateness counts from their latest. */
export const MEDIAN_TIME_BLOCKS = 11;
/** An orphan of a `class` room must meet our tip's target eased by this many doublings; else nobody would pay for it. */
const ORPHAN_EASE_DOUBLINGS = 8n;

/**
 * A block of a `class` room that does not move the tip is kept where its hash meets the target of the tip's own base
 * eased by this many doublings. Its target may be easier by its lateness alone, which costs its miner nothing.
 */
const SIDE_EASE_DOUBLINGS = 8n;

/** What a block's target and time are under its room's rules. */
export interface Standing {
  readonly target: bigint;
  readonly baseTarget: bigint;
  readonly timeMs: number | null;
}

export type Verdict =
  | ({ readonly kind: 'valid' } & Standing)
  /** Valid once the clock is there; the block is held back, not condemned. */
  | { readonly kind: 'early'; readonly untilMs: number }
  | { readonly kind: 'invalid'; readonly code: BlockCode };

export interface Rules {
  readonly kind: 'class' | 'homework';
  /** The spacing that retargeting aims at, in milliseconds; null where the target is constant. */
  readonly spacingMs: number | null;
  /** The genesis block's standing; it is not required to meet the target when we receive it (R4). */
  judgeGenesis(block: Block): Standing;
  /** Judges a block on a kept parent. `nowMs` is the receiver's clock, corrected by the room's median. */
  judge(block: Block, hash: Uint8Array, parent: TreeEntry, nowMs: number): Verdict;
  /** The target that a block on this parent with this time must meet. */
  targetAt(parent: TreeEntry, timeMs: number): bigint;
  /** The easiest target that a block with an unknown parent must meet to be kept for a while. */
  orphanTarget(tip: TreeEntry): bigint;
  /** The easiest target that the hash of a block must meet to be kept beside this tip, without having more work. */
  sideTarget(tip: TreeEntry): bigint;
}

/** A constant target; data is opaque, so any block with a valid proof of work is valid (R4, R5). */
export function homeworkRules(target: bigint): Rules {
  const standing: Standing = { target, baseTarget: target, timeMs: null };
  const limit = targetToBytes(target);
  const valid: Verdict = { kind: 'valid', ...standing };
  return {
    kind: 'homework',
    spacingMs: null,
    judgeGenesis: () => standing,
    judge: (_block, hash) =>
      compareBytes(hash, limit) <= 0 ? valid : { kind: 'invalid', code: 'no-work' },
    targetAt: () => target,
    orphanTarget: () => target,
    sideTarget: () => target,
  };
}

export interface ClassParameters {
  /** Target of the first block after genesis, before easing. */
  readonly target: bigint;
  readonly spacingMs: number;
  /** Reads the time that a block's data states, in whole milliseconds; null where it states none. */
  readonly readTimeMs: (data: Uint8Array) => number | null;
}

/**
 * Retargeting towards one block per spacing; every block must state its time. Derived targets are rounded down to
 * their first 24 bits, so that a target takes four bytes in the index of the tree.
 */
export function classRules({ target, spacingMs, readTimeMs }: ClassParameters): Rules {
  /** The terms of the parent asked for last, which is nearly always the tip. */
  let lastParent: TreeEntry | null = null;
  let lastTerms: ChildTerms | null = null;
  const termsOn = (parent: TreeEntry): ChildTerms => {
    if (lastTerms === null || parent !== lastParent) {
      lastTerms = childTerms(parent, spacingMs);
      lastParent = parent;
    }
    return lastTerms;
  };
  const easedTargetAt = ({ baseTarget, latestMs }: ChildTerms, timeMs: number): bigint => {
    const eased = easeTarget(baseTarget, timeMs - latestMs, spacingMs);
    return eased === baseTarget ? baseTarget : roundTarget(eased);
  };
  return {
    kind: 'class',
    spacingMs,
    judgeGenesis: (block) => ({ target, baseTarget: target, timeMs: readTimeMs(block.data) ?? 0 }),
    judge(block, hash, parent, nowMs) {
      const timeMs = readTimeMs(block.data);
      if (timeMs === null) return { kind: 'invalid', code: 'no-time' };
      const terms = termsOn(parent);
      const { baseTarget } = terms;
      const blockTarget = easedTargetAt(terms, timeMs);
      if (!meetsTarget(hash, blockTarget)) return { kind: 'invalid', code: 'no-work' };
      if (timeMs <= terms.medianMs) return { kind: 'invalid', code: 'time-too-early' };
      const untilMs = timeMs - spacingMs / 2;
      if (nowMs < untilMs) return { kind: 'early', untilMs };
      return { kind: 'valid', target: blockTarget, baseTarget, timeMs };
    },
    targetAt: (parent, timeMs) => easedTargetAt(termsOn(parent), timeMs),
    orphanTarget: (tip) => limitTarget(tip.target << ORPHAN_EASE_DOUBLINGS),
    sideTarget: (tip) => limitTarget(tip.baseTarget << SIDE_EASE_DOUBLINGS),
  };
}

function limitTarget(target: bigint): bigint {
  return target > RETARGET_LIMITS.most ? RETARGET_LIMITS.most : target;
}

/** What a block's children start from, whatever their own times are. */
interface ChildTerms {
  /** Before easing. */
  readonly baseTarget: bigint;
  /** A child's time must be after this one. */
  readonly medianMs: number;
  /** From this time on it is counted how late a child is. */
  readonly latestMs: number;
}

/**
 * How much later a block is than its parent is told by the latest of the times up to each. A block that states a time
 * of the past then counts as no later than its parent, and the next honest one makes up for it: what all add up to is
 * the time that has passed. With the difference of the two stated times a third of the power that dates its blocks back
 * as far as the median allows would stretch the spacing tenfold, since lateness counts up to the clamp only, and
 * earliness in full.
 */
function childTerms(parent: TreeEntry, spacingMs: number): ChildTerms {
  const times = recentTimesMs(parent, MEDIAN_TIME_BLOCKS + 1);
  const latestMs = Math.max(...times.slice(0, MEDIAN_TIME_BLOCKS));
  const medianMs = medianOf(times.slice(0, MEDIAN_TIME_BLOCKS));
  if (times.length === 1) return { baseTarget: parent.baseTarget, medianMs, latestMs };
  const sinceParentMs = latestMs - Math.max(...times.slice(1));
  const baseTarget = roundTarget(nextBaseTarget(parent.baseTarget, sinceParentMs, spacingMs));
  return { baseTarget, medianMs, latestMs };
}

/** The median of the times of this block and the ten before it (fewer near genesis, then the upper of two middles). */
export function medianTimeMs(tip: TreeEntry): number {
  return medianOf(recentTimesMs(tip, MEDIAN_TIME_BLOCKS));
}

/** The times of this block and those before it, so many in all, the latest block first. */
function recentTimesMs(tip: TreeEntry, count: number): number[] {
  const times: number[] = [];
  for (let at: TreeEntry | null = tip; at !== null && times.length < count; at = at.parent)
    times.push(at.timeMs!);
  return times;
}

function medianOf(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}
