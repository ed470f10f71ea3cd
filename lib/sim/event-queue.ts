/**
 * What is going to happen, in order of time; of equal times what was planned first happens first (R31).
 */

export type Happening = () => void;

/** A binary heap in three arrays, so that planning an event allocates nothing but the event. */
export class EventQueue {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #happenings: Happening[] = [];
  #nextOrder = 0;

  get size(): number {
    return this.#times.length;
  }

  /** The time of the next event in milliseconds; infinite where none is planned. */
  get nextMs(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Plans an event. */
  push(timeMs: number, happening: Happening): void {
    const order = this.#nextOrder++;
    let at = this.#times.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#times[parent]! <= timeMs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, timeMs, order, happening);
  }

  /** Takes out the next event; null where none is planned. */
  pop(): Happening | null {
    const first = this.#happenings[0];
    if (first === undefined) return null;
    const timeMs = this.#times.pop()!;
    const order = this.#orders.pop()!;
    const happening = this.#happenings.pop()!;
    const size = this.#times.length;
    if (size === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(child + 1, child)) child++;
      const childMs = this.#times[child]!;
      if (timeMs < childMs || (timeMs === childMs && order < this.#orders[child]!)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, timeMs, order, happening);
    return first;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#times[a]! - this.#times[b]!;
    return difference < 0 || (difference === 0 && this.#orders[a]! < this.#orders[b]!);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#happenings[from]!);
  }

  #put(at: number, timeMs: number, order: number, happening: Happening): void {
    this.#times[at] = timeMs;
    this.#orders[at] = order;
    this.#happenings[at] = happening;
  }
}
