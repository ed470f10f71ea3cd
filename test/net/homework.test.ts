import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import type { Chain } from '../../lib/chain/chain.ts';
import {
  HEAL_COPIES_LIMIT,
  HEAL_RATE,
  HomeworkMiner,
  INTRODUCTION_MS,
  REWIND_INTERVAL_MS,
  STRAY_PAUSE_LIMIT_MS,
  TIP_REPEAT_BLOCKS,
  TIP_REPEAT_MS,
  UNHEARD_REPEATS_MS,
} from '../../lib/net/homework.ts';
import {
  FREE_GENESIS,
  FREE_GENESIS_HASH,
  freeBlock,
  freeBlocks,
  freeChain,
  lastHash,
} from '../support/free-chain.ts';
import { FRESH_LIMIT, FRESH_REPEAT_MS } from '../../lib/net/fresh-blocks.ts';
import { seededRandom } from '../support/random.ts';
import { NaiveMiner } from '../support/naive-miner.ts';

const TICK_MS = 200;

interface Sent {
  readonly block: Block;
  readonly hash: string;
  readonly atMs: number;
}

/** Our chain, one configured miner, and the datagrams between them, of which any may be lost. */
class Bridge {
  readonly chain: Chain;
  readonly naive = new NaiveMiner('naive');
  readonly miner = new HomeworkMiner(0);
  /** What was sent to the miner, burst by burst, lost datagrams included. */
  readonly bursts: Sent[][] = [];
  readonly shown = new Set<string>();
  isLost: () => boolean = () => false;
  /** Whether the miner's program runs. */
  up = true;
  nowMs = 0;
  #found = 0;

  constructor(...blocks: Block[]) {
    this.chain = freeChain(...blocks);
  }

  get sent(): Sent[] {
    return this.bursts.flat();
  }

  get inStep(): boolean {
    return this.naive.tip?.hash === this.chain.tip.hash;
  }

  wait(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.feed())
      this.nowMs = Math.min(endMs, this.nowMs + TICK_MS);
  }

  /** Our side finds a block, on the tip or on another parent. */
  weFind(previous = this.chain.tip.hash): Block {
    const block = freeBlock(previous, `ours ${++this.#found}`);
    this.#accept(block, 'self');
    this.feed();
    return block;
  }

  /** The miner finds a block, and sends it once. */
  itFinds(): Block | null {
    const block = this.up ? this.naive.mine() : null;
    if (block !== null && !this.isLost()) this.hear(block);
    return block;
  }

  /** A block from the miner arrives. */
  hear(block: Block): void {
    const hash = hashBlockHex(block);
    this.shown.add(hash);
    this.miner.noteKnown(hash);
    const kind = this.#accept(block, 'udp:naive');
    const entry = this.chain.find(hash, 'udp:naive');
    const isNew = kind !== 'duplicate';
    if (entry !== undefined) this.miner.shows(entry, this.chain.tree, isNew, this.nowMs);
    else if (kind === 'orphan') this.miner.showsUnknown(this.chain.tree, this.nowMs);
    this.feed();
  }

  feed(): void {
    const blocks = this.miner.takeDue(this.chain.tree, this.nowMs);
    if (blocks.length === 0) return;
    const atMs = this.nowMs;
    this.bursts.push(blocks.map((block) => ({ block, hash: hashBlockHex(block), atMs })));
    for (const block of blocks) if (this.up && !this.isLost()) this.naive.hear(block);
  }

  #accept(block: Block, from: string): string {
    const outcome = this.chain.accept(block, { from, wallMs: 0, networkMs: 0 });
    if (outcome.kind === 'tip-changed' && outcome.reverted.length > 0)
      this.miner.tipMoved(outcome.connected[0]!.height - 1);
    return outcome.kind;
  }
}

const anyStep = fc.oneof(
  { weight: 3, arbitrary: fc.constant('we find' as const) },
  { weight: 2, arbitrary: fc.constant('it finds' as const) },
  { weight: 1, arbitrary: fc.constant('we fork' as const) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 15_000 }) },
);

/** A random history over a link that loses datagrams. */
const anyHistory = fc.record({
  before: fc.nat(60),
  steps: fc.array(anyStep, { maxLength: 50 }),
  seed: fc.nat(),
  lossPercent: fc.constantFrom(0, 5, 30, 60, 100),
});

type History = typeof anyHistory extends fc.Arbitrary<infer Value> ? Value : never;

function play(bridge: Bridge, { steps, seed, lossPercent }: History, restarts: boolean): Bridge {
  const random = seededRandom(seed);
  // It has the genesis block, as `miner.1 genesis` has.
  bridge.naive.hear(FREE_GENESIS);
  bridge.isLost = () => 100 * random() < lossPercent;
  for (const step of steps)
    if (step === 'we find') bridge.weFind();
    else if (step === 'it finds') bridge.itFinds();
    else if (step === 'we fork') bridge.weFind(bridge.chain.tip.parent?.hash);
    else if (step !== 'restart') bridge.wait(step);
    else if (restarts) bridge.naive.restart(FREE_GENESIS);
  bridge.isLost = () => 100 * random() < 10;
  return bridge;
}

const open = ({ before }: History) => new Bridge(...freeBlocks(FREE_GENESIS_HASH, before, 'old'));

describe('a naive miner behind a lossy link', () => {
  it.each([
    ['whatever was lost', false],
    ['after restarts too', true],
  ])('always catches up once it is heard again, %s', (_, restarts) => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const bridge = play(open(history), history, restarts);
        // The rest of the world outruns it, else it would rightly stay on its own blocks.
        let rounds = 0;
        for (; rounds < 150 && !bridge.inStep; rounds++) {
          bridge.itFinds();
          bridge.weFind();
          bridge.weFind();
          bridge.wait(5_000);
        }
        expect(bridge.inStep).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is sent no more than its budget, in any stretch of time', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const timesMs = play(open(history), history, true).sent.map(({ atMs }) => atMs);
        const { perSecond, burst } = HEAL_RATE;
        const tooMany = timesMs.filter((fromMs, first) =>
          timesMs
            .slice(first)
            .some((toMs, i) => i + 1 > burst + ((toMs - fromMs) * perSecond) / 1000 + 1e-6),
        );
        expect(tooMany).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('gets none of its blocks back, but the tip after ten quiet seconds', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const bridge = open(history);
        let echoed = 0;
        const feed = bridge.feed.bind(bridge);
        bridge.feed = () => {
          const lastMs = bridge.sent.at(-1)?.atMs ?? 0;
          const count = bridge.bursts.length;
          feed();
          const burst = bridge.bursts[count] ?? [];
          const isTipRepeat = burst.length === 1 && bridge.nowMs - lastMs >= TIP_REPEAT_MS;
          if (!isTipRepeat) echoed += burst.filter(({ hash }) => bridge.shown.has(hash)).length;
        };
        play(bridge, history, false);
        expect(echoed).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('is sent the genesis block before anything else for as long as it has shown nothing', () => {
    fc.assert(
      fc.property(
        fc.nat(300),
        fc.array(fc.option(fc.nat(20_000)), { maxLength: 40 }),
        (before, steps) => {
          const bridge = new Bridge(...freeBlocks(FREE_GENESIS_HASH, before, 'old'));
          bridge.up = false;
          for (const ms of steps)
            if (ms === null) bridge.weFind();
            else bridge.wait(ms);
          const first = bridge.bursts.map((burst) => burst[0]!.hash);
          expect(first.filter((hash) => hash !== FREE_GENESIS_HASH)).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });
});

/** A bridge whose miner is in step, at this height. */
function inStep(height: number): Bridge {
  const bridge = new Bridge(...freeBlocks(FREE_GENESIS_HASH, height, 'old'));
  bridge.wait(10_000);
  bridge.itFinds();
  expect(bridge.inStep).toBe(true);
  bridge.bursts.length = 0;
  return bridge;
}

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

  it('hears a block that was lost again within a second, as often as it takes', () => {
    const bridge = inStep(5);
    let lost = 0;
    bridge.isLost = () => ++lost <= 4;
    bridge.weFind();
    expect(bridge.inStep).toBe(false);
    bridge.wait(5 * (FRESH_REPEAT_MS + TICK_MS));
    expect(bridge.inStep).toBe(true);
  });

  it('is not behind for five seconds, though it finds no block and a fifth is lost', () => {
    const bridge = inStep(5);
    const random = seededRandom(7);
    bridge.isLost = () => random() < 0.2;
    let behindMs = 0;
    for (let block = 0; block < 600; block++) {
      const found = bridge.weFind();
      bridge.wait(1_000);
      behindMs = bridge.naive.has(hashBlockHex(found)) ? 0 : behindMs + 1_000;
      expect(behindMs).toBeLessThan(5_000);
    }
  });

  it('is hardly ever behind for three seconds by a chain that grows fast, though a fifth is lost', () => {
    const bridge = inStep(5);
    const random = seededRandom(11);
    bridge.isLost = () => random() < 0.2;
    const found: Block[] = [];
    let late = 0;
    // Eight blocks a second of ours, and one in two seconds of its own.
    for (let block = 0; block < 4_000; block++) {
      found.push(bridge.weFind());
      if (block % 16 === 0) bridge.itFinds();
      bridge.wait(125);
      const old = found.at(-24);
      if (old !== undefined && !bridge.naive.has(hashBlockHex(old))) late++;
    }
    expect(late).toBeLessThan(10);
  });

  it('is caught up by a chain that grows fast, though a fifth is lost', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const bridge = inStep(5);
        bridge.isLost = () => true;
        for (let block = 0; block < 200; block++) bridge.weFind();
        const random = seededRandom(seed);
        bridge.isLost = () => random() < 0.2;
        // For a minute eight blocks a second of ours, and one in two seconds of its own.
        let leastBehind = Infinity;
        for (let block = 0; block < 480; block++) {
          bridge.weFind();
          if (block % 16 === 0) bridge.itFinds();
          bridge.wait(125);
          leastBehind = Math.min(leastBehind, bridge.chain.tip.height - bridge.naive.tip!.height);
        }
        expect(leastBehind).toBeLessThan(FRESH_LIMIT);
      }),
      { numRuns: 5 },
    );
  });

  it('that heard nothing for minutes and finds no block is brought to the tip again', () => {
    const bridge = inStep(5);
    bridge.isLost = () => true;
    for (let block = 0; block < 100; block++) {
      bridge.weFind();
      bridge.wait(1_000);
    }
    bridge.isLost = () => false;
    bridge.wait((100 / TIP_REPEAT_BLOCKS + 2) * TIP_REPEAT_MS);
    expect(bridge.inStep).toBe(true);
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
