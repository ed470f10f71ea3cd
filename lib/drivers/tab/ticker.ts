/**
 * Ticks from a worker: browsers slow down the timers of hidden pages to one a second or a minute, those of workers not.
 */

/** Between two ticks of a peer. */
export const TICK_INTERVAL_MS = 100;

const PROGRAM = `setInterval(() => postMessage(0), ${TICK_INTERVAL_MS});`;

/** Calls back about every {@link TICK_INTERVAL_MS}; returns what ends it. Falls back to the page's timers. */
export function startTicker(tick: () => void): () => void {
  try {
    const url = URL.createObjectURL(new Blob([PROGRAM], { type: 'text/javascript' }));
    const worker = new Worker(url);
    let timer: ReturnType<typeof setInterval> | null = null;
    worker.onmessage = tick;
    worker.onerror = () => {
      worker.terminate();
      timer ??= setInterval(tick, TICK_INTERVAL_MS);
    };
    return () => {
      worker.terminate();
      URL.revokeObjectURL(url);
      if (timer !== null) clearInterval(timer);
    };
  } catch {
    const timer = setInterval(tick, TICK_INTERVAL_MS);
    return () => clearInterval(timer);
  }
}
