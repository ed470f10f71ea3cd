/**
 * How many hashes a worker does before it lets messages in: few enough that a new tip waits little, and enough that the
 * yields cost little (R8).
 */

/**
 * A batch lasts about so long: a tip that comes at its start is still searched within half a millisecond, message and
 * all. A yield costs one microsecond in Node and four in Chromium.
 */
export const BATCH_MS = 0.35;
/** The first batch, and the least: about 1 ms of the slowest phones. */
const LEAST_BATCH_HASHES = 1000;
/** The most: no core is ten times as fast as those of today. */
const MOST_BATCH_HASHES = 100_000;
/** The rate is taken over this much searching, since the clocks of browsers see no single batch. */
const WINDOW_MS = 8;

export class BatchLength {
  /** Hashes of the next batch. */
  hashes = LEAST_BATCH_HASHES;
  #windowHashes = 0;
  #windowMs = 0;

  /** Takes note of a batch and its time. */
  count(hashes: number, elapsedMs: number): void {
    this.#windowHashes += hashes;
    this.#windowMs += elapsedMs;
    if (this.#windowMs < WINDOW_MS) return;
    const wanted = Math.ceil((this.#windowHashes / this.#windowMs) * BATCH_MS);
    this.hashes = Math.min(MOST_BATCH_HASHES, Math.max(LEAST_BATCH_HASHES, wanted));
    this.#windowHashes = 0;
    this.#windowMs = 0;
  }
}
