/**
 * Which neighbours datagrams between two nodes have lately been handed to: when a second one comes, nobody may have
 * answered the first, as a neighbour on its way is gone or swallows it, and so it should take another (R11).
 */
import type { Account } from '../ledger/account.ts';
import { RecentMap } from './recent-map.ts';

/** Datagrams between two nodes within this time take different ways. */
export const RETRY_WITHIN_MS = 10_000;
/** Pairs of nodes remembered, the latest; for one forgotten the best way is taken again. */
export const PAIRS_LIMIT = 1_024;

interface Ways {
  readonly tried: Account[];
  readonly untilMs: number;
}

export class TriedWays {
  readonly #pairs = new RecentMap<Ways>(RETRY_WITHIN_MS, PAIRS_LIMIT);

  /** The neighbours tried for this pair, to be added to; no more of them than there are neighbours. */
  between(from: Account, to: Account, nowMs: number): Account[] {
    const pair = `${from} ${to}`;
    const known = this.#pairs.get(pair);
    if (known !== undefined && known.untilMs > nowMs) return known.tried;
    const tried: Account[] = [];
    this.#pairs.set(pair, { tried, untilMs: nowMs + RETRY_WITHIN_MS }, nowMs);
    return tried;
  }
}
