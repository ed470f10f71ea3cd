/** Random trees of blocks: forks, blocks without work, and blocks that lead to a genesis that nobody has. */
import fc from 'fast-check';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { writeUtf8, type HashHex } from '../../lib/chain/bytes.ts';
import { makeGenesis, mineBlock, mineWithoutWork } from './test-miner.ts';

export interface PlannedBlock {
  readonly block: Block;
  readonly hash: HashHex;
  readonly previous: HashHex;
  /** Height above genesis where the block has a path of valid blocks to it; null where it has none. */
  readonly height: number | null;
}

export interface PlannedTree {
  readonly genesis: Block;
  readonly genesisHash: HashHex;
  /** Parents before children, genesis not included. */
  readonly blocks: readonly PlannedBlock[];
}

const GENESIS = makeGenesis();
const GENESIS_HASH = hashBlockHex(GENESIS);
const FOREIGN_ROOT = 'ab'.repeat(32);

/** How far back from the newest block a parent lies: mostly next to it, so that branches grow long. */
const parentDistance = fc.oneof(
  { weight: 3, arbitrary: fc.nat(1) },
  { weight: 1, arbitrary: fc.nat(60) },
);
const blockKind = fc.oneof(
  { weight: 12, arbitrary: fc.constant('good' as const) },
  { weight: 1, arbitrary: fc.constant('no-work' as const) },
  { weight: 1, arbitrary: fc.constant('foreign' as const) },
);

export function plannedTree(maxBlocks: number): fc.Arbitrary<PlannedTree> {
  return fc
    .array(fc.record({ distance: parentDistance, kind: blockKind }), { maxLength: maxBlocks })
    .map((plan) => {
      const blocks: PlannedBlock[] = [];
      plan.forEach(({ distance, kind }, i) => {
        const parent = blocks[i - 1 - distance];
        const previous = kind === 'foreign' ? FOREIGN_ROOT : (parent?.hash ?? GENESIS_HASH);
        const parentHeight = previous === GENESIS_HASH ? 0 : (parent?.height ?? null);
        const data = writeUtf8(`block ${i}`);
        const block = (kind === 'no-work' ? mineWithoutWork : mineBlock)(data, previous);
        const rooted = kind === 'good' && parentHeight !== null;
        blocks.push({
          block,
          hash: hashBlockHex(block),
          previous,
          height: rooted ? parentHeight + 1 : null,
        });
      });
      return { genesis: GENESIS, genesisHash: GENESIS_HASH, blocks };
    });
}

/** A random tree and its blocks in a random order of arrival, some of them more than once, from a few senders. */
export function arrivingTree(maxBlocks: number): fc.Arbitrary<{
  tree: PlannedTree;
  arrivals: { planned: PlannedBlock; from: string }[];
}> {
  return plannedTree(maxBlocks).chain((tree) =>
    fc
      .tuple(
        fc.shuffledSubarray([...tree.blocks], {
          minLength: tree.blocks.length,
          maxLength: tree.blocks.length,
        }),
        fc.array(fc.nat(2), { minLength: tree.blocks.length, maxLength: tree.blocks.length }),
        fc.array(fc.tuple(fc.nat(), fc.nat(2)), { maxLength: 5 }),
      )
      .map(([order, senders, repeats]) => {
        const arrivals = order.map((planned, i) => ({ planned, from: `link ${senders[i]}` }));
        if (arrivals.length > 0)
          for (const [at, sender] of repeats)
            arrivals.splice(at % arrivals.length, 0, {
              planned: order[at % order.length]!,
              from: `link ${sender}`,
            });
        return { tree, arrivals };
      }),
  );
}
