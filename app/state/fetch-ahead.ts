/**
 * Fetches what a room needs of this page's server before the room is opened: the server may be gone by then (R26).
 */
import checkerUrl from '../../lib/drivers/workers/signature-web-worker.ts?worker&url';
import minerUrl from '../../lib/drivers/workers/web-worker.ts?worker&url';

/** Files of the built app never change under their names, so the browser keeps these and asks nobody for them again. */
export function fetchAhead(): void {
  for (const url of [minerUrl, checkerUrl]) fetch(url).catch(() => undefined);
}
