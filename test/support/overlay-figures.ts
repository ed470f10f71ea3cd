/** What a large room's overlay comes to, measured in its model: how far gossip reaches, and what lookups take. */
import { quantile } from '../bench/bench.ts';
import { OverlayModel } from './overlay-model.ts';

/** A fifth of the room a minute, noticed as late as silence is. */
export const CHURN = { sharePerMinute: 0.2, roundMs: 10_000 } as const;
const BLOCKS = 3;

export interface OverlayFigures {
  readonly peers: number;
  /** Share of the room that each block reached, at least. */
  readonly reach: number;
  readonly gossipHops: number;
  readonly mostCopies: number;
  readonly lookups: number;
  readonly right: number;
  readonly meanHops: number;
  readonly hops99: number;
  readonly mostHops: number;
}

export function measureOverlay(
  peers: number,
  rounds: number,
  lookupsPerRound: number,
  seed: number,
): OverlayFigures {
  const model = new OverlayModel(peers, seed);
  const blocks = Array.from({ length: BLOCKS }, () => model.spread());
  const leaving = Math.round((peers * CHURN.sharePerMinute * CHURN.roundMs) / 60_000);
  const reports = Array.from({ length: rounds }, () =>
    model.churn(leaving, lookupsPerRound, CHURN.roundMs),
  );
  const hops = reports.flatMap((report) => report.hops);
  return {
    peers,
    reach: Math.min(...blocks.map(({ reached }) => reached)) / peers,
    gossipHops: Math.max(...blocks.map(({ mostHops }) => mostHops)),
    mostCopies: Math.max(...blocks.map(({ mostCopies }) => mostCopies)),
    lookups: reports.reduce((sum, { count }) => sum + count, 0),
    right: reports.reduce((sum, { right }) => sum + right, 0),
    meanHops: hops.reduce((sum, n) => sum + n, 0) / hops.length,
    hops99: quantile(hops, 0.99),
    mostHops: hops.reduce((most, n) => Math.max(most, n), 0),
  };
}
