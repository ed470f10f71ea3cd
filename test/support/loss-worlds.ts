/**
 * Two miners as naive as reference miners and one of ours, on a network that loses datagrams (R8, R10): simulated with
 * the peer's own code, and beside it as a model of a few lines that knows nothing of that code.
 */
import { MAX_TARGET } from '../../lib/chain/target.ts';
import { makeKeyPair } from '../../lib/ledger/account.ts';
import { Random } from '../../lib/sim/random.ts';
import { World, type WorldOptions } from '../../lib/sim/world.ts';
import { FRESH_REPEAT_MS } from '../../lib/net/fresh-blocks.ts';

const HASHES_PER_PROOF = 64;
const TARGET = MAX_TARGET / BigInt(HASHES_PER_PROOF);
export const SPACING_MS = 1_000;
const DELAY = { delayMs: 1, jitterMs: 1 } as const;
/** Datagrams get lost from here on: before, all have heard the genesis block. */
const LOSS_FROM_MS = 3_000;
const LOOK_EVERY_MS = 250;

export interface LossWorld {
  readonly seed: number;
  /** Our part of the hash power, 0 to 1; the two others have the rest in halves. */
  readonly share: number;
  readonly loss: number;
  readonly minutes: number;
  /** The mean time between blocks of all; a second where it is not given. */
  readonly spacingMs?: number;
}

export interface LossOutcome {
  /** Of the longest chain that anybody has. */
  readonly height: number;
  /** Blocks of ours on our best chain, and those that we found. */
  readonly own: number;
  readonly ownFound: number;
  readonly found: number;
  /** The longest time for which a naive miner lacked a block of our best chain. */
  readonly behindMs: number;
}

/** A world of the simulator. */
export function simulateLoss(spec: LossWorld): LossOutcome {
  const world = new World(optionsOf(spec));
  const heardMs = new Map<string, number>();
  let behindMs = 0;
  const look = (): void => {
    const tree = world.peers[0]!.peer?.chain?.tree;
    // Blocks that all have had for long are not looked at again.
    for (
      let height = tree?.tip.height ?? 0, depth = 0;
      height > 0 && depth < 40;
      height--, depth++
    ) {
      const { hash } = tree!.at(height)!;
      if (!heardMs.has(hash)) heardMs.set(hash, world.nowMs);
      if (world.miners.some((miner) => !miner.has(hash)))
        behindMs = Math.max(behindMs, world.nowMs - heardMs.get(hash)!);
    }
    world.queue.push(world.nowMs + LOOK_EVERY_MS, look);
  };
  world.queue.push(LOOK_EVERY_MS, look);
  const { violations } = world.run();
  if (violations.length > 0) throw new Error(violations[0]!.what);
  const { keeper, search } = world.peers[0]!.peer!;
  const heights = world.miners.map(({ tip }) => tip?.height ?? 0);
  return {
    height: Math.max(keeper.chain?.tip.height ?? 0, ...heights),
    own: keeper.view.ownBlocks,
    ownFound: search.foundCount,
    found: world.miners.reduce((sum, miner) => sum + miner.foundCount, search.foundCount),
    behindMs,
  };
}

function optionsOf(world: LossWorld): WorldOptions {
  const { seed, share, loss, minutes, spacingMs = SPACING_MS } = world;
  const stopsMs = 60_000 * minutes;
  const powerOfAll = (HASHES_PER_PROOF * 1_000) / spacingMs;
  const miner = (self: number, other: number) => ({
    hashesPerSecond: (powerOfAll * (1 - share)) / 2,
    startsMs: self === 1 ? 1_000 : 0,
    target: TARGET,
    makesGenesis: self === 1,
    others: [0, other],
  });
  return {
    seed,
    stopsMs,
    faultsMs: stopsMs + 1,
    tickMs: 100,
    network: DELAY,
    faults: [{ kind: 'udp', atMs: LOSS_FROM_MS, loss, duplication: 0, reordering: 0 }],
    peers: [
      {
        keys: makeKeyPair(new Uint8Array(48).fill(7)),
        options: {
          keys: makeKeyPair(new Uint8Array(48).fill(7)),
          agent: 'node',
          room: '',
          genesis: { kind: 'heard' },
          target: TARGET,
          spacingMs: 10_000,
          minSpacingMs: 0,
          mines: true,
          previousField: 'previous',
          settings: { name: 'ours', note: '', paused: false, power: 1 },
        },
        hashesPerSecond: powerOfAll * share,
        joinsMs: 0,
        clockOffsetMs: 0,
        driftPerMillion: 0,
        busyMs: 0,
        storeLatencyMs: 1,
        udpOthers: [1, 2],
        hostile: null,
      },
    ],
    miners: [miner(1, 2), miner(2, 1)],
    closely: false,
  };
}

/**
 * The height of the longest chain in the same network, by a model: everyone follows the longest chain whose blocks all
 * came; naive miners send a block once; ours passes its best chain on, and again after half a second until it arrives.
 */
export function modelLoss({ seed, share, loss, minutes }: LossWorld): number {
  const random = new Random(seed);
  const parents: number[] = [-1];
  const heights: number[] = [0];
  const tips = [0, 0, 0];
  const known = [new Set([0]), new Set([0]), new Set([0])];
  /** When a block that ours resends reaches a naive miner. */
  const due: { atMs: number; block: number; to: number }[] = [];
  const arrivesMs = (nowMs: number): number => {
    let atMs = nowMs;
    while (random.chance(loss)) atMs += FRESH_REPEAT_MS;
    return atMs;
  };
  const take = (who: number, block: number, nowMs: number): void => {
    if (known[who]!.has(block) || !known[who]!.has(parents[block]!)) return;
    known[who]!.add(block);
    if (heights[block]! <= heights[tips[who]!]!) return;
    const before = tips[who]!;
    tips[who] = block;
    if (who !== 0) return;
    // A reorganisation is passed on from the fork, lowest block first.
    const news: number[] = [];
    for (let at = block; at !== before && heights[at]! > 0; at = parents[at]!) {
      news.unshift(at);
      if (heights[at]! <= heights[before]! && parents[at] === parents[before]) break;
    }
    for (const to of [1, 2])
      for (const each of news) due.push({ atMs: arrivesMs(nowMs), block: each, to });
  };
  const deliver = (untilMs: number): void => {
    due.sort((a, b) => a.atMs - b.atMs);
    const waiting = due.splice(0);
    for (const one of waiting) {
      const { atMs, block, to } = one;
      if (atMs > untilMs) due.push(one);
      // One whose parent is still on its way comes again later.
      else if (known[to]!.has(parents[block]!)) take(to, block, atMs);
      else if (known[0]!.has(block)) due.push({ ...one, atMs: atMs + FRESH_REPEAT_MS });
    }
  };
  for (let nowMs = LOSS_FROM_MS; ;) {
    nowMs += SPACING_MS * random.exponential();
    if (nowMs >= 60_000 * minutes) break;
    for (let turn = 0; turn < 8; turn++) deliver(nowMs);
    const drawn = random.uniform();
    const finder = drawn < share ? 0 : drawn < share + (1 - share) / 2 ? 1 : 2;
    const block = parents.push(tips[finder]!) - 1;
    heights.push(heights[tips[finder]!]! + 1);
    take(finder, block, nowMs);
    if (finder !== 0)
      for (const other of [0, 3 - finder]) if (!random.chance(loss)) take(other, block, nowMs);
  }
  return Math.max(...tips.map((tip) => heights[tip]!));
}
