/**
 * Random trees of blocks as a session would show them, for tests of their drawing.
 */
import fc from 'fast-check';
import type { BlockView } from '../../../lib/peer/snapshot.ts';

export function viewOf(
  hash: string,
  previousHash: string,
  height: number,
  onBestChain: boolean,
  timeMs: number | null = null,
): BlockView {
  return {
    hash,
    previousHash,
    height,
    onBestChain,
    account: null,
    name: '?',
    note: '',
    heardMs: height * 1000,
    timeMs,
    isSelf: false,
  };
}

/** A best chain of some length, and side blocks that each build on any block but the tip's height or above. */
export const trees: fc.Arbitrary<BlockView[]> = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(), { maxLength: 40 }))
  .map(([length, picks]) => {
    const blocks = Array.from({ length }, (_, height) =>
      viewOf(`main${height}`, height === 0 ? 'none' : `main${height - 1}`, height, true),
    );
    picks.forEach((pick, index) => {
      const parents = blocks.filter((block) => block.height < length - 1);
      const parent = parents[pick % Math.max(1, parents.length)];
      if (parent !== undefined)
        blocks.push(viewOf(`side${index}`, parent.hash, parent.height + 1, false));
    });
    return blocks.sort((a, b) => a.height - b.height);
  });
