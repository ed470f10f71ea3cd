/**
 * A bounded memory of hashes: what one neighbour is known to have, so that nothing is sent to it twice (R14).
 */

/** Gossip concerns the last few blocks; what an evicted hash costs is one redundant message. */
export const KNOWN_HASHES_LIMIT = 2048;

export class KnownSet {
  readonly #hashes = new Set<string>();

  has(hash: string): boolean {
    return this.#hashes.has(hash);
  }

  /** Remembers a hash. At the limit the oldest is forgotten. */
  add(hash: string): void {
    if (this.#hashes.has(hash)) return;
    if (this.#hashes.size >= KNOWN_HASHES_LIMIT)
      this.#hashes.delete(this.#hashes.values().next().value!);
    this.#hashes.add(hash);
  }
}
