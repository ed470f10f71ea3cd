import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { readHex, writeUtf8, type HashHex } from '../../lib/chain/bytes.ts';
import { Chain, type AcceptOutcome, type Arrival } from '../../lib/chain/chain.ts';
import { homeworkRules } from '../../lib/chain/rules.ts';
import { MAX_TARGET } from '../../lib/chain/target.ts';
import { SIDE_BLOCK_LIMIT, type TreeEntry } from '../../lib/chain/tree.ts';
import { arrivingTree, plannedTree, type PlannedTree } from '../support/block-trees.ts';
import {
  EASY_TARGET,
  makeGenesis,
  mineBlock,
  mineChain,
  mineWithoutWork,
} from '../support/test-miner.ts';

const GENESIS = makeGenesis();
const GENESIS_HASH = hashBlockHex(GENESIS);

describe('any order of arrival of a tree of blocks', () => {
  it('gives the same set of rooted blocks', () => {
    fc.assert(
      fc.property(arrivingTree(40), ({ tree, arrivals }) => {
        const chain = makeChain(tree.genesis);
        for (const { planned, from } of arrivals) chain.accept(planned.block, arrivalFrom(from));
        expect(keptHashes(chain)).toEqual(rootedHashes(tree));
        for (const { hash, previous, height } of tree.blocks) {
          if (height === null) continue;
          expect(chain.tree.get(hash)).toMatchObject({ height });
          expect(chain.tree.get(hash)!.parent!.hash).toBe(previous);
        }
      }),
    );
  });

  it('ends at a longest branch, and at the first seen of the longest ones', () => {
    fc.assert(
      fc.property(arrivingTree(40), ({ tree, arrivals }) => {
        const chain = makeChain(tree.genesis);
        for (const { planned, from } of arrivals) {
          const before = chain.tip;
          chain.accept(planned.block, arrivalFrom(from));
          expect(chain.tip.hash === before.hash || chain.tip.height > before.height).toBe(true);
        }
        const longest = Math.max(0, ...tree.blocks.map(({ height }) => height ?? 0));
        expect(chain.tip.height).toBe(longest);
        expect(chain.tip).toEqual(chain.tree.level(longest)[0]);
      }),
    );
  });

  it('ends at a longest branch, and at our own block of the longest ones, by outcomes that lead there', () => {
    fc.assert(
      fc.property(arrivingTree(40), fc.nat(2), ({ tree, arrivals }, ownEvery) => {
        const chain = makeChain(tree.genesis);
        let best: readonly TreeEntry[] = [chain.tree.genesis];
        for (const [i, { planned, from }] of arrivals.entries()) {
          const before = chain.tip;
          const isOwn = i % (ownEvery + 1) === 0;
          const outcome = chain.accept(planned.block, { ...arrivalFrom(from), isOwn });
          best = follow(best, outcome);
          expect(best).toEqual(bestChain(chain));
          const kept = chain.tree.get(planned.hash);
          const isNew = outcome.kind === 'tip-changed' || outcome.kind === 'side-branch';
          if (isOwn && isNew && kept!.height === before.height)
            expect(chain.tip.hash === planned.hash || chain.tip.height > before.height).toBe(true);
          else
            expect(chain.tip.hash === before.hash || chain.tip.height > before.height).toBe(true);
        }
        expect(chain.tip.height).toBe(Math.max(0, ...tree.blocks.map(({ height }) => height ?? 0)));
      }),
    );
  });

  it('is told by outcomes that lead from each best chain to the next', () => {
    fc.assert(
      fc.property(arrivingTree(40), ({ tree, arrivals }) => {
        const chain = makeChain(tree.genesis);
        let best: readonly TreeEntry[] = [chain.tree.genesis];
        for (const { planned, from } of arrivals) {
          const keptBefore = keptHashes(chain);
          const outcome = chain.accept(planned.block, arrivalFrom(from));
          best = follow(best, outcome);
          expect(best).toEqual(bestChain(chain));
          const added = keptHashes(chain);
          for (const hash of keptBefore) added.delete(hash);
          expect(new Set(addedBy(outcome).map(({ hash }) => hash))).toEqual(added);
          expect(addedBy(outcome).length).toBe(added.size);
          expectFittingKind(outcome, planned.hash, planned.previous, keptBefore, added);
        }
      }),
    );
  });

  it('leaves no orphan behind that could join', () => {
    fc.assert(
      fc.property(arrivingTree(40), ({ tree, arrivals }) => {
        const chain = makeChain(tree.genesis);
        for (const { planned, from } of arrivals) chain.accept(planned.block, arrivalFrom(from));
        for (const from of ['link 0', 'link 1', 'link 2']) chain.dropSender(from);
        expect(chain.orphanCount).toBe(0);
        expect(keptHashes(chain)).toEqual(rootedHashes(tree));
      }),
    );
  });

  it('changes nothing when everything arrives again', () => {
    fc.assert(
      fc.property(plannedTree(30), (tree) => {
        const chain = makeChain(tree.genesis);
        for (const { block } of tree.blocks) chain.accept(block, arrivalFrom('a'));
        const tip = chain.tip;
        const { orphanCount } = chain;
        for (const { block, height } of tree.blocks) {
          const outcome = chain.accept(block, arrivalFrom('a'));
          if (height !== null) expect(outcome.kind).toBe('duplicate');
          else expect(['duplicate', 'invalid']).toContain(outcome.kind);
        }
        expect(chain.tip).toEqual(tip);
        expect(chain.orphanCount).toBe(orphanCount);
        expect(keptHashes(chain)).toEqual(rootedHashes(tree));
      }),
    );
  });
});

describe('a block that arrives', () => {
  it('whose parent is unknown waits, and joins with its children when the parent arrives', () => {
    const chain = makeChain();
    const [a, b, c] = mineChain(GENESIS_HASH, 3, 'a') as [Block, Block, Block];
    expect(chain.accept(c, arrivalFrom('x'))).toEqual({
      kind: 'orphan',
      missing: hashBlockHex(b),
    });
    expect(chain.accept(b, arrivalFrom('y')).kind).toBe('orphan');
    const outcome = chain.accept(a, arrivalFrom('z'));
    expect(outcome).toMatchObject({ kind: 'tip-changed', reverted: [] });
    const heights = addedBy(outcome).map(({ height, heardFrom }) => [height, heardFrom]);
    expect(heights).toEqual([
      [1, 'z'],
      [2, 'y'],
      [3, 'x'],
    ]);
    expect(chain.tip.height).toBe(3);
    expect(chain.orphanCount).toBe(0);
  });

  it('as long as the best one does not move the tip; one block more does', () => {
    const chain = makeChain();
    const ours = mineChain(GENESIS_HASH, 2, 'ours');
    const theirs = mineChain(GENESIS_HASH, 3, 'theirs');
    for (const block of ours) chain.accept(block, arrivalFrom('x'));
    const tip = chain.tip;
    expect(chain.accept(theirs[0]!, arrivalFrom('y')).kind).toBe('side-branch');
    expect(chain.accept(theirs[1]!, arrivalFrom('y')).kind).toBe('side-branch');
    expect(chain.tip).toEqual(tip);
    const outcome = chain.accept(theirs[2]!, arrivalFrom('y'));
    expect(outcome).toMatchObject({
      kind: 'tip-changed',
      reverted: [{ hash: hashBlockHex(ours[1]!) }, { hash: hashBlockHex(ours[0]!) }],
      connected: theirs.map((block) => ({ hash: hashBlockHex(block) })),
    });
  });

  it('a second time is a duplicate, kept or waiting', () => {
    const chain = makeChain();
    const [a, b] = mineChain(GENESIS_HASH, 2, 'a') as [Block, Block];
    chain.accept(b, arrivalFrom('x'));
    expect(chain.accept(b, arrivalFrom('x'))).toEqual({ kind: 'duplicate', entry: null });
    expect(chain.accept(b, arrivalFrom('y')).kind).toBe('orphan');
    chain.accept(a, arrivalFrom('x'));
    expect(chain.accept(b, arrivalFrom('x'))).toEqual({ kind: 'duplicate', entry: chain.tip });
    expect(chain.accept(GENESIS, arrivalFrom('x'))).toEqual({
      kind: 'duplicate',
      entry: chain.tree.genesis,
    });
  });

  it('and is another genesis block is refused, with or without work', () => {
    const chain = makeChain();
    const refusal = { kind: 'invalid', code: 'second-genesis' };
    expect(chain.accept(makeGenesis(writeUtf8('other')), arrivalFrom('x'))).toEqual(refusal);
    const worked = mineBlock(writeUtf8('other'), '00'.repeat(32));
    expect(chain.accept(worked, arrivalFrom('x'))).toEqual(refusal);
  });

  it('without work is refused, whether its parent is known or not', () => {
    const chain = makeChain();
    const rooted = mineWithoutWork(writeUtf8('a'), GENESIS_HASH);
    const unrooted = mineWithoutWork(writeUtf8('a'), 'cd'.repeat(32));
    expect(chain.accept(rooted, arrivalFrom('x'))).toEqual({ kind: 'invalid', code: 'no-work' });
    expect(chain.accept(unrooted, arrivalFrom('x'))).toEqual({
      kind: 'invalid',
      code: 'orphan-no-work',
    });
    expect(chain.orphanCount).toBe(0);
    expect(chain.tree.size).toBe(1);
  });
});

describe('a chain full of side blocks', () => {
  it('tells only of blocks that it still keeps, where orphans that join push each other out', () => {
    const chain = new Chain(GENESIS, homeworkRules(MAX_TARGET), { from: 'test', wallMs: 5 });
    const blockOn = (previous: HashHex, text: string): Block => ({
      data: writeUtf8(text),
      previousHash: readHex(previous)!,
      proofOfWork: new Uint8Array(8),
    });
    const base = blockOn(GENESIS_HASH, 'base');
    chain.accept(base, arrivalFrom('x'));
    for (let i = 0; i < SIDE_BLOCK_LIMIT - 1; i++)
      chain.accept(blockOn(hashBlockHex(base), `block ${i}`), arrivalFrom('x'));
    chain.accept(blockOn(chain.tip.hash, 'tip'), arrivalFrom('x'));
    expect(chain.tree.size).toBe(4 + SIDE_BLOCK_LIMIT - 2);

    const parent = blockOn(GENESIS_HASH, 'parent');
    const children = ['a', 'b'].map((text) => blockOn(hashBlockHex(parent), text));
    const grandchild = blockOn(hashBlockHex(children[0]!), 'of the one that is pushed out');
    for (const orphan of [...children, grandchild]) chain.accept(orphan, arrivalFrom('x'));
    const outcome = chain.accept(parent, arrivalFrom('x'));
    expect(outcome.kind).toBe('side-branch');
    expect(addedBy(outcome).map(({ hash }) => hash)).toEqual([
      hashBlockHex(parent),
      hashBlockHex(children[1]!),
    ]);
    expect(chain.tree.get(hashBlockHex(children[0]!))).toBeUndefined();
    expect(chain.tree.get(hashBlockHex(grandchild))).toBeUndefined();
    expect(chain.orphanCount).toBe(0);
    expect(chain.tree.size - 4).toBeLessThanOrEqual(SIDE_BLOCK_LIMIT);
  });
});

describe('append, the face of the homework', () => {
  it('gives back the block where it is kept, and null where not', () => {
    const chain = makeChain();
    const [a, b] = mineChain(GENESIS_HASH, 2, 'a') as [Block, Block];
    const side = mineBlock(writeUtf8('side'), GENESIS_HASH);
    expect(chain.append(b)).toBeNull();
    expect(chain.append(a)).toBe(a);
    expect(chain.tip.height).toBe(2);
    expect(chain.append(side)).toBe(side);
    expect(chain.append(a)).toBeNull();
    expect(chain.append(GENESIS)).toBeNull();
    expect(chain.append(mineWithoutWork(writeUtf8('x'), GENESIS_HASH))).toBeNull();
  });

  it('keeps exactly the blocks that it gives back, when parents come first', () => {
    fc.assert(
      fc.property(plannedTree(30), (tree) => {
        const chain = makeChain(tree.genesis);
        for (const { block, height } of tree.blocks)
          expect(chain.append(block)).toBe(height === null ? null : block);
        expect(keptHashes(chain)).toEqual(rootedHashes(tree));
      }),
    );
  });
});

describe('a locator', () => {
  it('runs from the tip down to genesis in ever larger steps, and stays short', () => {
    const chain = makeChain();
    const checked = new Set([0, 1, 2, 9, 10, 11, 12, 13, 50, 400]);
    const blocks = mineChain(GENESIS_HASH, 400, 'a');
    for (let height = 0; height <= 400; height++) {
      if (height > 0) chain.accept(blocks[height - 1]!, arrivalFrom('x'));
      if (!checked.has(height)) continue;
      const heights = chain.locator().map((hash) => chain.tree.get(hash)!.height);
      expect(heights[0]).toBe(height);
      expect(heights[heights.length - 1]).toBe(0);
      const lastTen = Array.from({ length: Math.min(10, height) }, (_, i) => height - i);
      expect(heights.slice(0, lastTen.length)).toEqual(lastTen);
      // The last step, to genesis, may be shorter.
      const steps = heights.slice(1, -1).map((at, i) => heights[i]! - at);
      expect(steps.every((step, i) => step >= (steps[i - 1] ?? 1))).toBe(true);
      expect(heights.every((at, i) => i === 0 || at < heights[i - 1]!)).toBe(true);
      expect(heights.length).toBeLessThanOrEqual(12 + Math.log2(height + 1));
    }
  });

  it('of a hundred blocks names these', () => {
    const chain = makeChain();
    for (const block of mineChain(GENESIS_HASH, 100, 'a')) chain.accept(block, arrivalFrom('x'));
    expect(chain.locator().map((hash) => chain.tree.get(hash)!.height)).toEqual([
      ...[100, 99, 98, 97, 96, 95, 94, 93, 92, 91],
      ...[89, 85, 77, 61, 29, 0],
    ]);
  });

  it('names blocks of the best chain only, so that another peer finds where the chains part', () => {
    fc.assert(
      fc.property(arrivingTree(30), ({ tree, arrivals }) => {
        const chain = makeChain(tree.genesis);
        for (const { planned, from } of arrivals) chain.accept(planned.block, arrivalFrom(from));
        for (const hash of chain.locator())
          expect(chain.tree.isOnBestChain(chain.tree.get(hash)!)).toBe(true);
      }),
    );
  });
});

describe('a chain', () => {
  it('cannot be made from a block whose fields have other lengths', () => {
    expect(() => makeChain({ ...GENESIS, proofOfWork: new Uint8Array(7) })).toThrow(TypeError);
  });

  it('starts at its genesis block, which needs no work', () => {
    const chain = makeChain(mineWithoutWork(writeUtf8('idle'), '00'.repeat(32)));
    expect(chain.tip).toEqual(chain.tree.genesis);
    expect(chain.tip).toMatchObject({ height: 0, order: 0, heardFrom: 'test', heardMs: 5 });
    expect(chain.locator()).toEqual([chain.tip.hash]);
  });
});

function makeChain(genesis: Block = GENESIS): Chain {
  return new Chain(genesis, homeworkRules(EASY_TARGET), { from: 'test', wallMs: 5 });
}

function arrivalFrom(from: string): Arrival {
  return { from, wallMs: 0, networkMs: 0 };
}

function keptHashes(chain: Chain): Set<HashHex> {
  const hashes = new Set<HashHex>();
  for (let height = 0; height <= chain.tree.topHeight; height++)
    for (const { hash } of chain.tree.level(height)) hashes.add(hash);
  expect(hashes.size).toBe(chain.tree.size);
  return hashes;
}

function rootedHashes(tree: PlannedTree): Set<HashHex> {
  const rooted = tree.blocks.filter(({ height }) => height !== null).map(({ hash }) => hash);
  return new Set([tree.genesisHash, ...rooted]);
}

function bestChain(chain: Chain): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at: TreeEntry | null = chain.tip; at !== null; at = at.parent) entries.unshift(at);
  entries.forEach((entry, height) => expect(chain.tree.at(height)).toEqual(entry));
  expect(chain.tree.at(entries.length)).toBeUndefined();
  return entries;
}

/** The best chain after an outcome, from the one before it and the outcome alone. */
function follow(best: readonly TreeEntry[], outcome: AcceptOutcome): readonly TreeEntry[] {
  if (outcome.kind !== 'tip-changed') return best;
  const kept = best.slice(0, best.length - outcome.reverted.length);
  expect(best.slice(kept.length).reverse()).toEqual(outcome.reverted);
  expect(outcome.connected[0]!.parent).toEqual(kept[kept.length - 1]);
  return [...kept, ...outcome.connected];
}

function addedBy(outcome: AcceptOutcome): readonly TreeEntry[] {
  return 'added' in outcome ? outcome.added : [];
}

function expectFittingKind(
  outcome: AcceptOutcome,
  hash: HashHex,
  previous: HashHex,
  keptBefore: ReadonlySet<HashHex>,
  added: ReadonlySet<HashHex>,
): void {
  if (added.size > 0) expect(addedBy(outcome)[0]!.hash).toBe(hash);
  else expect(['duplicate', 'invalid', 'orphan']).toContain(outcome.kind);
  if (outcome.kind === 'orphan') {
    expect(outcome.missing).toBe(previous);
    expect(keptBefore.has(previous)).toBe(false);
  }
  if (keptBefore.has(hash)) expect(outcome.kind).toBe('duplicate');
}
