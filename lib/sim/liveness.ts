/**
 * Whether a healed room works as it should: honest peers mine, and their blocks are everywhere soon (R8, R14).
 *
 * Catching up repairs whatever gossip misses, so that a broken gossip would show nowhere else.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import type { World } from './world.ts';

/** After healing the room has so long to find together; a redial may wait that long. */
export const SETTLED_AFTER_MS = 40_000;
/** Blocks found so shortly before the end need not be everywhere yet. */
const LAST_MS = 6_000;
/** Without hostile peers a block takes a few hops, each of which may be late; slow machines add their own time. */
const HOPS = 3;
/** A hostile neighbour may announce a block and not send it; then the next status in a ping shows that it is missing. */
const HINDERED_SPREAD_LIMIT_MS = 9_000;
/** Of all looks at a peer that find it searching. */
const LEAST_SEARCHING_SHARE = 0.85;
const LOOK_EVERY_MS = 500;

interface FoundBlock {
  readonly by: number;
  readonly atMs: number;
  readonly keptMs: Map<SimulatedPeer, number>;
}

export class LivenessWatch {
  readonly #world: World;
  readonly #blocks = new Map<HashHex, FoundBlock>();
  readonly #searching = new Map<SimulatedPeer, number>();
  #looks = 0;
  #isWatching = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** The world has healed. */
  begin(): void {
    const { queue, nowMs } = this.#world;
    const look = (): void => {
      if (!this.#isWatching) return;
      this.#looks++;
      for (const member of this.#members())
        if (member.isSearching) this.#searching.set(member, (this.#searching.get(member) ?? 0) + 1);
      queue.push(this.#world.nowMs + LOOK_EVERY_MS, look);
    };
    queue.push(nowMs + SETTLED_AFTER_MS, () => {
      this.#isWatching = true;
      look();
    });
  }

  found(member: SimulatedPeer, hash: HashHex): void {
    if (!this.#isWatching) return;
    const { nowMs } = this.#world;
    this.#blocks.set(hash, { by: member.index, atMs: nowMs, keptMs: new Map() });
  }

  kept(member: SimulatedPeer, hash: HashHex): void {
    this.#blocks.get(hash)?.keptMs.set(member, this.#world.nowMs);
  }

  /** Mining stops: judges the time since the room had settled. */
  end(): void {
    this.#isWatching = false;
    const { nowMs, checks, peers } = this.#world;
    const isHindered = peers.some(({ isHonest }) => !isHonest);
    const limitMs = isHindered ? HINDERED_SPREAD_LIMIT_MS : HOPS * this.#world.longestDelayMs;
    for (const [hash, { by, atMs, keptMs }] of this.#blocks) {
      if (atMs > nowMs - LAST_MS - limitMs) continue;
      for (const member of this.#members()) {
        if (member.index === by) continue;
        const tookMs = (keptMs.get(member) ?? Number.POSITIVE_INFINITY) - atMs;
        if (tookMs > limitMs + 4 * member.spec.busyMs)
          checks.report(
            'blocksSpreadSoon',
            member.index,
            `has ${hash} of ${this.#world.nameOf(by)} after ${Math.round(tookMs)} ms`,
          );
      }
    }
    for (const member of this.#members()) {
      const looks = this.#searching.get(member) ?? 0;
      const { busyMs, options } = member.spec;
      if (options.mines && busyMs === 0 && looks < LEAST_SEARCHING_SHARE * this.#looks)
        checks.report(
          'honestPeersMine',
          member.index,
          `searches in ${looks} of ${this.#looks} looks`,
        );
    }
  }

  /** Honest peers of the room. Miners that speak UDP only have no gossip. */
  #members(): SimulatedPeer[] {
    return this.#world.peers.filter(
      ({ isHonest, isUp, spec }) => isHonest && isUp && spec.options.room !== '',
    );
  }
}
