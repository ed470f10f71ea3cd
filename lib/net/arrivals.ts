/**
 * Whether others are still coming to a room, one soon after the other, as when a class opens a link (R14).
 */

/** Nobody has come for so long: more are not to be expected soon. */
export const QUIET_MS = 500;
/** To some rooms others never cease to come: after so long there is a chance to link, and then the wait begins anew. */
export const LONGEST_WAIT_MS = 2_000;

export class Arrivals {
  /** Since when others have come without a pause, and when the last one did; null where it is quiet. */
  #current: { readonly sinceMs: number; lastMs: number } | null = null;

  /** Somebody has come. */
  came(nowMs: number): void {
    if (this.areUnderWay(nowMs)) this.#current!.lastMs = nowMs;
    else this.#current = { sinceMs: nowMs, lastMs: nowMs };
  }

  areUnderWay(nowMs: number): boolean {
    if (this.#current === null) return false;
    const { sinceMs, lastMs } = this.#current;
    if (nowMs - lastMs >= QUIET_MS || nowMs - sinceMs >= LONGEST_WAIT_MS) this.#current = null;
    return this.#current !== null;
  }

  forget(): void {
    this.#current = null;
  }
}
