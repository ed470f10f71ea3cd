import { describe, expect, it } from 'vitest';
import { OverlayModel } from '../support/overlay-model.ts';

const PEERS = 200;

/** The short form of `npm run soak -- overlay`. */
describe(`a room of ${PEERS} peers`, () => {
  it('gets each block to everyone, once, within log2(n) hops', () => {
    const model = new OverlayModel(PEERS, 1);
    for (let i = 0; i < 5; i++) {
      const { reached, mostHops, mostCopies } = model.spread();
      expect(reached).toBe(PEERS);
      expect(mostHops).toBeLessThanOrEqual(Math.log2(PEERS));
      expect(mostCopies).toBeLessThanOrEqual(3);
    }
  });

  it('finds every account within log2(n) hops on average while a fifth of the peers change a minute', () => {
    const model = new OverlayModel(PEERS, 2);
    // A fifth a minute, in rounds as long as a silence is waited for.
    const rounds = Array.from({ length: 6 }, () => model.churn(PEERS / 5 / 6, 40, 10_000));
    for (const { right, count, hops } of rounds) {
      expect(right).toBe(count);
      const mean = hops.reduce((sum, n) => sum + n, 0) / hops.length;
      expect(mean).toBeLessThanOrEqual(Math.log2(PEERS));
    }
  });
});
