import { describe, expect, it } from 'vitest';
import type { BlockTree } from '../../lib/chain/tree.ts';
import { WORLD_START_WALL_MS } from '../../lib/sim/clock.ts';
import type { Fault } from '../../lib/sim/faults.ts';
import { drawScenario, type RoomKind } from '../../lib/sim/scenario.ts';
import { World, type WorldOptions } from '../../lib/sim/world.ts';

const TIMEOUT_MS = 300_000;
/** What a proof takes in simulated rooms. */
const HASHES_PER_PROOF = 64;

interface CalmRoom {
  readonly seed: number;
  readonly room: RoomKind;
  readonly peers: number;
  readonly minutes: number;
  /** Of each peer. */
  readonly hashesPerSecond: number;
  readonly faults?: readonly Fault[];
}

/** A room of honest machines on a good network, in which only what the test asks for goes wrong. */
function calmRoom({
  seed,
  room,
  peers,
  minutes,
  hashesPerSecond,
  faults = [],
}: CalmRoom): WorldOptions {
  const drawn = drawScenario({ seed, peers, minutes, room });
  return {
    ...drawn,
    faults,
    network: { delayMs: 5, jitterMs: 5 },
    closely: false,
    peers: drawn.peers.map((spec, index) => ({
      ...spec,
      hashesPerSecond,
      joinsMs: index * 200,
      hostile: null,
      busyMs: 0,
    })),
  };
}

function treeOf(world: World): BlockTree {
  return world.peers[0]!.peer!.chain!.tree;
}

/** When the best chain reached a height, in milliseconds since the world began. */
function reachedMs(tree: BlockTree, height: number): number {
  return tree.at(height)!.heardMs - WORLD_START_WALL_MS;
}

/** The height of the best chain at this time. */
function heightAt(tree: BlockTree, timeMs: number): number {
  let height = 0;
  while (height < tree.tip.height && reachedMs(tree, height + 1) <= timeMs) height++;
  return height;
}

describe('a homework room of many fast tabs and a few slow miners', () => {
  it.each([1, 2])(
    'comes to rest at the least spacing, and the miners keep a fair part (seed %i)',
    (seed) => {
      const tabs = 12;
      const drawn = calmRoom({
        seed,
        room: 'bridged',
        peers: tabs + 1,
        minutes: 4,
        hashesPerSecond: 5 * HASHES_PER_PROOF,
      });
      const [bridge, ...others] = drawn.peers;
      const minerIndices = [tabs + 1, tabs + 2];
      const miner = drawn.miners[0]!;
      const world = new World({
        ...drawn,
        peers: [{ ...bridge!, hashesPerSecond: 0, udpOthers: minerIndices }, ...others],
        miners: minerIndices.map((index, at) => ({
          ...miner,
          makesGenesis: at === 0,
          hashesPerSecond: HASHES_PER_PROOF / 6,
          others: [0, ...minerIndices.filter((other) => other !== index)],
        })),
      });
      expect(world.run().violations).toEqual([]);
      const tree = treeOf(world);
      const [fromMs, toMs] = [120_000, 240_000];
      const blocks = heightAt(tree, toMs) - heightAt(tree, fromMs);
      const spacingMs = (toMs - fromMs) / blocks;
      expect(spacingMs).toBeGreaterThan(750);
      expect(spacingMs).toBeLessThan(1_250);
      // Two miners that find a block each six seconds would have a third of the blocks.
      const found = world.miners.reduce((sum, { foundCount }) => sum + foundCount, 0);
      expect(found / tree.tip.height).toBeGreaterThan(0.2);
    },
    TIMEOUT_MS,
  );
});

describe('a class room', () => {
  const peers = 4;
  const perSecond = 2;
  const [jumpMs, dropMs] = [240_000, 600_000];
  const setPower = (atMs: number, hashesPerSecond: number): Fault[] =>
    Array.from({ length: peers }, (_, of) => ({ kind: 'power', atMs, of, hashesPerSecond }));

  it.each([1, 2, 3])(
    'keeps its spacing when its power grows a hundredfold, and wakes within minutes when that is gone (seed %i)',
    (seed) => {
      const options = calmRoom({
        seed,
        room: 'class',
        peers,
        minutes: 20,
        hashesPerSecond: perSecond,
        faults: [...setPower(jumpMs, 100 * perSecond), ...setPower(dropMs, perSecond)],
      });
      const world = new World(options);
      expect(world.run().violations).toEqual([]);
      const tree = treeOf(world);
      const aimMs = options.peers[0]!.options.spacingMs;
      const jumpHeight = heightAt(tree, jumpMs);
      const settledMs = reachedMs(tree, jumpHeight + 60) - reachedMs(tree, jumpHeight + 30);
      expect(settledMs / 30 / aimMs).toBeGreaterThan(0.6);
      expect(settledMs / 30 / aimMs).toBeLessThan(1.6);
      const dropHeight = heightAt(tree, dropMs);
      expect(reachedMs(tree, dropHeight + 1) - dropMs).toBeLessThan(20 * aimMs);
    },
    TIMEOUT_MS,
  );
});
