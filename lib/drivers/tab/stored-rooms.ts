/**
 * The rooms that this browser keeps chains of (R28): they are listed, opened again, and deleted, one tab's store at a time.
 * The chains are IndexedDB databases; what a list shows of each stands in localStorage, so that a list opens none of them.
 */
import { ACCOUNT, type Account } from '../../ledger/account.ts';
import { readRoomLink } from '../../net/room-link.ts';
import { findLivingTabs } from './living-tabs.ts';
import { readTabId } from './tab-keys.ts';

/** How long another tab may take to let go of a database before it counts as in use. */
const IN_USE_AFTER_MS = 500;
/** Rooms that a list shows, the latest first; beyond, nobody finds theirs. */
const LISTED_ROOMS_LIMIT = 200;

const RECORD_PREFIX = 'tabchain.room.';
/** What browser-level puts before the name of each of its databases. */
const DATABASE_PREFIX = 'level-js-';
const STORE_NAME = /^tabchain-([0-9a-f]{16})-(.+?)-(?:[0-9a-f]{16}|udp-[0-9a-f]{16}|new)$/;

/** What is known of a room while its tab does not run. */
export interface RoomRecord {
  /** The fragment of the room's link. */
  readonly fragment: string;
  readonly account: Account;
  /** Height of the best chain. */
  readonly height: number;
  /** Bytes of the blocks that are stored. */
  readonly bytes: number;
  readonly lastUseMs: number;
}

export interface StoredRoom {
  /** Name of the store; no two rooms of the list share one. */
  readonly store: string;
  readonly tabId: string;
  /** The room's code. */
  readonly room: string;
  /** Null where the chain is there and what was noted of it is lost. */
  readonly record: RoomRecord | null;
  /** Whose it is now: nobody's, this tab's, or another living tab's, which must not lose it. */
  readonly holder: 'nobody' | 'self' | 'another';
}

export type DeleteOutcome =
  { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Names the store of a tab's room. */
export function storeNameOfTab(tabId: string, roomStore: string): string {
  return `tabchain-${tabId}-${roomStore}`;
}

export function writeRoomRecord(store: string, record: RoomRecord): void {
  try {
    localStorage.setItem(RECORD_PREFIX + store, JSON.stringify(record));
  } catch {
    // Without it the list shows the room's code alone.
  }
}

/** All rooms that this browser has stored, the latest used first. Asks the other tabs which of them are in use. */
export async function listStoredRooms(): Promise<StoredRoom[]> {
  const [stores, living] = await Promise.all([listStores(), findLivingTabs()]);
  const own = readTabId();
  const rooms = stores.flatMap((store): StoredRoom[] => {
    const [, tabId, room] = STORE_NAME.exec(store) ?? [];
    if (tabId === undefined || room === undefined) return [];
    const holder = tabId === own ? 'self' : living.has(tabId) ? 'another' : 'nobody';
    return [{ store, tabId, room, record: readRoomRecord(store), holder }];
  });
  const lastUseMs = ({ record }: StoredRoom): number => record?.lastUseMs ?? 0;
  return rooms.sort((a, b) => lastUseMs(b) - lastUseMs(a)).slice(0, LISTED_ROOMS_LIMIT);
}

/** Deletes a room's chain for good, unless a tab uses it. The account that it was mined under stays. */
export async function deleteStoredRoom({ store, tabId }: StoredRoom): Promise<DeleteOutcome> {
  const inUse = {
    ok: false,
    message:
      'This room was not deleted: another tab of this browser uses it. Close that tab first.',
  } as const;
  if (tabId !== readTabId() && (await findLivingTabs()).has(tabId)) return inUse;
  try {
    if (await isDatabaseInUse(DATABASE_PREFIX + store)) return inUse;
    await finish(indexedDB.deleteDatabase(DATABASE_PREFIX + store));
    localStorage.removeItem(RECORD_PREFIX + store);
    return { ok: true };
  } catch (error) {
    return { ok: false, message: `This room could not be deleted: ${String(error)}.` };
  }
}

/** Whether this browser keeps a store of this name. */
export async function hasStore(store: string): Promise<boolean> {
  return (await listStores()).includes(store);
}

async function listStores(): Promise<string[]> {
  try {
    const noted = Object.keys(localStorage)
      .filter((key) => key.startsWith(RECORD_PREFIX))
      .map((key) => key.slice(RECORD_PREFIX.length));
    // Older browsers do not list their databases: what was noted must do.
    if (!('databases' in indexedDB)) return noted;
    const databases = await indexedDB.databases();
    return databases
      .map(({ name }) => name ?? '')
      .filter((name) => name.startsWith(DATABASE_PREFIX))
      .map((name) => name.slice(DATABASE_PREFIX.length));
  } catch {
    return [];
  }
}

/** What was noted of a room, or null where that is missing or makes no sense. */
function readRoomRecord(store: string): RoomRecord | null {
  try {
    const record = JSON.parse(localStorage.getItem(RECORD_PREFIX + store) ?? '') as RoomRecord;
    const { fragment, account, height, bytes, lastUseMs } = record;
    const areNumbers = [height, bytes, lastUseMs].every(
      (value) => Number.isSafeInteger(value) && value >= 0,
    );
    return areNumbers && ACCOUNT.test(account) && readRoomLink(fragment).ok ? record : null;
  } catch {
    return null;
  }
}

/**
 * Whether any page has this database open. A deletion cannot be taken back once it waits for such a page, so a change
 * of version is tried first, which can.
 */
async function isDatabaseInUse(name: string): Promise<boolean> {
  const found = 'databases' in indexedDB ? await indexedDB.databases() : [];
  const version = found.find((database) => database.name === name)?.version ?? 1;
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version + 1);
    let timer: ReturnType<typeof setTimeout> | null = null;
    // Also when the other page lets go after all: nothing may have changed then.
    request.onupgradeneeded = () => request.transaction?.abort();
    request.onblocked = () => (timer = setTimeout(() => resolve(true), IN_USE_AFTER_MS));
    request.onerror = (event) => {
      event.preventDefault();
      if (timer !== null) clearTimeout(timer);
      if (request.error?.name === 'AbortError') resolve(false);
      else reject(request.error ?? new Error('the database cannot be opened'));
    };
  });
}

function finish(request: IDBOpenDBRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error('the browser refused'));
  });
}
