/**
 * Which peer a tab is (R28): its id lives in sessionStorage, so a reload keeps it; a duplicated tab, whose storage was
 * copied, finds its id taken and makes a new one. Tabs of one origin also count each other, to share the cores.
 */
import { KEY_SEED_BYTES, makeKeyPair, type KeyPair } from '../../ledger/account.ts';
import { holdTabLock, openTabChannel, type TabMessage } from './living-tabs.ts';
import { makeTabId, readTabId, readTabKeys, writeTabId, writeTabKeys } from './tab-keys.ts';

/** How long a new tab waits for an older one with its id to speak up. */
const CLAIM_WAIT_MS = 150;
/** Tabs tell each other this often that they live. */
const ALIVE_INTERVAL_MS = 2_000;
/** A tab unheard for longer is taken as gone; hidden tabs may speak once a second at most. */
const ALIVE_LIMIT_MS = 7_000;
/** Tabs counted at most. */
const TABS_LIMIT = 256;

export interface TabIdentity {
  readonly tabId: string;
  readonly keys: KeyPair;
  /** Tabs of this origin that run now, this one included. */
  tabCount(): number;
  /** Calls back when the number of tabs has changed. */
  onTabCount(listener: (count: number) => void): void;
  close(): void;
}

/**
 * Settles this tab's id and key.
 * @param lost called when an older tab turns out to own the id after all (it was too busy to answer in time)
 */
export async function claimTabIdentity(lost: () => void): Promise<TabIdentity> {
  const documentId = makeTabId();
  const channel = openTabChannel();
  const others = new Map<string, number>();
  const listeners = new Set<(count: number) => void>();
  let tabId = readTabId() ?? newTabId();
  let taken = false;
  let settled = false;

  const say = (kind: TabMessage['kind']): void => channel?.postMessage({ kind, tabId, documentId });
  const countTabs = (): number => others.size + 1;
  const recount = (before: number): void => {
    if (countTabs() !== before) for (const listener of listeners) listener(countTabs());
  };

  if (channel !== null)
    channel.onmessage = (event: MessageEvent<TabMessage>) => {
      const { kind, tabId: theirTab, documentId: theirDocument } = event.data;
      if (kind === 'who') {
        if (settled) say('alive');
        return;
      }
      const before = countTabs();
      if (kind === 'bye') others.delete(theirDocument);
      else if (others.size < TABS_LIMIT) others.set(theirDocument, performance.now());
      recount(before);
      if (theirTab !== tabId) return;
      if (kind === 'claim' && settled) say('taken');
      // Two documents that claim one id at the same moment: the smaller document id keeps it.
      else if (kind === 'taken' || (kind === 'claim' && theirDocument < documentId)) {
        taken = true;
        if (!settled) return;
        newTabId();
        lost();
      }
    };
  say('claim');
  const waited = new Promise((resolve) => setTimeout(resolve, CLAIM_WAIT_MS));
  // Working the key out takes a while as well, and the wait is idle.
  const kept = readTabKeys(tabId);
  if (channel !== null) await waited;
  if (taken) tabId = newTabId();
  settled = true;
  const releaseLock = holdTabLock(tabId);
  say('alive');

  const timer = setInterval(() => {
    const before = countTabs();
    const oldest = performance.now() - ALIVE_LIMIT_MS;
    for (const [id, heardMs] of others) if (heardMs < oldest) others.delete(id);
    recount(before);
    say('alive');
  }, ALIVE_INTERVAL_MS);

  return {
    tabId,
    keys: taken || kept === null ? makeKeys(tabId) : kept,
    tabCount: countTabs,
    onTabCount: (listener) => void listeners.add(listener),
    close() {
      clearInterval(timer);
      releaseLock();
      say('bye');
      channel?.close();
    },
  };
}

function newTabId(): string {
  const id = makeTabId();
  // Where this is forbidden, a reload makes the tab a new peer.
  writeTabId(id);
  return id;
}

/** A key for this tab; it survives a reload where the browser lets the page store anything. */
function makeKeys(tabId: string): KeyPair {
  const keys = makeKeyPair(crypto.getRandomValues(new Uint8Array(KEY_SEED_BYTES)));
  writeTabKeys(tabId, keys);
  return keys;
}
