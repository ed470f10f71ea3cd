/**
 * The shared hash budget of a bridged room: each tab watches how fast blocks come and lowers its duty cycle, so that
 * twenty fast tabs at the reference miners' target do not drown themselves and them in blocks.
 *
 * Every interval is weighed with the duty in force when it ended: that gives the spacing which the room would have at
 * full duty, and the duty follows from it at once, without the lag that a controller on plain spacings would have.
 * Miners of constant power do not disturb it: the fixed point lies where all together keep the spacing.
 */

/** Blocks watched. Their mean spacing is known to within about a sixth. */
export const BUDGET_WINDOW_BLOCKS = 32;
/** A newcomer begins with this share, and finds its own within a few blocks. */
export const FIRST_DUTY = 0.2;
/** Below this a tab would search less than a batch between two looks at the clock. */
export const LEAST_DUTY = 0.002;
/** Blocks that must have been seen before the duty is judged. */
const JUDGED_BLOCKS = 3;

export class HashBudget {
  readonly #minSpacingMs: number;
  readonly #intervals: { readonly ms: number; readonly duty: number }[] = [];
  #lastBlockMs: number | null = null;
  #duty: number;

  /** @param minSpacingMs the least mean spacing that the room keeps; 0 switches the budget off. */
  constructor(minSpacingMs: number) {
    this.#minSpacingMs = minSpacingMs;
    this.#duty = minSpacingMs === 0 ? 1 : FIRST_DUTY;
  }

  /** Share of its power that this peer may use now: above 0, at most 1. */
  get duty(): number {
    return this.#duty;
  }

  /** The best chain has grown by a block at this time. Blocks fetched while catching up are not to be counted. */
  blockArrived(nowMs: number): void {
    if (this.#minSpacingMs === 0) return;
    if (this.#lastBlockMs !== null) {
      this.#intervals.push({ ms: nowMs - this.#lastBlockMs, duty: this.#duty });
      if (this.#intervals.length > BUDGET_WINDOW_BLOCKS) this.#intervals.shift();
    }
    this.#lastBlockMs = nowMs;
    this.#judge(0);
  }

  /** Time passes without a block: an interval that is longer than usual counts before it ends. */
  tick(nowMs: number): void {
    if (this.#minSpacingMs === 0) return;
    // Before the first block the silence counts from the first look.
    this.#lastBlockMs ??= nowMs;
    const openMs = nowMs - this.#lastBlockMs;
    if (openMs > 2 * this.#minSpacingMs) this.#judge(openMs);
  }

  #judge(openMs: number): void {
    const blocks = this.#intervals.length;
    if (blocks < JUDGED_BLOCKS) {
      // A room that is so quiet needs no budget: open up slowly until blocks come.
      if (openMs > 2 * this.#minSpacingMs) this.#duty = Math.min(1, this.#duty * 1.02);
      return;
    }
    const open = openMs * this.#duty;
    const sum = this.#intervals.reduce((total, { ms, duty }) => total + ms * duty, open);
    const spacingAtFullDutyMs = sum / (openMs > 0 ? blocks + 1 : blocks);
    this.#duty = Math.min(1, Math.max(LEAST_DUTY, spacingAtFullDutyMs / this.#minSpacingMs));
  }
}
