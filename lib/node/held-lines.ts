/**
 * Transactions that a bridge has made of notes not long ago: where such a note is reverted, its writer writes it again,
 * and the bridge must not do so too (R25).
 */

/**
 * Lines of some 100 bytes. A room's notes come one a block, and each is held for twenty blocks, so that only a bridge that
 * meets a long chain holds more than that. Beyond, the oldest is held no longer: it stands deepest, and is reverted last.
 */
export const HELD_LINES_LIMIT = 4_096;

export class HeldLines {
  /** The height at which each is let go, the oldest first. */
  readonly #heights = new Map<string, number>();

  /** Holds a line until the chain has this height. */
  hold(line: string, height: number): void {
    this.#heights.delete(line);
    this.#heights.set(line, height);
    if (this.#heights.size > HELD_LINES_LIMIT)
      this.#heights.delete(this.#heights.keys().next().value!);
  }

  /** What is held where the chain has this height. */
  at(tipHeight: number): ReadonlySet<string> {
    for (const [line, height] of this.#heights) if (height <= tipHeight) this.#heights.delete(line);
    return new Set(this.#heights.keys());
  }
}
