/**
 * One peer in Node: worker threads search, WebRTC and UDP carry, LevelDB or memory keeps (R6, R29).
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import type { PreviousField } from '../chain/codec.ts';
import { drawRandom, readClocks, systemRandomness } from '../drivers/clocks.ts';
import { createRoomTransport } from '../drivers/room-transport.ts';
import { startRoomSession, type RunningSession } from '../drivers/room-session.ts';
import { SIGNAL_PATH } from '../drivers/signaling/wire.ts';
import {
  openChainStore,
  type ByteStore,
  type StoredListener,
} from '../drivers/storage/chain-store.ts';
import { fitsRoom } from '../drivers/storage/stored-chain.ts';
import type { Transport, TransportEvents } from '../drivers/transport.ts';
import type { UdpSocket } from '../drivers/udp/socket.ts';
import { createUdpTransport, type UdpPeer } from '../drivers/udp/transport.ts';
import type { IceServer } from '../drivers/webrtc/ice-servers.ts';
import { startWebRtcProcess, type WebRtcProcess } from '../drivers/webrtc/process-transport.ts';
import { defaultThreads } from '../drivers/workers/mining-pool.ts';
import { createThreadPool } from '../drivers/workers/thread-pool.ts';
import { createThreadSignatureChecker } from '../drivers/workers/thread-signature-checker.ts';
import { KEY_SEED_BYTES, makeKeyPair, type KeyPair } from '../ledger/account.ts';
import type { GenesisSource, UdpRoot } from '../peer/genesis.ts';
import type { PeerEvent } from '../peer/inputs.ts';
import type { PeerOptions } from '../peer/peer.ts';
import { createIdlePool } from './idle-pool.ts';
import { trustServer, type ServerTrust } from './server-trust.ts';

/** How often the peer looks at its clock: finer than any of its time-outs, and cheap. */
export const TICK_MS = 100;

export interface NodeSessionOptions {
  readonly keys: KeyPair;
  readonly name: string;
  /** Room code; empty for a miner that speaks UDP only. */
  readonly room: string;
  readonly genesis: GenesisSource;
  /** Which block of UDP miners becomes the genesis; the first that comes where absent. */
  readonly udpRoot?: UdpRoot;
  readonly target: bigint;
  readonly spacingMs: number;
  readonly minSpacingMs: number;
  /** Bytes of data that our blocks have at most; as many as a block may have where absent. */
  readonly dataLimitBytes?: number;
  readonly mines: boolean;
  /** False where the caller writes a note again itself when its block was reverted; true where absent. */
  readonly rewritesNotes?: boolean;
  /** Search threads; null takes one a core, but one. */
  readonly threads: number | null;
  /** The share of their time that they work, from 0 to 1; absent: all of it. */
  readonly power?: number;
  readonly field: PreviousField;
  /** The signaling server's WebSocket; null joins no room. */
  readonly signalUrl: string | null;
  /** Whom to take for that server; absent: whom the authorities that this machine knows vouch for. */
  readonly trust?: ServerTrust;
  /** STUN and TURN servers that may help direct links to open; absent: none. */
  readonly iceServers?: readonly IceServer[];
  readonly udp: { readonly socket: UdpSocket; readonly peers: readonly UdpPeer[] } | null;
  /** Where the chain is kept; null keeps it in memory. */
  readonly chainDir: string | null;
  readonly onEvent?: (event: PeerEvent) => void;
  readonly onWarning?: (message: string) => void;
  /** Told of blocks that are on the disk from now on. */
  readonly onStored?: StoredListener;
}

export type NodeSessionOutcome =
  | { readonly ok: true; readonly session: RunningSession }
  | { readonly ok: false; readonly message: string };

/** Starts the peer. It lives until `close`. */
export async function openNodeSession(options: NodeSessionOptions): Promise<NodeSessionOutcome> {
  const webrtc = options.signalUrl === null ? null : startWebRtcProcess();
  const outcome = await openSession(options, webrtc);
  if (!outcome.ok) webrtc?.close();
  return outcome;
}

async function openSession(
  options: NodeSessionOptions,
  webrtc: WebRtcProcess | null,
): Promise<NodeSessionOutcome> {
  const transports: ((events: TransportEvents) => Transport)[] = [];
  const { keys, room, signalUrl, udp, onEvent, onWarning } = options;
  const { trust = trustServer(null), iceServers = [] } = options;
  if (signalUrl !== null && webrtc !== null)
    transports.push((events) =>
      createRoomTransport(
        {
          ...{ keys, room, signalUrl },
          WebSocket: trust.webSocket(events.warn),
          createDirect: (directEvents) =>
            webrtc.createTransport({ nodeId: keys.account, iceServers }, directEvents, drawRandom),
          random: drawRandom,
          readWallMs: () => readClocks().wallMs,
        },
        events,
      ),
    );
  if (udp !== null) transports.push((events) => createUdpTransport(udp, events));

  let warnLater = (message: string) => onWarning?.(message);
  const { chainDir } = options;
  const opened = await openStore(
    chainDir,
    (message) => warnLater(message),
    options.onStored ?? (() => undefined),
  );
  if (!opened.ok) return opened;
  const peer: PeerOptions = {
    keys: options.keys,
    agent: 'node',
    room: options.room,
    genesis: options.genesis,
    ...(options.udpRoot !== undefined && { udpRoot: options.udpRoot }),
    target: options.target,
    spacingMs: options.spacingMs,
    minSpacingMs: options.minSpacingMs,
    ...(options.dataLimitBytes !== undefined && { dataLimitBytes: options.dataLimitBytes }),
    mines: options.mines,
    random: systemRandomness,
    previousField: options.field,
    settings: { name: options.name, note: '', paused: false, power: options.power ?? 1 },
    rewritesNotes: options.rewritesNotes ?? true,
  };
  if (opened.stored !== null && !fitsRoom(opened.stored, peer)) {
    await opened.store.close();
    return refuseStore(
      `The chain in ${chainDir} has another genesis block or another target than asked for: choose another folder for this one.`,
    );
  }
  const session = startRoomSession({
    peer,
    store: opened.store,
    stored: opened.stored,
    transports,
    createPool: options.mines ? createThreadPool : createIdlePool,
    createChecker: createThreadSignatureChecker,
    threads: options.threads ?? defaultThreads(availableParallelism()),
    startTicks(tick) {
      const timer = setInterval(tick, TICK_MS);
      return () => clearInterval(timer);
    },
    readClocks,
    // A MessageChannel to oneself would starve the messages of worker threads.
    runSoon: setImmediate,
    ...(onEvent !== undefined && { onEvent }),
    ...(onWarning !== undefined && { onWarning }),
  });
  warnLater = (message) => session.warn(message);
  return { ok: true, session };
}

/** A key from the system's randomness. */
export function makeNodeKeys(): KeyPair {
  return makeKeyPair(randomBytes(KEY_SEED_BYTES));
}

/** The WebSocket of the server that serves the page of this room link. */
export function signalUrlOf(roomLink: string): string {
  const url = new URL(`.${SIGNAL_PATH}`, roomLink);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

async function openStore(
  chainDir: string | null,
  failed: (message: string) => void,
  kept: StoredListener,
) {
  if (chainDir === null) return openChainStore(makeMemoryStore(), failed);
  try {
    await mkdir(chainDir, { recursive: true });
    const database = new ClassicLevel<string, Uint8Array>(chainDir, { valueEncoding: 'view' });
    await database.open();
    const opened = await openChainStore(database as unknown as ByteStore, failed, kept);
    return opened.ok ? opened : refuseStore(`${opened.message} ${adviseRemoval(chainDir)}`);
  } catch (error) {
    return refuseStore(explainStoreError(error as NodeJS.ErrnoException, chainDir));
  }
}

function explainStoreError(error: NodeJS.ErrnoException, chainDir: string): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  if (cause?.code === 'LEVEL_LOCKED')
    return `Another program uses the chain in ${chainDir}: end it, or choose another folder.`;
  if (error.code !== 'LEVEL_DATABASE_NOT_OPEN')
    return `The chain cannot be kept in ${chainDir} (${error.code ?? error.message}).`;
  return `The chain in ${chainDir} cannot be read (${cause?.message ?? error.message}). ${adviseRemoval(chainDir)}`;
}

function adviseRemoval(chainDir: string): string {
  return `Restore ${chainDir} from a copy, or remove it and take the chain from the others of the room.`;
}

function refuseStore(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

function makeMemoryStore(): ByteStore {
  return new MemoryLevel<string, Uint8Array>({
    valueEncoding: 'view',
    storeEncoding: 'view',
  }) as unknown as ByteStore;
}
