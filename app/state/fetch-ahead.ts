/**
 * Fetches what a room needs of this page's server before the room is opened: the server may be gone by then (R26).
 */
import checkerUrl from '../../lib/drivers/workers/signature-web-worker.ts?worker&url';
import minerUrl from '../../lib/drivers/workers/web-worker.ts?worker&url';
import { fetchDecoder } from '../invite/code-picture.ts';

/** Once in a room, a page has better things to do at first; after this it makes time. */
const LATER_MS = 10_000;

/** Files of the built app never change under their names, so the browser keeps these and asks nobody for them again. */
export function fetchAhead(): void {
  for (const url of [minerUrl, checkerUrl]) fetch(url).catch(() => undefined);
  void fetchDecoder();
}

/** Fetches what a member of a room needs when its server is gone, as soon as the page has nothing else to do. */
export function fetchLater(): void {
  const begin = () => void fetchDecoder();
  if ('requestIdleCallback' in globalThis) requestIdleCallback(begin, { timeout: LATER_MS });
  else setTimeout(begin, LATER_MS);
}
