/**
 * Draws a whole world from one seed: who is in the room, by which rules, on which network, and what goes wrong (R31).
 */
import { hashBlockHex, NO_PREVIOUS_HASH, type Block } from '../chain/block.ts';
import { MAX_TARGET, targetToBytes } from '../chain/target.ts';
import {
  accountOf,
  KEY_SEED_BYTES,
  makeKeyPair,
  PUBLIC_KEY_BYTES,
  type KeyPair,
} from '../ledger/account.ts';
import { BLOCK_REWARD, encodeGenesisData } from '../ledger/genesis.ts';
import type { GenesisSource } from '../peer/genesis.ts';
import type { PeerSettings } from '../peer/inputs.ts';
import type { PeerOptions } from '../peer/peer.ts';
import { WORLD_START_WALL_MS } from './clock.ts';
import type { Fault } from './faults.ts';
import type { MinerSpec } from './homework-miner.ts';
import { HOSTILE_KINDS, makeHostile } from './hostile.ts';
import { searchProof } from './proof-search.ts';
import { Random } from './random.ts';
import type { PeerSpec } from './simulated-peer.ts';
import type { WorldOptions } from './world.ts';

/** What kind of room a world has. */
export const ROOM_KINDS = [
  /** `class` rules, the genesis pinned by the link and kept by the first peer. */
  'class',
  /** `class` rules, and the first peer makes the genesis. */
  'new',
  /** `homework` rules: tabs, a bridge, and naive miners behind it. */
  'bridged',
  /** No room at all: peers and naive miners that speak UDP only. */
  'udp',
  /** `homework` rules with blocks that come so fast that a partition grows branches longer than one message holds. */
  'fast',
] as const;

export type RoomKind = (typeof ROOM_KINDS)[number];

export interface ScenarioChoice {
  readonly seed: number;
  /** Drawn where absent: 2 to 8. */
  readonly peers?: number | undefined;
  /** How long faults last; drawn where absent: 1 to 2.5. */
  readonly minutes?: number | undefined;
  readonly room?: RoomKind | undefined;
}

/** Beyond this many peers a world is large: fewer ticks, no check of single messages, stand-in keys. */
export const SMALL_WORLD_PEERS = 50;
/** Hostile peers of a large world, in the mean: every third of a thousand would measure nothing but their floods. */
const LARGE_WORLD_HOSTILE = 3;
/** Hashes that a proof takes in small worlds: a real search of this many is cheap. */
const HASHES_PER_PROOF = 64;
const EASY_TARGET = MAX_TARGET / BigInt(HASHES_PER_PROOF);
const ROOM_CODE = 'world';
/** A fault comes about this often. */
const FAULT_EVERY_MS = 8_000;
/** Everybody has a few seconds to find the others. */
const FIRST_FAULT_MS = 5_000;
/** When the miner that makes a bridged room's genesis starts. */
const GENESIS_MS = 3_000;
/** Where a peer makes the genesis, it has so much power at first: a minute without any chain would test nothing. */
const GENESIS_HASHES_PER_SECOND = 4 * HASHES_PER_PROOF;
const GENESIS_POWER_MS = 1_500;
/** In a room whose genesis is not pinned yet nothing may part the peers, else they are two rooms for good. */
const UNPINNED_MS = 60_000;
/** There even late ones come before that: who finds nobody makes a genesis of its own, and pins it in the end. */
const UNPINNED_JOIN_LIMIT_MS = UNPINNED_MS / 2;
/** Tabs of a real room tick every 100 to 250 ms; a thousand of them may be slower. */
const TICK_MS = { small: 250, large: 1_000 } as const;

/** Worlds in which people write and pay: checking their signatures takes as long as all else in a world. */
const TRANSACTIONS_EVERY_SEEDS = 20;
const TRANSACTIONS_EVERY_MS = 8_000;

/** The world of this seed. The same choice draws the same world, in every engine. */
export function drawScenario(choice: ScenarioChoice): WorldOptions {
  const random = new Random(choice.seed);
  const kind = choice.room ?? random.pick(ROOM_KINDS);
  // A fast room has as many events with few peers as another with many.
  const count = choice.peers ?? 2 + random.below(kind === 'fast' ? 3 : random.pick([3, 4, 7]));
  const longestMinutes = kind === 'fast' ? 1.5 : 2.5;
  const faultsMs = Math.round(60_000 * (choice.minutes ?? random.between(1, longestMinutes)));
  const isSmall = count <= SMALL_WORLD_PEERS;
  const minerCount = kind === 'bridged' || kind === 'udp' ? 1 + random.below(3) : 0;
  const spacingMs = kind === 'fast' ? 150 + random.below(250) : 1_000 * (2 + random.below(7));
  const keys = Array.from({ length: count }, (_, index) =>
    isSmall || index === 0 ? makeKeyPair(random.bytes(KEY_SEED_BYTES)) : makeStandInKeys(random),
  );
  const isPinned = kind === 'class' || kind === 'fast';
  const genesis = isPinned ? makeGenesis(kind, spacingMs, random) : null;
  const room: RoomDraft = { random, kind, count, minerCount, spacingMs, keys, genesis };
  const peers = keys.map((_, index) => drawPeer(room, index, faultsMs));
  const miners = Array.from({ length: minerCount }, (_, index) => drawMiner(room, index));
  const network = { delayMs: random.between(1, 60), jitterMs: random.between(0, 60) };
  return {
    seed: choice.seed,
    faultsMs,
    tickMs: isSmall ? TICK_MS.small : TICK_MS.large,
    network,
    faults: drawFaults(room, faultsMs),
    peers,
    miners,
    closely: isSmall,
    ...(isSmall &&
      choice.seed % TRANSACTIONS_EVERY_SEEDS === 0 && {
        transactionsEveryMs: TRANSACTIONS_EVERY_MS,
      }),
    ...(genesis !== null && {
      prepare: ({ queue, peers: [first] }) =>
        queue.push(first!.spec.joinsMs, () =>
          first!.take({ kind: 'genesis-offered', block: genesis }),
        ),
    }),
  };
}

interface RoomDraft {
  readonly random: Random;
  readonly kind: RoomKind;
  readonly count: number;
  readonly minerCount: number;
  readonly spacingMs: number;
  readonly keys: readonly KeyPair[];
  readonly genesis: Block | null;
}

function drawPeer(room: RoomDraft, index: number, faultsMs: number): PeerSpec {
  const { random, kind, count, minerCount, spacingMs, keys } = room;
  const isFirst = index === 0;
  const hostileShare = count > SMALL_WORLD_PEERS ? LARGE_WORLD_HOSTILE / count : 0.3;
  const speaksUdp = kind === 'udp' || (kind === 'bridged' && isFirst);
  const others = Array.from({ length: count + minerCount }, (_, other) => other).filter(
    (other) => other !== index && (kind === 'udp' || other >= count),
  );
  const makesGenesis = kind === 'udp' && isFirst;
  const isHostile = !isFirst && kind !== 'udp' && count > 2 && random.chance(hostileShare);
  const hostileKind = random.pick(HOSTILE_KINDS);
  // The median of a room's clocks bears one that is quite wrong, from three honest peers on.
  const isWrong = index === 1 && count > 5 && random.chance(0.3);
  const comesLate = !isFirst && random.chance(kind === 'fast' ? 0.5 : 0.25);
  const latestMs = kind === 'new' ? UNPINNED_JOIN_LIMIT_MS : 0.8 * faultsMs;
  return {
    keys: keys[index]!,
    options: optionsOf(room, index),
    hashesPerSecond: makesGenesis
      ? GENESIS_HASHES_PER_SECOND
      : powerOf(room) * random.between(0.3, 1.7),
    joinsMs: isFirst ? 0 : random.between(0, comesLate ? latestMs : 3_000),
    // Beyond T/2 blocks would be held back, as they should be.
    clockOffsetMs: isWrong
      ? random.between(-600_000, 600_000)
      : random.between(-spacingMs / 6, spacingMs / 6),
    driftPerMillion: random.between(-100, 100),
    busyMs: !isFirst && random.chance(0.1) ? random.between(50, 500) : 0,
    storeLatencyMs: random.pick([1, 20, 500]),
    udpOthers: speaksUdp ? others : [],
    hostile: isHostile ? () => makeHostile(hostileKind) : null,
  };
}

function optionsOf({ kind, keys, spacingMs, genesis }: RoomDraft, index: number): PeerOptions {
  return {
    keys: keys[index]!,
    agent: index === 0 ? 'node' : 'tab',
    room: kind === 'udp' ? '' : ROOM_CODE,
    genesis: genesisSource(kind, index, keys[0]!, genesis),
    target: EASY_TARGET,
    spacingMs,
    minSpacingMs: kind === 'bridged' ? 1_000 : 0,
    mines: true,
    previousField: 'previous',
    settings: { name: `peer ${index}`, note: '', paused: false, power: 1 },
  };
}

function genesisSource(
  kind: RoomKind,
  index: number,
  first: KeyPair,
  genesis: Block | null,
): GenesisSource {
  switch (kind) {
    case 'class':
    case 'fast':
      return { kind: 'pinned', hash: hashBlockHex(genesis!) };
    case 'new':
      return { kind: 'new' };
    case 'bridged':
      return { kind: 'endorsed', bridge: first.account };
    case 'udp':
      return { kind: index === 0 ? 'made' : 'heard' };
  }
}

/** Virtual hashes a second of one machine, so that all together find blocks at the room's pace. */
function powerOf({ kind, count, spacingMs }: RoomDraft): number {
  const perSecond = (1_000 * HASHES_PER_PROOF) / spacingMs;
  // A bridged room's tabs would find several blocks a second, were it not for the shared hash budget.
  if (kind === 'bridged') return HASHES_PER_PROOF / 2;
  return perSecond / count;
}

function drawMiner(room: RoomDraft, index: number): MinerSpec {
  const { random, kind, count, minerCount } = room;
  const self = count + index;
  const makesGenesis = kind === 'bridged' && index === 0;
  const speakers = kind === 'udp' ? count : 1;
  // Ours have most power together: what a naive miner's lost block leads to cannot be asked for, only be outrun.
  const hashesPerSecond = kind === 'udp' ? powerOf(room) / 2 : HASHES_PER_PROOF / 6;
  return {
    hashesPerSecond: hashesPerSecond * random.between(0.5, 1.5),
    // The first block is sent once, and nobody can ask for it: it must not be lost.
    startsMs: makesGenesis ? GENESIS_MS : random.between(0, FIRST_FAULT_MS),
    target: EASY_TARGET,
    makesGenesis,
    others: [
      ...Array.from({ length: speakers }, (_, other) => other),
      ...Array.from({ length: minerCount }, (_, other) => count + other),
    ].filter((other) => other !== self),
  };
}

function drawFaults(room: RoomDraft, faultsMs: number): Fault[] {
  const { random, kind, count, minerCount } = room;
  const faults: Fault[] = [
    {
      kind: 'udp',
      atMs: FIRST_FAULT_MS,
      loss: random.pick([0, 0.02, 0.2]),
      duplication: random.pick([0, 0.05]),
      reordering: random.pick([0, 0.05]),
    },
  ];
  if (kind === 'udp')
    faults.push({ kind: 'power', atMs: GENESIS_POWER_MS, of: 0, hashesPerSecond: powerOf(room) });
  const beginMs = kind === 'new' ? UNPINNED_MS : FIRST_FAULT_MS;
  const machines = count + minerCount;
  let atMs = beginMs;
  for (;;) {
    atMs += FAULT_EVERY_MS * random.exponential();
    if (atMs >= faultsMs) return faults;
    const forMs = random.between(500, 40_000);
    const of = random.below(count);
    switch (random.below(12)) {
      case 0:
        faults.push({
          kind: 'partition',
          atMs,
          forMs,
          sides: Array.from({ length: machines }, () => random.below(2)),
        });
        break;
      case 1:
        faults.push({
          kind: 'partition',
          atMs,
          forMs,
          sides: Array.from({ length: machines }, (_, index) => (index === of ? 1 : 0)),
        });
        break;
      case 2:
      case 3:
        faults.push({ kind: 'crash', atMs, forMs, of, clean: random.chance(0.5) });
        break;
      case 4:
        faults.push({ kind: 'sleep', atMs, forMs, of });
        break;
      case 5:
        faults.push({ kind: 'server-down', atMs, forMs });
        break;
      case 6:
        faults.push({ kind: 'link-break', atMs, of });
        break;
      case 7:
        faults.push({ kind: 'clock-set', atMs, of, byMs: random.between(-1_000, 1_000) });
        break;
      case 8:
      case 9:
        if (minerCount > 0)
          faults.push({ kind: 'miner-restart', atMs, forMs, of: count + random.below(minerCount) });
        break;
      case 10:
        faults.push({ kind: 'settings', atMs, of, settings: drawSettings(random) });
        break;
      default:
        faults.push({ kind: 'deaf', atMs, forMs, from: random.below(machines), to: of });
        break;
    }
  }
}

function drawSettings(random: Random): Partial<PeerSettings> {
  switch (random.below(3)) {
    case 0:
      return { name: `name ${random.below(100)}` };
    case 1:
      return { note: `note ${random.below(100)}` };
    default:
      return { power: random.between(0.1, 1) };
  }
}

/** A genesis block as `npm start` makes it. */
function makeGenesis(kind: RoomKind, spacingMs: number, random: Random): Block {
  const data = encodeGenesisData({
    room: ROOM_CODE,
    rules: kind === 'fast' ? 'homework' : 'class',
    target: EASY_TARGET,
    spacingMs,
    reward: BLOCK_REWARD,
    timeMs: WORLD_START_WALL_MS,
  });
  const target = targetToBytes(EASY_TARGET);
  const proofOfWork = searchProof(data, NO_PREVIOUS_HASH, target, random.uint32());
  return { data, previousHash: NO_PREVIOUS_HASH, proofOfWork };
}

/**
 * The stand-in of large worlds: the shape of a public key without the curve. An account is the hash of these bytes, so
 * all that concerns ids is as with real keys; such a peer must never sign, and in rooms only bridges do.
 */
export function makeStandInKeys(random: Random): KeyPair {
  const publicKey = random.bytes(PUBLIC_KEY_BYTES);
  publicKey[0] = 2;
  return { secretKey: new Uint8Array(32), publicKey, account: accountOf(publicKey) };
}
