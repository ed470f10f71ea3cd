/**
 * How many bytes of a client are relayed (R26): a bucket that may go into debt, and says how long its owner must not be
 * read until the debt is paid. So a fast sender is slowed by its own connection, and nothing that it sent is lost. Pure.
 */

/** What a frame costs at least: the work of reading and sending it, however short it is. */
const FRAME_COST_BYTES = 512;

export interface RelayBudget {
  /** Spends a frame's bytes. Milliseconds for which nothing more is to be read; 0 while there is credit. */
  spend(bytes: number, nowMs: number): number;
}

/** A full budget. `nowMs` is any monotonic clock, the same in all calls. */
export function createRelayBudget(
  burstBytes: number,
  bytesPerSecond: number,
  nowMs: number,
): RelayBudget {
  let credit = burstBytes;
  let filledAtMs = nowMs;
  return {
    spend(bytes, now) {
      const elapsedMs = Math.max(0, now - filledAtMs);
      filledAtMs = Math.max(filledAtMs, now);
      credit = Math.min(burstBytes, credit + (elapsedMs * bytesPerSecond) / 1000);
      credit -= Math.max(bytes, FRAME_COST_BYTES);
      return credit >= 0 ? 0 : Math.ceil((-credit / bytesPerSecond) * 1000);
    },
  };
}
