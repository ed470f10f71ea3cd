/**
 * Lays a stretch of the block tree out in lanes: the best chain straight in lane 0, every branch in a lane of its
 * own for as long as it lasts. Lanes below 0 are drawn above the best chain, lanes over 0 below it.
 */
import type { HashHex } from '../../lib/chain/bytes.ts';
import type { BlockView } from '../../lib/peer/snapshot.ts';

export interface PlacedBlock {
  readonly block: BlockView;
  readonly lane: number;
  /** Lane of the block before it, where that one is placed too. */
  readonly parentLane: number | null;
  /** Milliseconds after the block before it, by what both state, else by arrival; null where nobody can tell. */
  readonly gapMs: number | null;
}

export interface TreeLayout {
  /** By height, then as they came. */
  readonly placed: readonly PlacedBlock[];
  /** Blocks for which no lane was left, counted by height. */
  readonly crowded: ReadonlyMap<number, number>;
}

interface Branch {
  readonly blocks: BlockView[];
  readonly parent: HashHex;
}

/**
 * Places blocks as `blocksBetween` gives them: by height, then in order of arrival.
 *
 * @param lanesAbove How many lanes there are above the best chain.
 * @param lanesBelow How many there are below it.
 */
export function layOutTree(
  blocks: readonly BlockView[],
  lanesAbove: number,
  lanesBelow: number,
): TreeLayout {
  const byHash = new Map(blocks.map((block) => [block.hash, block]));
  const lanes = new Map<HashHex, number>();
  for (const block of blocks) if (block.onBestChain) lanes.set(block.hash, 0);

  const crowded = new Map<number, number>();
  const lastHeight = new Map<number, number>();
  for (const branch of findBranches(blocks, byHash)) {
    const first = branch.blocks[0]!.height;
    const last = branch.blocks.at(-1)!.height;
    const lane = laneOrder(lanes.get(branch.parent) ?? 0, lanesAbove, lanesBelow).find(
      // One free column between two branches of a lane shows that they are not one.
      (candidate) => (lastHeight.get(candidate) ?? -Infinity) + 1 < first,
    );
    if (lane === undefined) {
      for (const { height } of branch.blocks) crowded.set(height, (crowded.get(height) ?? 0) + 1);
      continue;
    }
    lastHeight.set(lane, last);
    for (const block of branch.blocks) lanes.set(block.hash, lane);
  }

  const placed: PlacedBlock[] = [];
  for (const block of blocks) {
    const lane = lanes.get(block.hash);
    if (lane === undefined) continue;
    const parent = byHash.get(block.previousHash);
    placed.push({
      block,
      lane,
      parentLane: lanes.get(block.previousHash) ?? null,
      gapMs: parent === undefined ? null : gapBetween(parent, block),
    });
  }
  return { placed, crowded };
}

/** Splits the side blocks into branches: each goes on along its longest continuation. */
function findBranches(
  blocks: readonly BlockView[],
  byHash: ReadonlyMap<HashHex, BlockView>,
): Branch[] {
  const side = blocks.filter((block) => !block.onBestChain);
  const continuation = new Map<HashHex, BlockView>();
  const lengths = new Map<HashHex, number>();
  for (const block of [...side].reverse()) {
    const length = 1 + (lengths.get(continuation.get(block.hash)?.hash ?? '') ?? 0);
    lengths.set(block.hash, length);
    const rival = continuation.get(block.previousHash);
    // Walking backwards, the one that comes later here arrived earlier, and wins a draw.
    if (rival === undefined || length >= lengths.get(rival.hash)!)
      continuation.set(block.previousHash, block);
  }
  const branches: Branch[] = [];
  for (const block of side) {
    const parent = byHash.get(block.previousHash);
    const isContinued =
      parent !== undefined &&
      !parent.onBestChain &&
      continuation.get(parent.hash)?.hash === block.hash;
    if (isContinued) continue;
    const branch: Branch = { blocks: [], parent: block.previousHash };
    for (let next: BlockView | undefined = block; next; next = continuation.get(next.hash))
      branch.blocks.push(next);
    branches.push(branch);
  }
  return branches;
}

/** The lanes nearest to the best chain first; a branch of a branch stays on its side of it, further out. */
function laneOrder(parentLane: number, lanesAbove: number, lanesBelow: number): number[] {
  const below = Array.from({ length: lanesBelow }, (_, i) => i + 1);
  const above = Array.from({ length: lanesAbove }, (_, i) => -i - 1);
  const order = [...below, ...above].sort((a, b) => Math.abs(a) - Math.abs(b) || b - a);
  if (parentLane === 0) return order;
  const outward = order.filter(
    (lane) => lane * parentLane > 0 && Math.abs(lane) > Math.abs(parentLane),
  );
  return [...outward, ...order.filter((lane) => !outward.includes(lane))];
}

function gapBetween(parent: BlockView, block: BlockView): number | null {
  if (parent.timeMs !== null && block.timeMs !== null) return block.timeMs - parent.timeMs;
  if (parent.height === 0) return null;
  return block.heardMs - parent.heardMs;
}
