/**
 * The databases of a page as its browser has them: listed, damaged and exchanged behind the page's back.
 */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startSignalingServer } from '../../../signaling/server.ts';
import { memberOfTab, type TabMember } from './room.ts';
import { waitFor } from './wait.ts';
import type { World } from './world.ts';

const APP = fileURLToPath(new URL('../../../dist/app', import.meta.url));
const GROWN_WITHIN_MS = 120_000;

/** Serves the page, and rooms that their first tab makes; returns the address, with a slash at its end. */
export async function servePage(world: World): Promise<string> {
  const outcome = await startSignalingServer({ host: '127.0.0.1', port: 0, appDir: APP });
  if (!outcome.ok) throw new Error(outcome.message);
  const { server } = outcome;
  world.atEnd(() => server.close());
  return `http://127.0.0.1:${server.port}/`;
}

/** The link of a room that its first tab makes, with a few blocks a second. */
export function linkOf(address: string, room: string): string {
  return `${address}#r=${room}&g=new&target=2**246&spacing=300`;
}

/** Waits until the tab follows a block of this height that it has stored itself. */
export async function untilStored(tab: TabMember, height: number): Promise<void> {
  await waitFor(async () => ((await tab.snapshot()).storedHeight ?? 0) >= height, {
    timeoutMs: GROWN_WITHIN_MS,
    describe: `${tab.name} has stored block ${height}`,
  });
}

/** Reloads the page and returns the member that it is then. */
export async function reload(member: TabMember): Promise<TabMember> {
  await member.tab.page.reload();
  return memberOfTab(member.tab);
}

/** The names of the stores of this page's origin. */
export function listStores(page: Page): Promise<string[]> {
  return page.evaluate(async () =>
    (await indexedDB.databases())
      .map(({ name }) => (name ?? '').replace('level-js-', ''))
      .filter((name) => name.startsWith('tabchain-')),
  );
}

/** The store of the room that this tab is in. */
export function storeOf(page: Page): Promise<string> {
  return page.evaluate(() => window.tabchain!.session.storeName);
}

/** Changes one byte of a record. */
export async function damageRecord(
  page: Page,
  store: string,
  key: string,
  at: number,
): Promise<void> {
  const records = await readStore(page, store);
  const record = records.find(([name]) => name === key);
  if (record === undefined) throw new Error(`${store} has no record ${key}`);
  await writeStore(page, store, [[key, record[1].map((byte, i) => (i === at ? byte ^ 1 : byte))]]);
}

/** Fills what is left of the origin's quota with records of a database that nobody reads. */
export function fillQuota(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const opening = indexedDB.open('filler', 1);
    opening.onupgradeneeded = () => void opening.result.createObjectStore('filler');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error!);
    });
    for (let bytes = 60_000; bytes >= 10;) {
      const transaction = database.transaction('filler', 'readwrite');
      // Random, so that no engine can make it smaller.
      const filling = crypto.getRandomValues(new Uint8Array(bytes));
      transaction.objectStore('filler').put(filling, Math.random());
      const fits = await new Promise<boolean>((resolve) => {
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = () => resolve(false);
      });
      if (!fits) bytes = Math.floor(bytes / 4);
    }
    database.close();
  });
}

export type StoreRecord = readonly [key: string, value: readonly number[]];

export function readStore(page: Page, store: string): Promise<StoreRecord[]> {
  return page.evaluate(async (name) => {
    const done = <Value>(request: IDBRequest<Value>): Promise<Value> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error!);
      });
    const database = await done(indexedDB.open(`level-js-${name}`));
    const records = database.transaction(name, 'readonly').objectStore(name);
    const [keys, values] = await Promise.all([done(records.getAllKeys()), done(records.getAll())]);
    database.close();
    const text = new TextDecoder();
    return keys.map(
      (key, i) => [text.decode(key as ArrayBuffer), [...(values[i] as Uint8Array)]] as const,
    );
  }, store);
}

/** Puts records into a store; it is made where it is missing. */
export function writeStore(
  page: Page,
  store: string,
  records: readonly StoreRecord[],
): Promise<void> {
  return page.evaluate(
    async ([name, content]) => {
      const opening = indexedDB.open(`level-js-${name}`, 1);
      opening.onupgradeneeded = () => void opening.result.createObjectStore(name);
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error!);
      });
      const transaction = database.transaction(name, 'readwrite');
      for (const [key, value] of content)
        transaction.objectStore(name).put(Uint8Array.from(value), new TextEncoder().encode(key));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error!);
      });
      database.close();
    },
    [store, records] as const,
  );
}
