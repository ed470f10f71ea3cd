/**
 * What this browser keeps of its tabs (R28): the id of each in its own sessionStorage, their keys in localStorage.
 * Where the browser forbids the page to store anything, ids and keys live as long as the page.
 */
import { bytesToHex, readHex } from '../../chain/bytes.ts';
import { keyPairOf, type KeyPair } from '../../ledger/account.ts';

const TAB_KEY = 'tabchain.tab';
const HEIR_KEY = 'tabchain.heir-of';
const KEY_PREFIX = 'tabchain.key.';
const TAB_ID_BYTES = 8;

/** This tab's id from before its reload; null in a new tab. */
export function readTabId(): string | null {
  return read(() => sessionStorage.getItem(TAB_KEY));
}

/** Makes this tab another peer from its next load on. Returns whether the browser keeps that. */
export function writeTabId(tabId: string): boolean {
  return write(() => sessionStorage.setItem(TAB_KEY, tabId));
}

export function makeTabId(): string {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(TAB_ID_BYTES)));
}

/** The key that is kept for a tab; null where there is none that can be used. */
export function readTabKeys(tabId: string): KeyPair | null {
  const bytes = readHex(read(() => localStorage.getItem(KEY_PREFIX + tabId)) ?? '');
  return bytes === null ? null : keyPairOf(bytes);
}

/** Keeps a tab's key. Returns whether the browser does. */
export function writeTabKeys(tabId: string, { secretKey }: KeyPair): boolean {
  return write(() => localStorage.setItem(KEY_PREFIX + tabId, bytesToHex(secretKey)));
}

/** The tab that this browser keeps this key for; null where there is none. */
export function findTabOfKeys({ secretKey }: KeyPair): string | null {
  const wanted = bytesToHex(secretKey);
  const names = read(() => Object.keys(localStorage)) ?? [];
  const name = names.find(
    (key) => key.startsWith(KEY_PREFIX) && read(() => localStorage.getItem(key)) === wanted,
  );
  return name === undefined ? null : name.slice(KEY_PREFIX.length);
}

/** Remembers over the next load from which tab's stores this tab goes on. */
export function writeInheritance(fromTabId: string): void {
  write(() => sessionStorage.setItem(HEIR_KEY, fromTabId));
}

/** The tab from whose stores this tab goes on, once; null where it has its own only. */
export function takeInheritance(): string | null {
  const from = read(() => sessionStorage.getItem(HEIR_KEY));
  if (from !== null) write(() => sessionStorage.removeItem(HEIR_KEY));
  return from;
}

function read<Value>(action: () => Value): Value | null {
  try {
    return action();
  } catch {
    return null;
  }
}

function write(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
