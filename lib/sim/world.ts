/**
 * A deterministic world of many peers (R31): virtual time, seeded randomness, faults, and checkers that watch.
 *
 * The peers are the state machines that tabs and Node run; only the reactor around them is another. A run is a pure
 * function of its options: one seed gives one digest of all events, in every engine.
 *
 * A world has four parts. While faults last, anything may happen. Then it heals, and goes on. Then the honest stop
 * mining and the hostile leave; within a bound all must have the most work that anybody has. At last one of them finds
 * one more block, which settles ties, and all must have one tip.
 */
import type { PeerInput } from '../peer/inputs.ts';
import { Checks } from './checks.ts';
import type { Violation } from './checkers.ts';
import { EventDigest } from './digest.ts';
import { EventQueue } from './event-queue.ts';
import { heal, planFault, type Fault } from './faults.ts';
import { checkConvergence, findLeader } from './convergence.ts';
import { HomeworkMachine, type MinerSpec } from './homework-miner.ts';
import { LivenessWatch } from './liveness.ts';
import { Random } from './random.ts';
import { RoomNetwork } from './room-network.ts';
import { SimulatedPeer, type PeerSpec } from './simulated-peer.ts';
import { Story } from './story.ts';
import { Traffic } from './traffic.ts';
import { checkTransactions } from './transaction-checks.ts';
import { UdpNetwork } from './udp-network.ts';

/** How long everybody goes on mining once the world has healed. */
export const HEALED_MS = 65_000;
/** Bound of convergence: once mining stops, all have the most work within this. */
export const CONVERGENCE_LIMIT_MS = 45_000;
/** UDP miners mine so long on when the others have stopped: only by their blocks can they show what they lack. */
export const MINERS_LAST_MS = 25_000;
/** The block that settles ties must be found and known to all within this. */
export const LAST_BLOCK_LIMIT_MS = 240_000;
/** And all follow it within this: three repeats of the tip to a UDP miner. */
export const LAST_BLOCK_SPREAD_MS = 30_000;
/** How often whole peers are looked at. */
const LOOK_EVERY_MS = 10_000;
/** Some messages take much longer than others. */
const LATE = { probability: 0.02, factor: 8 } as const;
/** Exponential draws are longer than so many means once in 160,000 times, and late ones are few. */
const LONGEST_DRAW = 12;

/** How kinds of input stand in the digest. */
const KIND_WORDS: Readonly<Record<PeerInput['kind'], number>> = {
  tick: 0,
  received: 1,
  connected: 2,
  disconnected: 3,
  'dial-failed': 4,
  present: 5,
  found: 6,
  restored: 7,
  settings: 8,
  'genesis-offered': 9,
  'send-datagram': 10,
  congestion: 11,
  resume: 12,
  submit: 13,
  'look-up': 14,
  visibility: 15,
  woken: 16,
  pay: 17,
  stored: 18,
  checked: 19,
  write: 20,
  merge: 21,
};

export interface NetworkSpec {
  /** Least one-way delay, and the mean of the exponential part above it. */
  readonly delayMs: number;
  readonly jitterMs: number;
}

export interface WorldOptions {
  readonly seed: number;
  /** How long faults last. */
  readonly faultsMs: number;
  readonly tickMs: number;
  readonly network: NetworkSpec;
  readonly faults: readonly Fault[];
  /** Machines 0, 1, 2 … */
  readonly peers: readonly PeerSpec[];
  /** Further machines. */
  readonly miners: readonly MinerSpec[];
  /** Happens once the machines are there: the server's record of a pinned genesis, for example. */
  readonly prepare?: (world: World) => void;
  /** The world just stops here, unhealed: for measurements of one that is at rest. */
  readonly stopsMs?: number;
  /** Someone submits a transaction so often in the mean; nobody does where absent. */
  readonly transactionsEveryMs?: number;
  /** Whether single messages are checked too. */
  readonly closely: boolean;
}

export interface WorldResult {
  readonly digest: string;
  readonly violations: readonly Violation[];
  /** The last events as lines. */
  readonly story: () => string[];
  /** Inputs other than ticks. */
  readonly events: number;
  readonly virtualMs: number;
  /** The greatest height of an honest peer's tip. */
  readonly height: number;
}

export class World {
  readonly options: WorldOptions;
  readonly queue = new EventQueue();
  readonly random: Random;
  readonly digest = new EventDigest();
  readonly story: Story;
  readonly room: RoomNetwork;
  readonly udp: UdpNetwork;
  readonly checks: Checks;
  readonly liveness: LivenessWatch;
  readonly traffic: Traffic | null;
  readonly peers: readonly SimulatedPeer[];
  readonly miners: readonly HomeworkMachine[];
  nowMs = 0;
  events = 0;
  isHealed = false;
  #hasEnded = false;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = new Random(options.seed);
    this.story = new Story(() => this.nowMs);
    this.room = new RoomNetwork(this);
    this.udp = new UdpNetwork(this);
    this.checks = new Checks(this, options.closely);
    this.liveness = new LivenessWatch(this);
    this.peers = options.peers.map((spec, index) => new SimulatedPeer(this, index, spec));
    this.miners = options.miners.map(
      (spec, index) => new HomeworkMachine(this, this.peers.length + index, spec),
    );
    const { transactionsEveryMs } = options;
    this.traffic =
      transactionsEveryMs === undefined ? null : new Traffic(this, transactionsEveryMs);
    for (const peer of this.peers) this.udp.add(peer, peer.spec.udpOthers);
    for (const miner of this.miners) this.udp.add(miner, miner.spec.others);
  }

  /** How a machine is called in stories: its letter and number. */
  nameOf(index: number): string {
    const member = this.peers[index];
    if (member === undefined) return `miner ${index}`;
    return `${member.isHonest ? 'peer' : 'evil'} ${index}`;
  }

  /** What hardly any message takes. */
  get longestDelayMs(): number {
    const { delayMs, jitterMs } = this.options.network;
    return LATE.factor * (delayMs + LONGEST_DRAW * jitterMs);
  }

  drawDelayMs(): number {
    const { delayMs, jitterMs } = this.options.network;
    const drawn = delayMs + jitterMs * this.random.exponential();
    return this.random.chance(LATE.probability) ? drawn * LATE.factor : drawn;
  }

  /** Counts an input into the digest. */
  count(index: number, input: PeerInput): void {
    const { digest } = this;
    if (input.kind === 'tick') return;
    this.events++;
    digest.addNumber(this.nowMs);
    digest.addNumber(index);
    digest.addWord(KIND_WORDS[input.kind]);
    if (input.kind === 'received') digest.addBytes(input.bytes);
    if (input.kind === 'found') digest.addBytes(input.proofOfWork);
  }

  /** Goes on to this time, from wherever it is: for those who steer a world themselves, and start its machines. */
  advance(toMs: number): void {
    const { queue } = this;
    while (queue.nextMs <= toMs) {
      this.nowMs = queue.nextMs;
      queue.pop()!();
    }
    this.nowMs = toMs;
  }

  /** Runs the world to its end. */
  run(): WorldResult {
    const { options, queue } = this;
    for (const peer of this.peers) queue.push(peer.spec.joinsMs, () => peer.start());
    for (const miner of this.miners) queue.push(miner.spec.startsMs, () => miner.start());
    options.prepare?.(this);
    this.traffic?.begin();
    for (const fault of options.faults) planFault(this, fault);
    const look = (): void => {
      this.checks.lookAround(false);
      queue.push(this.nowMs + LOOK_EVERY_MS, look);
    };
    queue.push(LOOK_EVERY_MS, look);
    const { stopsMs } = options;
    if (stopsMs !== undefined) queue.push(stopsMs, () => (this.#hasEnded = true));
    queue.push(options.faultsMs, () => {
      this.isHealed = true;
      heal(this);
      this.liveness.begin();
    });
    queue.push(options.faultsMs + HEALED_MS, () => this.#stopMining());
    while (!this.#hasEnded) {
      this.nowMs = queue.nextMs;
      queue.pop()!();
    }
    return this.#result();
  }

  #stopMining(): void {
    this.liveness.end();
    this.traffic?.end();
    this.story.note(null, 'the honest stop mining, and the hostile leave');
    for (const member of this.peers) {
      if (member.isHonest) member.take({ kind: 'settings', settings: { paused: true } });
      else member.crash(true);
    }
    this.queue.push(this.nowMs + MINERS_LAST_MS, () => {
      for (const miner of this.miners) miner.setPower(0);
    });
    this.queue.push(this.nowMs + CONVERGENCE_LIMIT_MS, () => this.#settleTies());
  }

  /** One peer finds one more block; then all must be at one tip. */
  #settleTies(): void {
    checkConvergence(this, false);
    const leader = findLeader(this);
    if (leader === null) {
      this.#hasEnded = true;
      return;
    }
    const before = leader.peer!.chain!.tip.height;
    leader.take({ kind: 'settings', settings: { paused: false, power: 1 } });
    const limitMs = this.nowMs + LAST_BLOCK_LIMIT_MS;
    const wait = (): void => {
      const height = leader.peer?.chain?.tip.height ?? 0;
      if (height > before || this.nowMs > limitMs) {
        leader.take({ kind: 'settings', settings: { paused: true } });
        this.queue.push(this.nowMs + LAST_BLOCK_SPREAD_MS, () => {
          checkConvergence(this, true);
          this.checks.lookAround(true);
          checkTransactions(this);
          this.#hasEnded = true;
        });
      } else this.queue.push(this.nowMs + 100, wait);
    };
    wait();
  }

  #result(): WorldResult {
    const heights = this.peers.map(({ peer }) => peer?.chain?.tip.height ?? 0);
    return {
      digest: this.digest.hex,
      violations: this.checks.violations,
      story: () => this.story.lines((index) => this.nameOf(index)),
      events: this.events,
      virtualMs: this.nowMs,
      height: heights.reduce((most, height) => Math.max(most, height), 0),
    };
  }
}

/** Builds a world and runs it. */
export function runWorld(options: WorldOptions): WorldResult {
  return new World(options).run();
}
