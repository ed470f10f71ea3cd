/**
 * Keeps a flood of refused datagrams from filling the log: of each code one in ten seconds is written, with the number
 * of those that were left out before it (R9). All are counted in `/status`.
 */
import type { PeerEvent } from '../peer/inputs.ts';

export const REFUSALS_EVERY_MS = 10_000;

type Refusal = Extract<PeerEvent, { kind: 'refused' }>;

export interface LoggedRefusal {
  readonly refusal: Refusal;
  /** Others with the same code that were not written since the last one. */
  readonly omitted: number;
}

export class RefusalFilter {
  /** One for each code, so there are no more than codes. */
  readonly #seen = new Map<string, { writtenMs: number; omitted: number; last: Refusal }>();

  /** What is to be written now; null while this code has been written a moment ago. */
  take(refusal: Refusal, nowMs: number): LoggedRefusal | null {
    const seen = this.#seen.get(refusal.code);
    if (seen !== undefined && nowMs - seen.writtenMs < REFUSALS_EVERY_MS) {
      seen.omitted++;
      seen.last = refusal;
      return null;
    }
    this.#seen.set(refusal.code, { writtenMs: nowMs, omitted: 0, last: refusal });
    return { refusal, omitted: seen?.omitted ?? 0 };
  }

  /** At the end: the last one of each code of which some were left out. */
  *rest(): Generator<LoggedRefusal> {
    for (const { last, omitted } of this.#seen.values())
      if (omitted > 0) yield { refusal: last, omitted: omitted - 1 };
    this.#seen.clear();
  }
}
