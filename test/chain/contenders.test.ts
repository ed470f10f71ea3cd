import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES, hashBlock, hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { Chain, type AcceptOutcome } from '../../lib/chain/chain.ts';
import {
  BRANCHES_PER_SENDER_LIMIT,
  CHANGES_PER_TIP_LIMIT,
  CHEAP_BLOCKS_PER_SENDER_LIMIT,
  CHEAP_DATA_PER_SENDER_LIMIT_BYTES,
  DEEP_FORK_BLOCKS,
} from '../../lib/chain/contenders.ts';
import { homeworkRules, type Rules } from '../../lib/chain/rules.ts';
import { meetsTarget } from '../../lib/chain/target.ts';
import { EASY_TARGET } from '../support/test-miner.ts';
import {
  makeClassGenesis,
  makeClassRules,
  mineAt,
  SPACING_MS,
  START_MS,
} from '../support/class-room.ts';
import {
  FREE_GENESIS,
  FREE_GENESIS_HASH,
  FREE_TARGET,
  freeBlock,
  freeBlocks,
  freeChain,
  lastHash,
} from '../support/free-chain.ts';

describe('a branch that leaves the best chain far below the tip', () => {
  const trunk = freeBlocks(FREE_GENESIS_HASH, 5, 'trunk');
  const ours = freeBlocks(lastHash(trunk), DEEP_FORK_BLOCKS + 1, 'ours');
  const theirs = freeBlocks(lastHash(trunk), DEEP_FORK_BLOCKS + 2, 'theirs');
  const openChain = () => freeChain(...trunk, ...ours);

  it('is kept as any other where it leaves no deeper than the limit', () => {
    const chain = freeChain(...trunk, ...ours.slice(0, DEEP_FORK_BLOCKS));
    expect(give(chain, theirs[0]!).kind).toBe('side-branch');
    expect(chain.contenderCount).toBe(0);
  });

  it('waits until it has more work than the best chain, and then joins whole', () => {
    const chain = openChain();
    const oldTip = chain.tip;
    theirs.slice(0, -1).forEach((block, i) => {
      const outcome = give(chain, block);
      expect(outcome).toMatchObject({
        kind: 'contender',
        entry: { height: 6 + i, heardFrom: 'x' },
      });
      expect(chain.tree.get(hashBlockHex(block))).toBeUndefined();
    });
    expect(chain.tree.size).toBe(1 + trunk.length + ours.length);
    expect(chain.contenderCount).toBe(theirs.length - 1);
    expect(chain.tip).toEqual(oldTip);
    const outcome = give(chain, theirs.at(-1)!);
    expect(outcome.kind).toBe('tip-changed');
    if (outcome.kind !== 'tip-changed') return;
    expect(outcome.added.map(({ hash }) => hash)).toEqual(theirs.map(hashBlockHex));
    expect(outcome.connected.map(({ block }) => block)).toEqual(theirs);
    expect(outcome.reverted.map(({ hash }) => hash)).toEqual(ours.map(hashBlockHex).reverse());
    expect(chain.tip.hash).toBe(lastHash(theirs));
    expect(chain.contenderCount).toBe(0);
  });

  it('counts each block once, and tells its sender where to go on', () => {
    const chain = openChain();
    for (const block of theirs.slice(0, 9)) give(chain, block);
    expect(give(chain, theirs[4]!)).toMatchObject({ kind: 'duplicate', entry: { height: 10 } });
    expect(chain.contenderCount).toBe(9);
    expect(chain.find(hashBlockHex(theirs[4]!), 'x')?.height).toBe(10);
    expect(chain.find(hashBlockHex(theirs[4]!), 'y')).toBeUndefined();
    expect(chain.locator('x').slice(0, 5)).toEqual([
      ...[8, 7, 5, 1].map((i) => hashBlockHex(theirs[i]!)),
      chain.tip.hash,
    ]);
    expect(chain.locator('y')).toEqual(chain.locator());
  });

  it('does not let orphans of others join, but those of its sender', () => {
    const chain = openChain();
    expect(give(chain, theirs[1]!, 'x').kind).toBe('orphan');
    expect(give(chain, theirs[1]!, 'y').kind).toBe('orphan');
    expect(give(chain, theirs[0]!, 'x').kind).toBe('contender');
    expect(chain.contenderCount).toBe(2);
    expect(chain.orphanCount).toBe(1);
  });

  it('brings the orphans of everyone along once it is the best chain', () => {
    const chain = openChain();
    const last = theirs.at(-1)!;
    give(chain, last, 'y');
    for (const block of theirs.slice(0, -1)) give(chain, block, 'x');
    expect(chain.tip.hash).toBe(lastHash(ours));
    give(chain, last, 'x');
    expect(chain.tip.hash).toBe(hashBlockHex(last));
    give(chain, freeBlock(hashBlockHex(last), 'next'), 'x');
    expect(chain.orphanCount).toBe(0);
  });

  it('follows its sender where that takes another way', () => {
    const chain = openChain();
    for (const block of theirs.slice(0, 100)) give(chain, block);
    const other = freeBlocks(hashBlockHex(theirs[49]!), DEEP_FORK_BLOCKS, 'other');
    for (const block of other) give(chain, block);
    expect(chain.tip.hash).toBe(lastHash(other));
    expect(chain.contenderCount).toBe(0);
  });

  it('is forgotten with its sender, and only then', () => {
    const chain = openChain();
    for (const from of ['x', 'y']) for (const block of theirs.slice(0, 9)) give(chain, block, from);
    expect(chain.contenderCount).toBe(18);
    chain.dropSender('x');
    expect(chain.contenderCount).toBe(9);
    give(chain, theirs[9]!, 'y');
    expect(give(chain, theirs[9]!, 'x').kind).toBe('orphan');
    expect(chain.contenderCount).toBe(10);
  });

  it('leaves nothing behind at others who sent it too, but what is still to come of them', () => {
    const chain = openChain();
    const longer = [...theirs.slice(0, 200), ...freeBlocks(hashBlockHex(theirs[199]!), 60, 'fork')];
    for (const block of longer) give(chain, block, 'y');
    for (const block of theirs) give(chain, block, 'x');
    expect(chain.tip.hash).toBe(lastHash(theirs));
    expect(chain.contenderCount).toBe(60);
    // They stand on a kept block now, and may still win.
    const rest = freeBlocks(lastHash(longer), theirs.length, 'rest');
    for (const block of rest) give(chain, block, 'y');
    expect(chain.tip.hash).toBe(lastHash(rest));
  });

  it('is told by outcomes from which a store rebuilds the same tree', () => {
    const lengths = fc.record({ a: fc.nat(60), b: fc.integer({ min: 1, max: 60 }), at: fc.nat(4) });
    fc.assert(
      fc.property(lengths, ({ a, b, at }) => {
        const long = freeBlocks(lastHash(trunk), DEEP_FORK_BLOCKS + a, 'a');
        const root = at === 0 ? FREE_GENESIS_HASH : hashBlockHex(trunk[at - 1]!);
        const rival = freeBlocks(root, DEEP_FORK_BLOCKS + a + b, 'b');
        const chain = freeChain();
        const stored: Block[] = [];
        for (const block of [...trunk, ...long, ...rival]) {
          const outcome = give(chain, block);
          if ('added' in outcome) stored.push(...outcome.added.map((entry) => entry.block));
        }
        const again = freeChain(...stored);
        expect(again.tip.hash).toBe(chain.tip.hash);
        expect(again.tree.size).toBe(chain.tree.size);
        expect(chain.tip.height).toBe(Math.max(at + rival.length, trunk.length + long.length));
      }),
      { numRuns: 20 },
    );
  });
});

describe('a sender of branches that never win', () => {
  it('holds few of them here, and is not listened to after many until the tip moves', () => {
    const chain = freeChain(...freeBlocks(FREE_GENESIS_HASH, 400, 'ours'));
    const side = (i: number) => freeBlock(FREE_GENESIS_HASH, `side ${i}`);
    const most = BRANCHES_PER_SENDER_LIMIT + CHANGES_PER_TIP_LIMIT;
    for (let i = 0; i < most; i++) {
      expect(give(chain, side(i), 'flood').kind).toBe('contender');
      expect(chain.contenderCount).toBeLessThanOrEqual(BRANCHES_PER_SENDER_LIMIT);
    }
    expect(give(chain, side(most), 'flood')).toEqual({
      kind: 'invalid',
      code: 'too-many-contenders',
    });
    expect(give(chain, side(most), 'calm').kind).toBe('contender');
    expect(give(chain, freeBlock(chain.tip.hash, 'next'), 'flood').kind).toBe('tip-changed');
    expect(give(chain, side(most), 'flood').kind).toBe('contender');
    expect(chain.tree.size).toBe(402);
  });

  it('does not push out the branch that another sender is sending', () => {
    const chain = freeChain(...freeBlocks(FREE_GENESIS_HASH, 300, 'ours'));
    const theirs = freeBlocks(FREE_GENESIS_HASH, 301, 'theirs');
    for (const [i, block] of theirs.entries()) {
      give(chain, block, 'calm');
      give(chain, freeBlock(FREE_GENESIS_HASH, `side ${i}`), 'flood');
    }
    expect(chain.tip.hash).toBe(lastHash(theirs));
  });
});

describe('a class room', () => {
  const target = EASY_TARGET >> 10n;

  /** Blocks on time, whose every one costs 16,384 hashes, would take a test too long: five are enough. */
  function openRoom() {
    const rules = makeClassRules(target);
    const chain = new Chain(makeClassGenesis(), rules, { from: 'test', wallMs: 0 });
    for (let i = 1; i <= 5; i++)
      give(chain, mineAt(rules, chain.tip, START_MS + i * SPACING_MS), 'test');
    expect(chain.tip.height).toBe(5);
    return { rules, chain };
  }

  it('keeps no block whose own lateness made it cheap, unless it is the new tip', () => {
    const { rules, chain } = openRoom();
    const lateMs = START_MS + 100 * SPACING_MS;
    const cheap = mineCheaply(rules, chain, lateMs);
    expect(give(chain, cheap)).toMatchObject({ kind: 'contender', entry: { target: EASY_TARGET } });
    expect(chain.tree.size).toBe(6);
    expect(give(chain, mineAt(rules, chain.tip, lateMs, 'new tip')).kind).toBe('tip-changed');
  });

  it('keeps a fork of those who found a block at the same time', () => {
    const { rules, chain } = openRoom();
    const parent = chain.tip.parent!;
    const twin = mineAt(rules, parent, START_MS + 5 * SPACING_MS + 1, 'twin');
    expect(give(chain, twin).kind).toBe('side-branch');
  });

  it('follows a half that was weak for long and has more work in the end', () => {
    const { rules, chain } = openRoom();
    const half = new Chain(makeClassGenesis(), rules, { from: 'test', wallMs: 0 });
    let timeMs = START_MS;
    const blocks: Block[] = [];
    const find = (spacings: number) => {
      timeMs += spacings * SPACING_MS;
      const block = mineAt(rules, half.tip, timeMs, 'half');
      expect(give(half, block, 'test').kind).toBe('tip-changed');
      blocks.push(block);
    };
    for (let i = 0; i < 3; i++) find(14);
    const weak = blocks.length;
    while (half.tip.work <= chain.tip.work) find(0.2);
    const outcomes = blocks.map((block) => give(chain, block));
    expect(outcomes[weak - 1]!.kind).toBe('contender');
    expect(outcomes.at(-1)!.kind).toBe('tip-changed');
    expect(chain.tip.hash).toBe(half.tip.hash);
  });
});

describe('cheap blocks of one sender', () => {
  it('wait in a limited number, and leave others their share', () => {
    const rules = { ...homeworkRules(FREE_TARGET), sideTarget: () => 0n };
    const chain = new Chain(FREE_GENESIS, rules, { from: 'test', wallMs: 0 });
    const limit = CHEAP_BLOCKS_PER_SENDER_LIMIT;
    for (const block of freeBlocks(FREE_GENESIS_HASH, limit + 10, 'ours')) give(chain, block);
    const cheap = freeBlocks(FREE_GENESIS_HASH, limit + 1, 'cheap');
    for (const block of cheap.slice(0, limit)) expect(give(chain, block).kind).toBe('contender');
    const refusal = { kind: 'invalid', code: 'too-many-contenders' };
    expect(give(chain, cheap.at(-1)!)).toEqual(refusal);
    expect(give(chain, freeBlock(FREE_GENESIS_HASH, 'another'))).toEqual(refusal);
    expect(give(chain, cheap[0]!, 'y').kind).toBe('contender');
    expect(chain.contenderCount).toBe(limit + 1);
  });
});

it('cheap blocks full of data wait in a smaller number', () => {
  const rules = { ...homeworkRules(FREE_TARGET), sideTarget: () => 0n };
  const chain = new Chain(FREE_GENESIS, rules, { from: 'test', wallMs: 0 });
  const most = CHEAP_DATA_PER_SENDER_LIMIT_BYTES / DATA_LIMIT_BYTES;
  for (const block of freeBlocks(FREE_GENESIS_HASH, most + 10, 'ours')) give(chain, block);
  const large = freeBlocks(FREE_GENESIS_HASH, most + 1, 'large', DATA_LIMIT_BYTES);
  for (const block of large.slice(0, most)) expect(give(chain, block).kind).toBe('contender');
  expect(give(chain, large.at(-1)!)).toMatchObject({ code: 'too-many-contenders' });
});

/** A late block on the genesis block whose hash shows no more work than its lateness demands. */
function mineCheaply(rules: Rules, chain: Chain, timeMs: number): Block {
  for (let i = 0; ; i++) {
    const block = mineAt(rules, chain.tree.genesis, timeMs, `cheap ${i}`);
    if (!meetsTarget(hashBlock(block), rules.sideTarget(chain.tip))) return block;
  }
}

function give(chain: Chain, block: Block, from = 'x'): AcceptOutcome {
  return chain.accept(block, { from, wallMs: 0, networkMs: Number.MAX_SAFE_INTEGER });
}
