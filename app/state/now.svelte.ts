import { untilWholeSecondMs } from './redraw.ts';

/**
 * The time of day, one tick a second, for texts such as "14 s ago". A hidden page does not tick.
 */
class Now {
  wallMs = $state(Date.now());
  /** Ticks so far. */
  ticks = $state(0);

  constructor() {
    this.#plan();
  }

  #plan(): void {
    setTimeout(() => {
      if (!document.hidden) {
        this.wallMs = Date.now();
        this.ticks++;
      }
      this.#plan();
    }, untilWholeSecondMs(performance.now()));
  }
}

export const now = new Now();
