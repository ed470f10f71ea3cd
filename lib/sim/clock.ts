/**
 * One machine's two clocks in the world's time: off by so much, and running a little too fast or too slow (R31).
 */
import type { Clocks } from '../peer/inputs.ts';

/** The wall clock of a right machine when a world begins: 21 November 2025, 01:00 UTC. */
export const WORLD_START_WALL_MS = 1_763_686_800_000;

export class SimulatedClock {
  #offsetMs: number;
  readonly #rate: number;
  #bootedMs: number;

  /**
   * @param offsetMs how far the wall clock is ahead when the world begins
   * @param driftPerMillion how much faster than the world's time it runs; quartz stays within 100
   */
  constructor(offsetMs: number, driftPerMillion: number) {
    this.#offsetMs = offsetMs;
    this.#rate = 1 + driftPerMillion / 1_000_000;
    this.#bootedMs = 0;
  }

  read(worldMs: number): Clocks {
    return {
      wallMs: Math.floor(WORLD_START_WALL_MS + this.#offsetMs + worldMs * this.#rate),
      monotonicMs: (worldMs - this.#bootedMs) * this.#rate,
    };
  }

  /** Somebody sets the wall clock. */
  adjust(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** The monotonic clock begins anew, as with a reloaded page. */
  reboot(worldMs: number): void {
    this.#bootedMs = worldMs;
  }
}
