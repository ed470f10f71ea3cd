import { describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { FRESH_REPEAT_MS } from '../../lib/net/fresh-blocks.ts';
import { TIP_REPEAT_MS } from '../../lib/net/homework-repeats.ts';
import {
  HEAL_COPIES_LIMIT,
  HEAL_RATE,
  INTRODUCTION_MS,
  REWIND_INTERVAL_MS,
  STRAY_PAUSE_LIMIT_MS,
  UNHEARD_REPEATS_MS,
} from '../../lib/net/homework.ts';
import {
  FREE_GENESIS,
  FREE_GENESIS_HASH,
  freeBlock,
  freeBlocks,
  lastHash,
} from '../support/free-chain.ts';
import { Bridge, inStep } from '../support/homework-bridge.ts';

describe('a configured miner', () => {
  it('that starts late takes our genesis block as its root, and is brought to the tip', () => {
    const bridge = new Bridge(...freeBlocks(FREE_GENESIS_HASH, 100, 'old'));
    bridge.up = false;
    bridge.wait(100_000);
    bridge.weFind();
    bridge.up = true;
    bridge.weFind();
    expect(bridge.naive.root).toBe(FREE_GENESIS_HASH);
    bridge.wait(INTRODUCTION_MS.most + 5_000);
    expect(bridge.inStep).toBe(true);
  });

  it('that shows nothing is sent the chain ever more seldom', () => {
    const bridge = new Bridge(...freeBlocks(FREE_GENESIS_HASH, 2, 'old'));
    bridge.up = false;
    bridge.wait(1_000_000);
    const begunMs = bridge.bursts
      .map(([first]) => first!.atMs)
      .filter((atMs) => atMs > UNHEARD_REPEATS_MS + INTRODUCTION_MS.most);
    const pausesMs = begunMs.slice(1).map((atMs, i) => atMs - begunMs[i]!);
    expect(new Set(pausesMs)).toEqual(new Set([INTRODUCTION_MS.most]));
    expect(bridge.sent.length).toBeLessThan(1_000);
  });

  it('gets each new block once, whole and at once', () => {
    const bridge = inStep(3);
    const found = Array.from({ length: 20 }, () => {
      bridge.wait(1_000);
      const block = bridge.weFind();
      expect(bridge.inStep).toBe(true);
      return hashBlockHex(block);
    });
    expect([...new Set(bridge.sent.map(({ hash }) => hash))]).toEqual(found);
    expect(bridge.sent.slice(0, 2).map(({ hash }) => hash)).toEqual([found[0], found[0]]);
  });

  it('that shows a stale block is sent what comes after the fork, in order', () => {
    const bridge = inStep(5);
    bridge.isLost = () => true;
    const lost = [bridge.weFind(), bridge.weFind(), bridge.weFind()];
    bridge.wait(2_000);
    bridge.isLost = () => false;
    bridge.bursts.length = 0;
    bridge.itFinds();
    expect(bridge.sent.map(({ block }) => block)).toEqual(lost);
    expect(bridge.inStep).toBe(true);
  });

  it('that shows an old block of ours is sent what comes after it', () => {
    const bridge = inStep(5);
    const found = [bridge.weFind(), bridge.weFind()];
    bridge.wait(2_000);
    bridge.bursts.length = 0;
    bridge.hear(bridge.chain.tree.at(5)!.block);
    expect(bridge.sent.map(({ block }) => block)).toEqual(found);
  });

  it('that shows a block without known parent is sent what it never showed', () => {
    const bridge = inStep(5);
    const found = [bridge.weFind(), bridge.weFind()];
    bridge.wait(2_000);
    bridge.bursts.length = 0;
    bridge.hear(freeBlock('ab'.repeat(32), 'somewhere'));
    expect(bridge.sent.map(({ block }) => block)).toEqual(found);
  });

  it('is sent a reorganisation from the fork on', () => {
    const bridge = inStep(4);
    const fork = bridge.chain.tip.hash;
    bridge.weFind();
    bridge.bursts.length = 0;
    const first = bridge.weFind(fork);
    expect(bridge.sent).toEqual([]);
    const second = bridge.weFind(hashBlockHex(first));
    expect(bridge.sent.map(({ block }) => block)).toEqual([first, second]);
    expect(bridge.inStep).toBe(true);
  });

  it('that shows itself behind again and again is healed once a second at most', () => {
    const bridge = inStep(5);
    const old = bridge.chain.tree.at(4)!.block;
    const missed = bridge.weFind();
    bridge.wait(2_000);
    bridge.bursts.length = 0;
    const seconds = 10;
    for (let i = 0; i < seconds * 100; i++) {
      bridge.nowMs += 10;
      bridge.hear(old);
    }
    const times = bridge.sent.filter(({ hash }) => hash === hashBlockHex(missed)).length;
    expect(times).toBeGreaterThan(1);
    const repeats = HEAL_COPIES_LIMIT / REWIND_INTERVAL_MS + 1 / FRESH_REPEAT_MS;
    expect(times).toBeLessThanOrEqual(seconds * 1_000 * repeats + 1);
  });

  it('hears our tip again after ten seconds without news', () => {
    const bridge = inStep(5);
    bridge.weFind();
    bridge.wait(TIP_REPEAT_MS);
    bridge.bursts.length = 0;
    bridge.wait(3 * TIP_REPEAT_MS);
    const tip = bridge.chain.tip.hash;
    expect(bridge.sent.map(({ hash }) => hash)).toEqual([tip, tip, tip]);
  });

  it('that builds on blocks which never came here is healed ever more seldom, and called lost', () => {
    const bridge = inStep(5);
    bridge.wait(TIP_REPEAT_MS);
    bridge.bursts.length = 0;
    for (let second = 0; second < 600; second++) {
      bridge.hear(freeBlock('ab'.repeat(32), `astray ${second}`));
      bridge.wait(1_000);
      if (second === 0) expect(bridge.miner.isLost).toBe(false);
    }
    expect(bridge.miner.isLost).toBe(true);
    const late = bridge.bursts.filter(([first]) => first!.atMs > bridge.nowMs - 300_000);
    expect(late.length).toBeGreaterThan(0);
    expect(late.length).toBeLessThanOrEqual(300_000 / STRAY_PAUSE_LIMIT_MS + 1);
    bridge.hear(bridge.chain.tip.block);
    expect(bridge.miner.isLost).toBe(false);
  });

  it('that runs another genesis block hears what newcomers hear, until it shows a block of ours', () => {
    const bridge = inStep(5);
    bridge.miner.showsForeignRoot();
    bridge.hear(freeBlock('ab'.repeat(32), 'foreign'));
    bridge.wait(60_000);
    expect(bridge.sent).toEqual([]);
    bridge.hear(bridge.chain.tree.at(3)!.block);
    expect(bridge.sent.length).toBeGreaterThan(0);
  });

  it('that restarts from the genesis block is sent its own old blocks too', () => {
    const bridge = inStep(0);
    for (let i = 0; i < 30; i++) bridge.itFinds();
    bridge.wait(2_000);
    bridge.naive.restart(FREE_GENESIS);
    bridge.itFinds();
    bridge.wait(2_000);
    expect(bridge.inStep).toBe(true);
    expect(bridge.miner.shownHeight).toBe(1);
  });

  it('counts as standing where it showed its highest block', () => {
    const bridge = new Bridge();
    expect(bridge.miner.shownHeight).toBeNull();
    bridge.wait(1_000);
    bridge.itFinds();
    bridge.itFinds();
    expect(bridge.miner.shownHeight).toBe(2);
    expect(lastHash([])).toBe(FREE_GENESIS_HASH);
  });

  it('is caught up over a long chain within what the rate allows', () => {
    const bridge = new Bridge(...freeBlocks(FREE_GENESIS_HASH, 2_000, 'old'));
    bridge.wait(200);
    bridge.itFinds();
    bridge.wait((2_000 / HEAL_RATE.perSecond) * 1_000);
    expect(bridge.inStep).toBe(true);
  });
});
