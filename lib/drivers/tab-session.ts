/**
 * Makes a browser tab a peer of a room (R26, R28): IndexedDB, Web Workers, WebRTC through the page's own server.
 */
import { BrowserLevel } from 'browser-level';
import { MemoryLevel } from 'memory-level';
import { writeAccountFile } from '../ledger/account-file.ts';
import { writeRoomFragment, type RoomPolicy } from '../net/room-link.ts';
import type { StoredChain } from '../peer/inputs.ts';
import { LINK_LIMITS } from '../net/neighbour-choice.ts';
import type { PeerOptions } from '../peer/peer.ts';
import { drawRandom, readClocks, systemRandomness } from './clocks.ts';
import { genesisSourceOf, storeNameOf } from './genesis-source.ts';
import { createRoomTransport } from './room-transport.ts';
import { startRoomSession, type RunningSession } from './room-session.ts';
import type { RoomSession } from './session.ts';
import { checkStored } from './stored-signatures.ts';
import { openChainStore, type ByteStore, type ChainStore } from './storage/chain-store.ts';
import { copyChainStore } from './storage/copy-store.ts';
import { fitsRoom } from './storage/stored-chain.ts';
import { askServer, waitForHints } from './tab/room-server.ts';
import { hasStore, storeNameOfTab, writeRoomRecord } from './tab/stored-rooms.ts';
import { watchPageLife } from './tab/page-life.ts';
import { claimTabIdentity } from './tab/tab-identity.ts';
import { takeInheritance } from './tab/tab-keys.ts';
import { makeTaskRunner } from './tab/task-runner.ts';
import { startTicker } from './tab/ticker.ts';
import { createWebRtcTransport } from './webrtc/transport.ts';
import type { HandLinks } from './webrtc/hand-links.ts';
import { shareProcessor } from './workers/processor-share.ts';
import { createWebWorkerPool } from './workers/web-pool.ts';
import { createWebSignatureChecker } from './workers/web-signature-checker.ts';

export interface TabSessionOptions {
  /** Claimed name, at most 24 characters. */
  readonly name: string;
  /** 0.1 to 1; absent: full power, half on phones. */
  readonly power?: number;
  /**
   * Fixed number of workers; absent: the cores less one, shared with this origin's other tabs: where they are more than
   * these cores, each has one worker and its share of the time.
   */
  readonly threads?: number;
  /** Links at most; absent: 12, and 6 on phones. */
  readonly linkLimit?: number;
  /** Where the room's server answers; absent: where the page came from. */
  readonly baseUrl?: string;
  /** Called when another tab turns out to own this tab's identity; the page should load itself anew. */
  readonly onIdentityLost?: () => void;
}

/** A peer in a tab, with what only its own user may see. */
export interface TabSession extends RoomSession {
  /** Names the store of this tab's room in the list of stored rooms. */
  readonly storeName: string;
  /** First links where no server is, whose texts people carry from device to device. */
  readonly byHand: HandLinks;
  /** The text of its account's file, which holds the secret key. */
  writeAccount(): string;
}

/** How often it is noted how far the stored chain has come: for a list of rooms, so that seconds do not matter. */
const RECORD_INTERVAL_MS = 5_000;

/** Share of power of phones and tablets, which have fewer cores to spare and a battery. */
const TOUCH_DEVICE_POWER = 0.5;

/** Opens this tab's peer in the room. What goes wrong with storage becomes a warning: mining goes on without it. */
export async function openTabSession(
  policy: RoomPolicy,
  options: TabSessionOptions,
): Promise<TabSession> {
  const baseUrl = new URL(options.baseUrl ?? '.', document.baseURI);
  const asked = askServer(baseUrl, policy);
  const identity = await claimTabIdentity(options.onIdentityLost ?? (() => location.reload()));
  const cores = navigator.hardwareConcurrency || 2;

  let session: RunningSession | null = null;
  const early: string[] = [];
  const warn = (message: string): void => {
    if (session === null) early.push(message);
    else session.warn(message);
  };
  const peer: PeerOptions = {
    keys: identity.keys,
    agent: 'tab',
    room: policy.room,
    genesis: genesisSourceOf(policy),
    target: policy.target,
    spacingMs: policy.spacingMs,
    minSpacingMs: policy.minSpacingMs,
    dataLimitBytes: policy.dataLimitBytes,
    mines: true,
    random: systemRandomness,
    linkLimit: options.linkLimit ?? (isTouchDevice() ? LINK_LIMITS.small : LINK_LIMITS.usual),
    previousField: 'previous',
    settings: {
      name: options.name,
      note: '',
      paused: false,
      power: options.power ?? (isTouchDevice() ? TOUCH_DEVICE_POWER : 1),
    },
  };
  const roomStore = storeNameOf(policy);
  const storeName = storeNameOfTab(identity.tabId, roomStore);
  const heirOf = takeInheritance();
  if (heirOf !== null) await inherit(storeNameOfTab(heirOf, roomStore), storeName, warn);
  const { store, stored, isKept } = await openStore(storeName, peer, warn);

  // Direct links begin with the servers that they are given, and so these come first.
  const [{ iceServers }, restored] = await Promise.all([
    waitForHints(asked),
    stored && checkStored(stored, createWebSignatureChecker),
  ]);

  let closed = false;
  let threadsChosen = options.threads !== undefined;
  const running = startRoomSession({
    peer,
    store,
    stored: restored,
    transports: [
      (events) =>
        createRoomTransport(
          {
            keys: identity.keys,
            room: policy.room,
            signalUrl: new URL('signal', baseUrl).href.replace(/^http/, 'ws'),
            WebSocket,
            createDirect: (directEvents) =>
              createWebRtcTransport(
                { nodeId: identity.keys.account, random: drawRandom, iceServers },
                directEvents,
              ),
            random: drawRandom,
            readWallMs: () => readClocks().wallMs,
          },
          events,
        ),
    ],
    createPool: createWebWorkerPool,
    createChecker: createWebSignatureChecker,
    ...(threadsChosen ? { threads: options.threads! } : shareProcessor(cores, identity.tabCount())),
    startTicks: startTicker,
    readClocks,
    runSoon: makeTaskRunner(),
  });
  session = running;
  for (const message of early) running.warn(message);
  identity.onTabCount((tabs) => {
    if (threadsChosen) return;
    const { threads, processorShare } = shareProcessor(cores, tabs);
    running.setThreads(threads);
    running.setProcessorShare(processorShare);
  });
  const restoredHeight = running.snapshot().tip?.height ?? 0;
  const record = (): void =>
    writeRoomRecord(storeName, {
      fragment: writeRoomFragment(policy),
      account: identity.keys.account,
      height: Math.max(restoredHeight, store.storedHeight ?? 0),
      bytes: store.storedBytes,
      lastUseMs: Date.now(),
    });
  if (isKept) record();
  const recorder = isKept ? setInterval(record, RECORD_INTERVAL_MS) : undefined;
  const endPageLife = watchPageLife({
    hidden: (isHidden) => running.setHidden(isHidden),
    woken: () => running.wake(),
  });
  if (policy.genesis.kind === 'pinned' && stored === null)
    void asked.then(({ genesis }) => {
      if (genesis !== null) running.offerGenesis(genesis);
    });

  return {
    ...running,
    storeName,
    byHand: running.byHand!,
    writeAccount: () => writeAccountFile(identity.keys),
    setThreads(threads) {
      threadsChosen = true;
      running.setThreads(threads);
      running.setProcessorShare(1);
    },
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(recorder);
      if (isKept) record();
      identity.close();
      endPageLife();
      await running.close();
    },
  };
}

/** Goes on with the chain of another tab's store, where this tab has none of this room yet. */
async function inherit(
  fromName: string,
  toName: string,
  warn: (message: string) => void,
): Promise<void> {
  try {
    if (await hasStore(fromName))
      await copyChainStore(openDatabase(fromName), openDatabase(toName));
  } catch (error) {
    warn(`The chain from before could not be taken along: ${String(error)}.`);
  }
}

/** The store, or one in memory where that cannot be used; whether it outlives the page. */
async function openStore(
  name: string,
  peer: PeerOptions,
  warn: (message: string) => void,
): Promise<{ store: ChainStore; stored: StoredChain | null; isKept: boolean }> {
  const failed = (message: string): void => warn(message);
  const kept = await openChainStore(openDatabase(name), failed);
  if (kept.ok && (kept.stored === null || fitsRoom(kept.stored, peer)))
    return { ...kept, isKept: true };
  if (kept.ok) await kept.store.close();
  const reason = kept.ok
    ? 'What it stored before is the chain of another genesis block, and stays as it is.'
    : kept.message;
  const advice =
    kept.ok || kept.cause === 'content'
      ? 'To store anew, leave the room, delete it in the list of stored rooms, and join again.'
      : 'Mining goes on.';
  warn(`This tab cannot keep its chain for a reload. ${reason} ${advice}`);
  const memory = await openChainStore(
    new MemoryLevel<string, Uint8Array>({
      valueEncoding: 'view',
      storeEncoding: 'view',
    }) as unknown as ByteStore,
    failed,
  );
  if (!memory.ok) throw new Error(memory.message);
  return { ...memory, isKept: false };
}

function openDatabase(name: string): ByteStore {
  return new BrowserLevel<string, Uint8Array>(name, {
    valueEncoding: 'view',
  }) as unknown as ByteStore;
}

function isTouchDevice(): boolean {
  return matchMedia('(pointer: coarse)').matches && !matchMedia('(any-pointer: fine)').matches;
}
