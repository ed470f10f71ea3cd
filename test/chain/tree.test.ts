import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigintToBytes } from '../../lib/chain/bytes.ts';
import { BlockTree, type JudgedBlock, type TreeEntry } from '../../lib/chain/tree.ts';
import { makeGenesis } from '../support/test-miner.ts';

const GENESIS = contentOf(0, 1n);

/** Each step adds a block to one of the kept ones: `parent` counts back from the newest. */
const steps = fc.array(
  fc.record({
    parent: fc.oneof({ weight: 3, arbitrary: fc.nat(1) }, { weight: 2, arbitrary: fc.nat(40) }),
    work: fc.bigInt({ min: 1n, max: 4n }),
  }),
  { maxLength: 80 },
);

describe('a tree of blocks with room for few side blocks', () => {
  it('keeps what a naive model keeps: the least work leaves first, of equals the latest', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (plan, sideLimit) => {
        const tree = new BlockTree(GENESIS.arrived, GENESIS.standing, sideLimit);
        let kept: TreeEntry[] = [tree.genesis];
        plan.forEach(({ parent, work }, i) => {
          const below = kept[kept.length - 1 - (parent % kept.length)]!;
          const { entry } = insert(tree, i + 1, below, work);
          kept = pruneNaively([...kept, entry], entry, sideLimit);
          expectSame(tree, kept);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('tells how the tip moved, and moves it only to more work', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (plan, sideLimit) => {
        const tree = new BlockTree(GENESIS.arrived, GENESIS.standing, sideLimit);
        let best: TreeEntry[] = [tree.genesis];
        const everKept: TreeEntry[] = [tree.genesis];
        plan.forEach(({ parent, work }, i) => {
          const candidates = everKept.filter(({ hash }) => tree.get(hash) !== undefined);
          const below = candidates[candidates.length - 1 - (parent % candidates.length)]!;
          const { entry, change } = insert(tree, i + 1, below, work);
          everKept.push(entry);
          const tip = best[best.length - 1]!;
          expect(change !== null).toBe(entry.work > tip.work);
          if (change !== null) {
            const stays = best.slice(0, best.length - change.reverted.length);
            expect(sameEntries(change.reverted, best.slice(stays.length).reverse())).toBe(true);
            best = [...stays, ...change.connected];
          }
          expect(sameEntries(best, pathTo(tree.tip))).toBe(true);
          best.forEach((at, height) => expect(isSame(tree.at(height), at)).toBe(true));
        });
      }),
      { numRuns: 200 },
    );
  });

  it('finds for every block where its branch leaves the best chain', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const tree = new BlockTree(GENESIS.arrived, GENESIS.standing);
        const kept = [tree.genesis];
        plan.forEach(({ parent, work }, i) => {
          const below = kept[kept.length - 1 - (parent % kept.length)]!;
          kept.push(insert(tree, i + 1, below, work).entry);
        });
        const best = new Set(pathTo(tree.tip).map(({ hash }) => hash));
        for (const entry of kept) {
          const path = pathTo(entry);
          const shared = path.filter(({ hash }) => best.has(hash));
          expect(isSame(tree.forkPoint(entry), shared[shared.length - 1])).toBe(true);
          expect(tree.isOnBestChain(entry)).toBe(best.has(entry.hash));
          path.forEach((at, height) => expect(isSame(tree.ancestor(entry, height), at)).toBe(true));
        }
      }),
    );
  });

  it('tells of each block what was known when it came', () => {
    const timeMs = fc.option(fc.oneof(fc.nat(), fc.maxSafeInteger()));
    const come = fc.record({ timeMs, heardMs: fc.nat(2 ** 47), from: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(fc.array(come, { maxLength: 30 }), (arrivals) => {
        const tree = new BlockTree(GENESIS.arrived, GENESIS.standing);
        arrivals.forEach(({ timeMs, heardMs, from }, i) => {
          const { arrived, standing } = contentOf(i + 1, 2n);
          const block = { ...arrived.block, data: new Uint8Array(i), previousHash: idBytes(i) };
          const parent = tree.tip;
          tree.insert(
            { ...arrived, block, heardMs, heardFrom: from },
            { ...standing, timeMs },
            parent,
          );
          for (const entry of [tree.tip, tree.at(i + 1)!, tree.level(i + 1)[0]!]) {
            expect(entry).toMatchObject({ height: i + 1, order: i + 1, timeMs, heardMs });
            expect(entry).toMatchObject({ heardFrom: from, work: parent.work + 2n, block });
            expect(entry).toMatchObject({ ...standing, timeMs, parent: { hash: parent.hash } });
          }
        });
      }),
      { numRuns: 50 },
    );
  });

  it('lets the entry of a dropped block be read until it is swept, and its numbers ever after', () => {
    const tree = new BlockTree(GENESIS.arrived, GENESIS.standing, 1);
    const best = insert(tree, 1, tree.genesis, 100n).entry;
    const first = insert(tree, 2, tree.genesis, 1n).entry;
    insert(tree, 3, tree.genesis, 2n);
    expect(tree.get(first.hash)).toBeUndefined();
    expect(tree.isOnBestChain(first)).toBe(false);
    expect(first.parent!.hash).toBe(tree.genesis.hash);
    tree.sweep();
    insert(tree, 4, best, 1n);
    expect(first).toMatchObject({ height: 1, order: 2, work: tree.genesis.work + 1n });
    expect(Number(`0x${first.hash}`)).toBe(2);
    expect(() => first.parent).toThrow('dropped');
    expect(() => insert(tree, 5, first, 1n)).toThrow('not in this tree');
  });

  it('keeps the newcomer for the moment, even where its branch has the least work', () => {
    const tree = new BlockTree(GENESIS.arrived, GENESIS.standing, 3);
    const best = insert(tree, 1, tree.genesis, 100n).entry;
    for (let i = 2; i < 30; i++) {
      const { entry } = insert(tree, i, tree.genesis, i % 2 === 0 ? 1n : 2n);
      expect(isSame(tree.get(entry.hash), entry)).toBe(true);
      expect(tree.size - 2).toBeLessThanOrEqual(3);
    }
    expect(isSame(tree.tip, best)).toBe(true);
  });

  it('counts the blocks of a branch that lost its place as side blocks', () => {
    const tree = new BlockTree(GENESIS.arrived, GENESIS.standing, 2);
    let below = tree.genesis;
    for (let i = 1; i <= 6; i++) below = insert(tree, i, below, 1n).entry;
    const { change } = insert(tree, 7, tree.genesis, 100n);
    expect(change!.reverted.length).toBe(6);
    expect(tree.size - 2).toBeLessThanOrEqual(2);
  });
});

/** Removes, one at a time, the leaf with least work, until a tenth of the limit is free, once the limit is passed. */
function pruneNaively(kept: TreeEntry[], newest: TreeEntry, sideLimit: number): TreeEntry[] {
  const best = new Set(pathTo(tipOf(kept)).map(({ hash }) => hash));
  let rest = kept;
  if (rest.length - best.size <= sideLimit) return rest;
  while (rest.length - best.size > Math.floor(sideLimit * 0.9)) {
    const parents = new Set(rest.map(({ parent }) => parent?.hash));
    const [least] = rest
      .filter(({ hash }) => !parents.has(hash) && !best.has(hash) && hash !== newest.hash)
      .sort((a, b) => Number(a.work - b.work) || b.order - a.order);
    if (least === undefined) break;
    rest = rest.filter((entry) => entry !== least);
  }
  return rest;
}

function tipOf(kept: readonly TreeEntry[]): TreeEntry {
  return kept.reduce((best, entry) => (entry.work > best.work ? entry : best));
}

function expectSame(tree: BlockTree, kept: readonly TreeEntry[]): void {
  expect(tree.size).toBe(kept.length);
  for (const entry of kept) expect(isSame(tree.get(entry.hash), entry)).toBe(true);
  const top = Math.max(...kept.map(({ height }) => height));
  expect(tree.topHeight).toBe(top);
  for (let height = 0; height <= top + 1; height++)
    expect(
      sameEntries(
        tree.level(height),
        kept.filter((entry) => entry.height === height),
      ),
    ).toBe(true);
  expect(isSame(tree.tip, tipOf(kept))).toBe(true);
}

/** By the block and by its place in the order of arrival. */
function isSame(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return a !== undefined && b !== undefined && a.hash === b.hash && a.order === b.order;
}

function sameEntries(a: readonly TreeEntry[], b: readonly TreeEntry[]): boolean {
  return a.length === b.length && a.every((entry, i) => isSame(entry, b[i]));
}

function pathTo(tip: TreeEntry): TreeEntry[] {
  const path: TreeEntry[] = [];
  for (let at: TreeEntry | null = tip; at !== null; at = at.parent) path.unshift(at);
  return path;
}

function insert(tree: BlockTree, id: number, parent: TreeEntry, work: bigint) {
  const { arrived, standing } = contentOf(id, work);
  return tree.insert(arrived, standing, parent);
}

function idBytes(id: number): Uint8Array {
  return bigintToBytes(BigInt(id), 32);
}

/** A block of this hash, whose target stands for this much work. */
function contentOf(id: number, work: bigint): Omit<JudgedBlock, 'parent'> {
  const target = (1n << 256n) / work - 1n;
  return {
    arrived: {
      hash: idBytes(id),
      block: makeGenesis(),
      heardMs: 0,
      heardFrom: 'test',
    },
    standing: { target, baseTarget: target, timeMs: null },
  };
}
