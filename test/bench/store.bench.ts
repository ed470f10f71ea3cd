/**
 * How long a reloaded tab takes until it has its chain again (R28): from the start of the navigation to the moment when
 * the room is open with all blocks judged, beside a tab that had nothing stored.
 */
import { fileURLToPath } from 'node:url';
import { MemoryLevel } from 'memory-level';
import type { Page } from 'playwright-core';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { homeworkRules } from '../../lib/chain/rules.ts';
import { Chain } from '../../lib/chain/chain.ts';
import { MAX_TARGET } from '../../lib/chain/target.ts';
import { openChainStore, type ByteStore } from '../../lib/drivers/storage/chain-store.ts';
import { encodeGenesisData } from '../../lib/ledger/genesis.ts';
import { startSignalingServer } from '../../signaling/server.ts';
import { launchBrowser, type TestBrowser } from '../e2e/harness/browser.ts';
import { freeBlocks } from '../support/free-chain.ts';
import { makeGenesis } from '../support/test-miner.ts';
import type { Bench, Figure } from './bench.ts';

const APP = fileURLToPath(new URL('../../dist/app', import.meta.url));
const ROOM = 'bench-store';
const BLOCKS = 10_000;
const DATA_BYTES = [200, 1_000];
const ROUNDS = 5;
const LIMIT_MS = 60_000;

/** What a page notes of its opening. */
interface Opened {
  /** Since the navigation began. */
  readonly atMs: number;
  readonly height: number;
}

const bench: Bench = {
  title: `a tab that is reloaded has its ${BLOCKS} blocks again`,
  async run() {
    const outcome = await startSignalingServer({ host: '127.0.0.1', port: 0, appDir: APP });
    if (!outcome.ok) throw new Error(outcome.message);
    const { server } = outcome;
    const address = `http://127.0.0.1:${server.port}/`;
    const browser = await launchBrowser();
    try {
      const empty = 'a tab that has nothing stored';
      const figures: Figure[] = [
        { name: empty, value: await measure(browser, address, 0, 0), unit: 'ms' },
      ];
      for (const dataBytes of DATA_BYTES) {
        figures.push({
          name: `${BLOCKS} blocks of ${dataBytes} bytes, best of ${ROUNDS}`,
          value: await measure(browser, address, BLOCKS, dataBytes),
          unit: 'ms',
          against: empty,
        });
      }
      return figures;
    } finally {
      await browser.close();
      await server.close();
    }
  },
};
export default bench;

/** The shortest time of some reloads, in milliseconds: whatever else the machine does can only add to it. */
async function measure(
  browser: TestBrowser,
  address: string,
  count: number,
  dataBytes: number,
): Promise<number> {
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
  const link = `${address}#r=${ROOM}&g=${pinned}`;
  const profile = await browser.openProfile();
  const { page } = await profile.openTab('tab', address);
  await page.addInitScript(noteOpening);
  if (count > 0) {
    const records = await writeRecords(genesis, freeBlocks(pinned, count, 'store', dataBytes));
    await page.route('**/records', (route) => route.fulfill({ body: records }));
    await page.evaluate(fillStore, `tabchain-${'0'.repeat(16)}-${ROOM}-${pinned.slice(0, 16)}`);
  }
  await page.evaluate((id) => sessionStorage.setItem('tabchain.tab', id), '0'.repeat(16));
  // Another fragment makes the page load itself anew.
  await page.goto(link);
  await waitForOpening(page);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await page.reload();
    const { atMs, height } = await waitForOpening(page);
    if (height < count) throw new Error(`the tab has ${height} of ${count} blocks`);
    rounds.push(atMs);
  }
  await profile.context.close();
  return Math.min(...rounds);
}

async function waitForOpening(page: Page): Promise<Opened> {
  await page.waitForFunction(() => 'opened' in window, null, { timeout: LIMIT_MS });
  return page.evaluate(() => (window as unknown as { opened: Opened }).opened);
}

/** The records of a store that holds this chain: the length and bytes of each key, then of each value. */
async function writeRecords(genesis: Block, blocks: readonly Block[]): Promise<Buffer> {
  const database = new MemoryLevel<string, Uint8Array>({
    valueEncoding: 'view',
    storeEncoding: 'view',
  }) as unknown as ByteStore;
  const outcome = await openChainStore(database, () => undefined);
  if (!outcome.ok) throw new Error(outcome.message);
  const chain = new Chain(genesis, homeworkRules(MAX_TARGET), { from: 'self', wallMs: 0 });
  outcome.store.write({ kind: 'genesis', block: genesis, endorsement: null });
  for (const block of blocks) {
    const grown = chain.accept(block, { from: 'self', wallMs: 0, networkMs: 0 });
    if ('added' in grown) outcome.store.write({ kind: 'blocks', entries: grown.added });
  }
  await outcome.store.close();
  await database.open();
  const parts: Buffer[] = [];
  for (const [key, value] of await database.iterator().all())
    for (const bytes of [Buffer.from(key), value]) {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      parts.push(length, Buffer.from(bytes));
    }
  await database.close();
  return Buffer.concat(parts);
}

/** Runs in the page: puts the records into a database as the page's own store would. */
async function fillStore(store: string): Promise<void> {
  const bytes = await (await fetch('records')).arrayBuffer();
  const view = new DataView(bytes);
  const opening = indexedDB.open(`level-js-${store}`, 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore(store);
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error!);
  });
  const transaction = database.transaction(store, 'readwrite');
  let at = 0;
  // Methods: what runs in a page may hold no function that the loader of these files gives a name to.
  const reader = {
    take(): Uint8Array<ArrayBuffer> {
      const length = view.getUint32(at, true);
      at += 4 + length;
      return new Uint8Array(bytes.slice(at - length, at));
    },
  };
  while (at < bytes.byteLength) {
    const key = reader.take();
    transaction.objectStore(store).put(reader.take(), key);
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error!);
  });
  database.close();
}

/** Runs in the page before its own scripts. */
function noteOpening(): void {
  let value: Window['tabchain'];
  Object.defineProperty(window, 'tabchain', {
    get() {
      return value;
    },
    set(opened: NonNullable<Window['tabchain']>) {
      value = opened;
      const atMs = performance.now();
      opened.session.setPaused(true);
      Object.assign(window, {
        opened: { atMs, height: opened.session.snapshot().tip?.height ?? 0 },
      });
    },
  });
}
