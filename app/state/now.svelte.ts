/**
 * The time of day, one tick a second, for texts such as "14 s ago". A hidden page does not tick.
 */
class Now {
  wallMs = $state(Date.now());

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.wallMs = Date.now();
    }, 1_000);
  }
}

export const now = new Now();
