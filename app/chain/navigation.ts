/**
 * Walking the block tree by keyboard, one block a step.
 */
import type { HashHex } from '../../lib/chain/bytes.ts';
import type { PlacedBlock } from './layout.ts';

export type Step = 'parent' | 'child' | 'above' | 'below';

const STEPS: ReadonlyMap<string, Step> = new Map([
  ['ArrowLeft', 'parent'],
  ['ArrowRight', 'child'],
  ['ArrowUp', 'above'],
  ['ArrowDown', 'below'],
]);

/** The step that a key stands for, or null. */
export function stepOfKey(key: string): Step | null {
  return STEPS.get(key) ?? null;
}

/**
 * The block one step from this one, or null where there is none.
 * Of several children the one on the best chain comes first, then the one in the lane nearest to it.
 */
export function neighbourOf(
  placed: readonly PlacedBlock[],
  from: HashHex,
  step: Step,
): HashHex | null {
  const here = placed.find((candidate) => candidate.block.hash === from);
  if (here === undefined) return null;
  const isChild = (candidate: PlacedBlock): boolean => candidate.block.previousHash === from;
  switch (step) {
    case 'parent':
      return (
        placed.find((candidate) => candidate.block.hash === here.block.previousHash)?.block.hash ??
        null
      );
    case 'child':
      return (
        placed.find((candidate) => isChild(candidate) && candidate.lane === 0)?.block.hash ??
        nearestLane(placed.filter(isChild), here.lane)
      );
    case 'above':
      return nearestLane(
        sameHeight(placed, here).filter((candidate) => candidate.lane < here.lane),
        here.lane,
      );
    case 'below':
      return nearestLane(
        sameHeight(placed, here).filter((candidate) => candidate.lane > here.lane),
        here.lane,
      );
  }
}

function sameHeight(placed: readonly PlacedBlock[], here: PlacedBlock): PlacedBlock[] {
  return placed.filter((candidate) => candidate.block.height === here.block.height);
}

function nearestLane(candidates: readonly PlacedBlock[], lane: number): HashHex | null {
  const distance = (candidate: PlacedBlock): number => Math.abs(candidate.lane - lane);
  const best = [...candidates].sort((a, b) => distance(a) - distance(b))[0];
  return best?.block.hash ?? null;
}
