/**
 * A company in the simulator (R18, R31): virtual time, so that its size is bounded by memory and patience alone.
 */
import { Random } from '../../sim/random.ts';
import { WORLD_START_WALL_MS } from '../../sim/clock.ts';
import { World } from '../../sim/world.ts';
import {
  blockSpacingMs,
  HASHES_PER_BLOCK,
  type Company,
  type CompanyNode,
  type CompanyOptions,
} from './company.ts';
import { makeRoom, peerOptions } from './room.ts';

const TICK_MS = 250;
const LOOK_EVERY_MS = 100;
/** The process looks up from its work so often, for Ctrl-C and the like. */
const BREATHE_EVERY_LOOKS = 10;
const NETWORK = { delayMs: 2, jitterMs: 5 } as const;
const NEVER_MS = Number.MAX_SAFE_INTEGER;

/** Makes the nodes; none of them runs yet. */
export function openSimulatedCompany({ seed, peers, miners, watch }: CompanyOptions): Company {
  const room = makeRoom(seed, peers, WORLD_START_WALL_MS);
  const hashesPerSecond = (1_000 * HASHES_PER_BLOCK) / blockSpacingMs(peers) / miners;
  const random = new Random(seed);
  const world = new World({
    ...{ seed, faultsMs: NEVER_MS, tickMs: TICK_MS, network: NETWORK, faults: [], miners: [] },
    closely: false,
    peers: room.keys.map((keys, index) => ({
      keys,
      options: peerOptions(room, index, index < miners, random.fork()),
      hashesPerSecond: index < miners ? hashesPerSecond : 0,
      ...{ joinsMs: 0, clockOffsetMs: 0, driftPerMillion: 0, busyMs: 0, storeLatencyMs: 1 },
      udpOthers: [],
      hostile: null,
    })),
  });
  const nodes = world.peers.map((member): CompanyNode => {
    const { index } = member;
    member.watch = (input, outputs) => watch(index, world.nowMs, input, outputs);
    return {
      index,
      keys: member.spec.keys,
      get peer() {
        return member.peer;
      },
      take: (input) => member.take(input),
      async start() {
        member.start();
        if (index === 0) member.take({ kind: 'genesis-offered', block: room.genesis });
      },
      crash: () => member.crash(false),
    };
  });
  return {
    nodes,
    get nowMs() {
      return world.nowMs;
    },
    async until(done, limitMs) {
      const endMs = world.nowMs + limitMs;
      for (let looks = 0; !done(); looks++) {
        if (world.nowMs >= endMs) return false;
        world.advance(world.nowMs + LOOK_EVERY_MS);
        if (looks % BREATHE_EVERY_LOOKS === 0)
          await new Promise((resolve) => setImmediate(resolve));
      }
      return true;
    },
    async close() {},
  };
}
