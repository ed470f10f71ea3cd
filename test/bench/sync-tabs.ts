/**
 * How fast a tab catches up with other tabs over data channels, and how long its page is busy at a stretch meanwhile.
 */
import { fileURLToPath } from 'node:url';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { MAX_TARGET } from '../../lib/chain/target.ts';
import { drawRandom, readClocks } from '../../lib/drivers/clocks.ts';
import { startRoomSession, type RunningSession } from '../../lib/drivers/room-session.ts';
import { createRoomTransport } from '../../lib/drivers/room-transport.ts';
import type { ChainStore } from '../../lib/drivers/storage/chain-store.ts';
import { encodeGenesisData } from '../../lib/ledger/genesis.ts';
import { createIdlePool } from '../../lib/node/idle-pool.ts';
import { startSignalingServer, type SignalingServer } from '../../signaling/server.ts';
import type { RoomSession } from '../../lib/drivers/session.ts';
import { WebSocket } from 'ws';
import { launchBrowser, type Profile } from '../e2e/harness/browser.ts';
import { freeBlocks } from '../support/free-chain.ts';
import { makeGenesis } from '../support/test-miner.ts';
import { optionsOf } from '../support/peers.ts';
import type { Figure } from './bench.ts';

const APP = fileURLToPath(new URL('../../dist/app', import.meta.url));
const ROOM = 'bench-sync';
const BLOCKS = 10_000;
const DATA_BYTES = 1_000;
/** Tabs that have the chain when the measured one comes. */
const OLDER_TABS = 2;
const ROUNDS = 3;
const LIMIT_MS = 120_000;
const TICK_MS = 100;

/** What a page notes of its own catching up; in milliseconds since it was opened. */
interface Notes {
  linkedMs: number | null;
  reachedMs: number | null;
  longestTaskMs: number;
  longTasks: number;
}

export async function measureTabs(): Promise<Figure[]> {
  const genesis = makeGenesis(
    encodeGenesisData({
      room: ROOM,
      rules: 'homework',
      target: MAX_TARGET,
      spacingMs: 0,
      reward: 0,
      timeMs: 0,
    }),
  );
  const pinned = hashBlockHex(genesis);
  const blocks = freeBlocks(pinned, BLOCKS, 'tabs', DATA_BYTES);
  const outcome = await startSignalingServer({ host: '127.0.0.1', port: 0, appDir: APP });
  if (!outcome.ok) throw new Error(outcome.message);
  const { server } = outcome;
  const browser = await launchBrowser();
  const source = openSource(server, genesis, blocks, pinned);
  try {
    const link = `http://127.0.0.1:${server.port}/#r=${ROOM}&g=${pinned}`;
    for (let i = 0; i < OLDER_TABS; i++) await openTab(await browser.openProfile(), link);
    await source.close();
    const rounds: Notes[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { notes, close } = await openTab(await browser.openProfile(), link);
      rounds.push(notes);
      await close();
    }
    const best = rounds.reduce((a, b) => (durationMs(b) < durationMs(a) ? b : a));
    const what = `a tab gets ${BLOCKS} blocks of ${DATA_BYTES} bytes from ${OLDER_TABS} tabs`;
    return [
      { name: `${what}, best of ${ROUNDS}`, value: durationMs(best), unit: 'ms' },
      { name: `${what}, worst`, value: Math.max(...rounds.map(durationMs)), unit: 'ms' },
      {
        name: 'longest task of its page',
        value: Math.max(...rounds.map(({ longestTaskMs }) => longestTaskMs)),
        unit: 'ms',
      },
      {
        name: 'tasks of its page over 50 ms, in all rounds',
        value: rounds.reduce((sum, { longTasks }) => sum + longTasks, 0),
        unit: 'tasks',
      },
    ];
  } finally {
    await browser.close();
    await source.close();
    await server.close();
  }
}

function durationMs({ linkedMs, reachedMs }: Notes): number {
  return reachedMs! - linkedMs!;
}

/** A peer of this process that has the chain from the start, for the first tabs. */
function openSource(
  server: SignalingServer,
  genesis: Block,
  blocks: readonly Block[],
  pinned: string,
): RunningSession {
  const peer = optionsOf(1, {
    room: ROOM,
    agent: 'node',
    genesis: { kind: 'pinned', hash: pinned },
  });
  const store: ChainStore = {
    storedHeight: null,
    storedBytes: 0,
    write: () => undefined,
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return startRoomSession({
    peer,
    store,
    stored: { genesis, endorsement: null, blocks: blocks.map((block) => ({ block, heardMs: 0 })) },
    transports: [
      (events) =>
        createRoomTransport(
          {
            keys: peer.keys,
            room: ROOM,
            signalUrl: `ws://127.0.0.1:${server.port}/signal`,
            WebSocket,
            // The relay will do: it is not what is measured.
            createDirect: null,
            random: drawRandom,
            readWallMs: () => readClocks().wallMs,
          },
          events,
        ),
    ],
    createPool: createIdlePool,
    threads: 1,
    startTicks(tick) {
      const timer = setInterval(tick, TICK_MS);
      return () => clearInterval(timer);
    },
    readClocks,
    runSoon: setImmediate,
  });
}

/** Opens a tab that does not mine, and waits until it has the whole chain. */
async function openTab(
  profile: Profile,
  link: string,
): Promise<{ notes: Notes; close: () => Promise<void> }> {
  await profile.context.addInitScript(takeNotes, BLOCKS);
  const { page } = await profile.openTab('tab', link);
  await page.waitForFunction(
    () => (window as unknown as { notes: Notes }).notes.reachedMs !== null,
    null,
    { timeout: LIMIT_MS },
  );
  const notes = await page.evaluate(() => (window as unknown as { notes: Notes }).notes);
  return { notes, close: () => profile.context.close() };
}

/** Runs in the page before its own scripts. */
function takeNotes(height: number): void {
  const notes: Notes = { linkedMs: null, reachedMs: null, longestTaskMs: 0, longTasks: 0 };
  Object.assign(window, { notes });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      const isMeanwhile =
        notes.linkedMs !== null &&
        startTime + duration > notes.linkedMs &&
        (notes.reachedMs === null || startTime < notes.reachedMs);
      if (!isMeanwhile) continue;
      notes.longTasks++;
      notes.longestTaskMs = Math.max(notes.longestTaskMs, duration);
    }
  }).observe({ entryTypes: ['longtask'] });
  let opened: { readonly session: RoomSession } | undefined;
  Object.defineProperty(window, 'tabchain', {
    configurable: true,
    get() {
      return opened;
    },
    set(value: { readonly session: RoomSession }) {
      opened = value;
      const { session } = value;
      session.setPaused(true);
      const stop = session.subscribe(() => {
        const { tip, peers } = session.snapshot();
        if (peers.length > 0) notes.linkedMs ??= performance.now();
        if ((tip?.height ?? 0) < height) return;
        notes.reachedMs = performance.now();
        stop();
      });
    },
  });
}
