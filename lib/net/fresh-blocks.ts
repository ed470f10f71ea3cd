/**
 * Blocks that a UDP miner was sent a moment ago and has not shown since: any of them may have been lost, and a naive
 * miner drops all that follow it (R10). They go out again until some seconds have passed.
 */
import type { HashHex } from '../chain/bytes.ts';

/**
 * How often, and for how long after they were sent first. Of ten datagrams at least one arrives, where a fifth is lost,
 * but once in ten million times; and nobody is behind for longer than the five seconds that they take.
 */
export const FRESH_REPEAT_MS = 500;
export const FRESH_FOR_MS = 5_500;
/** At more than a few blocks a second the oldest leave first: miners of such a network show themselves often. */
export const FRESH_LIMIT = 32;

export class FreshBlocks {
  /** When each was sent first, oldest first. */
  readonly #sentMs = new Map<HashHex, number>();
  #nextMs = Number.NEGATIVE_INFINITY;

  /** A block was sent for the first time, or again after a long while. */
  sent(hash: HashHex, nowMs: number): void {
    if (this.#sentMs.size === 0) this.#nextMs = nowMs + FRESH_REPEAT_MS;
    this.#sentMs.delete(hash);
    this.#sentMs.set(hash, nowMs);
    if (this.#sentMs.size > FRESH_LIMIT) this.#sentMs.delete(this.#sentMs.keys().next().value!);
  }

  /** Those to be sent again now, oldest first; none until the next repeat is due. */
  takeDue(nowMs: number): HashHex[] {
    if (nowMs < this.#nextMs || this.#sentMs.size === 0) return [];
    this.#nextMs = nowMs + FRESH_REPEAT_MS;
    this.#expire(nowMs);
    return [...this.#sentMs].filter(([, sentMs]) => sentMs < nowMs).map(([hash]) => hash);
  }

  /** The so many that were sent last, oldest first. */
  latest(count: number, nowMs: number): HashHex[] {
    this.#expire(nowMs);
    return [...this.#sentMs.keys()].slice(-count);
  }

  #expire(nowMs: number): void {
    for (const [hash, sentMs] of this.#sentMs) {
      if (nowMs - sentMs < FRESH_FOR_MS) break;
      this.#sentMs.delete(hash);
    }
  }
}
