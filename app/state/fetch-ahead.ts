/**
 * Fetches what a room needs of this page's server before the room is opened: the server may be gone by then (R26).
 */
import workerUrl from '../../lib/drivers/workers/web-worker.ts?worker&url';

/** Files of the built app never change under their names, so the browser keeps this one and asks nobody for it again. */
export function fetchAhead(): void {
  fetch(workerUrl).catch(() => undefined);
}
