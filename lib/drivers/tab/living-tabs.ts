/**
 * Which tabs of this browser live (R28). They answer on a channel; where the browser has locks, each holds one too, which
 * also speaks for a tab that is too busy to answer.
 */

/** How long a living tab may take to answer. Timers of hidden tabs are slow, but their messages are not. */
const ANSWER_WAIT_MS = 300;

const CHANNEL = 'tabchain.tabs';
const LOCK_PREFIX = 'tabchain.tab.';

export interface TabMessage {
  /** `who` asks all tabs to say `alive`; the others tell of the sender. */
  readonly kind: 'claim' | 'taken' | 'alive' | 'bye' | 'who';
  readonly tabId: string;
  /** Tells two documents with one tab id apart. */
  readonly documentId: string;
}

/** The channel on which the tabs of this browser talk; null where there is none. */
export function openTabChannel(): BroadcastChannel | null {
  return typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL);
}

/** Holds the lock of a living tab until the page goes or the returned function is called. */
export function holdTabLock(tabId: string): () => void {
  const ending = new AbortController();
  let release: () => void = () => ending.abort();
  // Insecure origins have no locks, whatever the types say.
  const locks = navigator.locks as LockManager | undefined;
  locks
    ?.request(LOCK_PREFIX + tabId, { mode: 'shared', signal: ending.signal }, () => {
      return new Promise<void>((resolve) => (release = resolve));
    })
    .catch(() => undefined);
  return () => release();
}

/** The ids of all tabs that live now, this one included where it has claimed its id. */
export async function findLivingTabs(): Promise<ReadonlySet<string>> {
  const living = new Set<string>();
  const channel = openTabChannel();
  if (channel !== null) {
    channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      if (data.kind === 'alive' || data.kind === 'taken') living.add(data.tabId);
      else if (data.kind === 'bye') living.delete(data.tabId);
    };
    channel.postMessage({ kind: 'who', tabId: '', documentId: '' } satisfies TabMessage);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_WAIT_MS));
    channel.close();
  }
  const locks = navigator.locks as LockManager | undefined;
  for (const { name } of (await locks?.query())?.held ?? [])
    if (name?.startsWith(LOCK_PREFIX) === true) living.add(name.slice(LOCK_PREFIX.length));
  return living;
}
