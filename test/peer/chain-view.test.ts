import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { readHex, writeUtf8, type HashHex } from '../../lib/chain/bytes.ts';
import type { Chain } from '../../lib/chain/chain.ts';
import { encodePayload } from '../../lib/ledger/payload.ts';
import { ChainView, LEADERBOARD_LIMIT, meanSpacingMs } from '../../lib/peer/chain-view.ts';
import { FREE_GENESIS_HASH, freeBlock, freeChain } from '../support/free-chain.ts';

const accountOf = (number: number) => number.toString(16).padStart(40, '0');
const SELF = accountOf(1);

function blockBy(number: number, previous: HashHex, name = `Miner ${number}`, note = ''): Block {
  const data = encodePayload({ timeMs: 7_000, miner: accountOf(number), name, note });
  return { data, previousHash: readHex(previous)!, proofOfWork: new Uint8Array(8) };
}

/** A chain and the view that follows it. */
function watched() {
  const chain: Chain = freeChain();
  const view = new ChainView(SELF);
  const add = (block: Block, wallMs = 0) => {
    const outcome = chain.accept(block, { from: 'link a', wallMs, networkMs: 0 });
    if (outcome.kind === 'tip-changed') view.moved(outcome.reverted, outcome.connected);
    return hashBlockHex(block);
  };
  return { chain, view, add };
}

describe('the leaderboard', () => {
  it('counts the blocks of the best chain, genesis left out, through any reorganisations', () => {
    const plan = fc.array(fc.record({ back: fc.nat(4), miner: fc.nat(4) }), { maxLength: 40 });
    fc.assert(
      fc.property(plan, (steps) => {
        const { chain, view, add } = watched();
        const hashes = [FREE_GENESIS_HASH];
        steps.forEach(({ back, miner }, i) => {
          const previous = hashes[Math.max(0, hashes.length - 1 - back)]!;
          hashes.push(
            add(miner === 0 ? freeBlock(previous, `foreign ${i}`) : blockBy(miner, previous)),
          );
        });
        const counts = new Map<string | null, number>();
        for (let height = 1; height <= chain.tip.height; height++) {
          const account = view.payloadOf(chain.tree.at(height)!)?.miner ?? null;
          counts.set(account, (counts.get(account) ?? 0) + 1);
        }
        const rows = view.leaderboard();
        expect(new Map(rows.map(({ account, blocks }) => [account, blocks]))).toEqual(counts);
        const blocks = rows.map((row) => row.blocks);
        expect(blocks).toEqual([...blocks].sort((a, b) => b - a));
        expect(view.ownBlocks).toBe(counts.get(SELF) ?? 0);
        expect(rows.filter(({ isSelf }) => isSelf).map(({ account }) => account)).toEqual(
          counts.has(SELF) ? [SELF] : [],
        );
      }),
    );
  });

  it('shows the name that a miner claimed last, or the beginning of its account', () => {
    const { view, add } = watched();
    const first = add(blockBy(1, FREE_GENESIS_HASH, 'Ada'));
    const second = add(blockBy(1, first, 'Ada L.'));
    add(blockBy(2, second, ''));
    expect(view.leaderboard().map(({ name }) => name)).toEqual(['Ada L.', '00000000']);
  });

  it('has a limited number of rows', () => {
    const { view, add } = watched();
    let tip = FREE_GENESIS_HASH;
    for (let number = 1; number <= LEADERBOARD_LIMIT + 20; number++)
      tip = add(blockBy(number, tip));
    expect(view.leaderboard()).toHaveLength(LEADERBOARD_LIMIT);
  });
});

describe('a block on the screen', () => {
  it('tells whose it is, what it says, and where it stands', () => {
    const { chain, view, add } = watched();
    const first = add(blockBy(1, FREE_GENESIS_HASH, 'Ada', 'hello'), 5_000);
    const side = add(freeBlock(FREE_GENESIS_HASH, 'foreign'), 6_000);
    add(blockBy(2, first), 7_000);
    const { tree } = chain;
    expect(view.detail(tree, first)).toMatchObject({
      hash: first,
      previousHash: FREE_GENESIS_HASH,
      height: 1,
      onBestChain: true,
      account: SELF,
      name: 'Ada',
      note: 'hello',
      heardMs: 5_000,
      timeMs: 7_000,
      isSelf: true,
      heardFrom: 'link a',
      proofOfWork: '00'.repeat(8),
      target: 'ff'.repeat(32),
      confirmations: 2,
    });
    expect(view.detail(tree, side)).toMatchObject({
      onBestChain: false,
      account: null,
      name: '?',
      note: '',
      timeMs: null,
      isSelf: false,
      confirmations: 0,
      data: writeUtf8('foreign'),
    });
    expect(view.detail(tree, 'ab'.repeat(32))).toBeNull();
  });

  it('comes with all others of the heights that are asked for, whatever those are', () => {
    const { chain, view, add } = watched();
    const first = add(freeBlock(FREE_GENESIS_HASH, 'a'));
    const side = add(freeBlock(FREE_GENESIS_HASH, 'b'));
    const second = add(freeBlock(first, 'c'));
    const between = (from: number, to: number) =>
      view.between(chain.tree, from, to).map(({ hash }) => hash);
    expect(between(1, 1)).toEqual([first, side]);
    expect(between(-5, 1e9)).toEqual([FREE_GENESIS_HASH, first, side, second]);
    expect(between(3, 9)).toEqual([]);
    expect(between(2, 1)).toEqual([]);
  });
});

describe('the mean spacing', () => {
  it('is that of the last 32 arrivals, and unknown before there are so many', () => {
    const { chain, add } = watched();
    let tip = FREE_GENESIS_HASH;
    for (let i = 1; i <= 31; i++) tip = add(freeBlock(tip, ''), i);
    expect(meanSpacingMs(chain.tree)).toBeNull();
    for (let i = 32; i <= 100; i++) tip = add(freeBlock(tip, ''), 250 * i);
    expect(meanSpacingMs(chain.tree)).toBe(250);
    // A clock that was set back shows no negative spacing.
    for (let i = 0; i < 20; i++) tip = add(freeBlock(tip, ''), 0);
    expect(meanSpacingMs(chain.tree)).toBe(0);
  });
});
