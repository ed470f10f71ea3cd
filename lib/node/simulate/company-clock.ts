/**
 * The time of a company that shares one process: while the machine does other things it stands still (R18).
 *
 * Where many nodes live in one process, a machine that is busy elsewhere would make every node fall silent for every
 * other at once, which no network does to real machines. So time goes on only as the nodes get to do something in it.
 */
import type { Clocks } from '../../peer/inputs.ts';

/** What a late beat adds at most: twice the usual. */
const BEAT_LIMIT_MS = 40;

export class CompanyClock {
  readonly #wallMs = Date.now();
  #beatMs = performance.now();
  #nowMs = 0;

  /** Milliseconds since the company was made. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Goes on. To be called every 20 ms. */
  beat(): void {
    const beatMs = performance.now();
    this.#nowMs += Math.min(beatMs - this.#beatMs, BEAT_LIMIT_MS);
    this.#beatMs = beatMs;
  }

  read(): Clocks {
    return { wallMs: Math.floor(this.#wallMs + this.#nowMs), monotonicMs: this.#nowMs };
  }
}
