import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { FRESH_LIMIT, FRESH_REPEAT_MS } from '../../lib/net/fresh-blocks.ts';
import {
  PREDECESSORS_LIMIT,
  TIP_REPEAT_BLOCKS,
  TIP_REPEAT_MS,
} from '../../lib/net/homework-repeats.ts';
import { HEAL_RATE } from '../../lib/net/homework.ts';
import { FREE_GENESIS, FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { Bridge, inStep, TICK_MS } from '../support/homework-bridge.ts';
import { seededRandom } from '../support/random.ts';

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
describe('a configured miner whose datagrams get lost', () => {
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

  it.each([3, 5, 8])(
    'is never behind for five seconds, hardly ever for two, by %i blocks a second, though a fifth is lost',
    (perSecond) => {
      const bridge = inStep(5);
      const random = seededRandom(11);
      bridge.isLost = () => random() < 0.2;
      const found: Block[] = [];
      const lacks = (seconds: number) => {
        const old = found.at(-seconds * perSecond);
        return old !== undefined && !bridge.naive.has(hashBlockHex(old));
      };
      let late = 0;
      for (let block = 0; block < 1_500; block++) {
        found.push(bridge.weFind());
        // One in two seconds of its own.
        if (block % (2 * perSecond) === 0) bridge.itFinds();
        bridge.wait(1_000 / perSecond);
        expect(lacks(5)).toBe(false);
        if (lacks(2)) late++;
      }
      expect(late).toBeLessThan(10);
    },
  );

  it('hears a lost block again with the next one', () => {
    const bridge = inStep(5);
    bridge.wait(10_000);
    bridge.isLost = () => true;
    for (let block = 0; block < PREDECESSORS_LIMIT; block++) bridge.weFind();
    bridge.isLost = () => false;
    bridge.weFind();
    expect(bridge.inStep).toBe(true);
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
});
