/**
 * How many hashes a worker does in a row: few enough that a new tip waits little, and enough that what comes between
 * costs little (R8).
 */

/**
 * Where no memory is shared, a worker yields after so long to let messages in. A yield costs some microseconds.
 */
export const BATCH_MS = 0.35;
/** Where the owner counts its messages in shared memory, a worker looks at the count after so long. */
export const LOOK_MS = 0.1;
/**
 * Such a worker yields after so many batches without any message, for nothing but what its engine may want to do. A
 * yield between long batches meets cold code, and costs tens of microseconds on a busy machine.
 */
export const LOOKS_PER_YIELD = 200;
/** The first batch, and the least: about 1 ms of the slowest phones. */
const LEAST_BATCH_HASHES = 1000;
/** The most: no core is ten times as fast as those of today. */
const MOST_BATCH_HASHES = 100_000;
/** The rate is taken over this much searching, since the clocks of browsers see no single batch. */
const WINDOW_MS = 8;

export class BatchLength {
  /** A batch is made to last about so long, in milliseconds. */
  readonly #batchMs: number;
  /** Hashes of the next batch. */
  hashes = LEAST_BATCH_HASHES;
  #windowHashes = 0;
  #windowMs = 0;

  constructor(batchMs: number) {
    this.#batchMs = batchMs;
  }

  /** Takes note of hashes, and of the time that they took. */
  count(hashes: number, elapsedMs: number): void {
    this.#windowHashes += hashes;
    this.#windowMs += elapsedMs;
    if (this.#windowMs < WINDOW_MS) return;
    const wanted = Math.ceil((this.#windowHashes / this.#windowMs) * this.#batchMs);
    this.hashes = Math.min(MOST_BATCH_HASHES, Math.max(LEAST_BATCH_HASHES, wanted));
    this.#windowHashes = 0;
    this.#windowMs = 0;
  }
}
