/**
 * A map that forgets by itself: what was put in stays for a named time, and hardly longer, as long as there is room.
 *
 * Entries are kept in two generations, of which the older one leaves whole. So a peer that runs for days keeps what the
 * last seconds brought, and not its limit's worth of what nobody will ever ask for again.
 */

export class RecentMap<Value> {
  readonly #keepMs: number;
  readonly #halfLimit: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  /** When the young become the old. */
  #turnMs = Number.NEGATIVE_INFINITY;

  /**
   * @param keepMs an entry is kept so long at least, and twice as long at most
   * @param limit entries at most; where as many come within the time, at least half as many, the latest, are kept
   */
  constructor(keepMs: number, limit: number) {
    this.#keepMs = keepMs;
    this.#halfLimit = limit >> 1;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Puts a new entry in, or another value in the place of a known one. */
  set(key: string, value: Value, nowMs: number): void {
    if (nowMs >= this.#turnMs || this.#young.size >= this.#halfLimit) this.#turn(nowMs);
    this.#young.set(key, value);
  }

  #turn(nowMs: number): void {
    const areAllPast = nowMs >= this.#turnMs + this.#keepMs;
    this.#old = areAllPast ? new Map() : this.#young;
    this.#young = new Map();
    if (areAllPast) this.#turnMs = nowMs + this.#keepMs;
    else if (nowMs >= this.#turnMs) this.#turnMs += this.#keepMs;
  }
}
