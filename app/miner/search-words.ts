/**
 * What the miner does now, and why not more, in a sentence.
 */
import { readTarget, workOfTarget } from '../../lib/chain/target.ts';
import type { SessionSnapshot } from '../../lib/drivers/session.ts';
import { formatSetting, formatShare } from '../look/format.ts';

export interface SearchWords {
  readonly sentence: string;
  /** The room's hash budget leaves this tab less than the user would give. */
  readonly heldBack: boolean;
  /** How often this tab would find a block at its present rate; null where nobody can tell. */
  readonly ownSpacingMs: number | null;
}

/** Above this share of the power nobody would notice that anything is held back. */
const UNNOTICED_DUTY = 0.995;

export function describeSearch(snapshot: SessionSnapshot): SearchWords {
  const { mining, room, rates, processorShare } = snapshot;
  const ownSpacingMs = estimateSpacing(room.target, rates.totalHashesPerSecond);
  if (mining.paused)
    return {
      sentence: 'Paused. The chain goes on without you.',
      heldBack: false,
      ownSpacingMs: null,
    };
  if (!mining.active)
    return { sentence: 'Nothing to mine on yet.', heldBack: false, ownSpacingMs: null };
  if (mining.budgetDuty < UNNOTICED_DUTY)
    return {
      sentence:
        `Held back: this room shares a hash budget, so that blocks come no faster than one in ` +
        `${formatSetting(room.minSpacingMs)} and slower miners keep up. ` +
        `This tab searches ${formatShare(mining.budgetDuty * mining.power * processorShare)} of the time.`,
      heldBack: true,
      ownSpacingMs,
    };
  const next = snapshot.tip === null ? 'the next block' : `block ${snapshot.tip.height + 1}`;
  const sentence =
    processorShare < UNNOTICED_DUTY
      ? `Searching a proof of work for ${next}, ${formatShare(mining.power * processorShare)} of the time, ` +
        `as other tabs of this browser mine too.`
      : `Searching a proof of work for ${next}.`;
  return { sentence, heldBack: false, ownSpacingMs };
}

function estimateSpacing(target: string | null, hashesPerSecond: number): number | null {
  if (target === null || hashesPerSecond <= 0) return null;
  const read = readTarget(target);
  return read.ok ? (Number(workOfTarget(read.target)) / hashesPerSecond) * 1000 : null;
}
