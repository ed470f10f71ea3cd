import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSnapshots, untilWholeSecondMs } from '../../../app/state/redraw.ts';
import type { SessionSnapshot } from '../../../lib/drivers/session.ts';
import { PEER, SNAPSHOT } from './snapshot-example.ts';

const changed = (change: Partial<SessionSnapshot>): SessionSnapshot => ({
  ...structuredClone(SNAPSHOT),
  ...change,
});

describe('what has changed between two pictures', () => {
  it('is nothing where the picture is the same', () => {
    expect(compareSnapshots(SNAPSHOT, SNAPSHOT)).toBe('nothing');
  });

  it('is figures, whatever those are', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.array(fc.double({ noNaN: true })),
        fc.option(fc.nat()),
        fc.integer(),
        (rate, rateHistory, delayMs, offsetMs) => {
          const next = changed({
            rates: { ...SNAPSHOT.rates, totalHashesPerSecond: rate },
            rateHistory,
            peers: [{ ...PEER, delayMs, clockOffsetMs: offsetMs, height: delayMs }],
            clock: { ...SNAPSHOT.clock, offsetMs },
            meanSpacingMs: delayMs,
            refused: { stale: offsetMs },
            room: { ...SNAPSHOT.room, target: String(offsetMs) },
          });
          expect(compareSnapshots(SNAPSHOT, next)).toBe('figures');
          expect(compareSnapshots(next, SNAPSHOT)).toBe('figures');
        },
      ),
    );
  });

  it('is a new tip, whatever else has changed', () => {
    const tip = { ...SNAPSHOT.tip!, hash: '22'.repeat(32) };
    expect(compareSnapshots(SNAPSHOT, changed({ tip }))).toBe('tip');
    expect(compareSnapshots(SNAPSHOT, changed({ tip: null, warnings: ['Oh.'] }))).toBe('tip');
    expect(compareSnapshots(changed({ tip: null }), SNAPSHOT)).toBe('tip');
  });

  it.each<[string, Partial<SessionSnapshot>]>([
    ['a setting of the user', { mining: { ...SNAPSHOT.mining, paused: true } }],
    ['another name', { self: { ...SNAPSHOT.self, name: 'You' } }],
    ['a peer who came', { peers: [PEER, { ...PEER, linkId: 'other' }] }],
    ['a peer who went', { peers: [] }],
    ['a link that is direct now', { peers: [{ ...PEER, kind: 'relay' }] }],
    ['a clock that is wrong', { clock: { offsetMs: 0, wrong: true } }],
    ['a block on a side branch', { blocks: { kept: 14, orphans: 0 } }],
    ['a warning', { warnings: ['Oh.'] }],
    ['a server that is lost', { server: 'lost' }],
    ['a wallet', { wallet: { balance: 1, payable: 1, freeCoins: 1, transactions: [] } }],
  ])('is news where there is %s', (_, change) => {
    expect(compareSnapshots(SNAPSHOT, changed(change))).toBe('news');
    expect(compareSnapshots(changed(change), SNAPSHOT)).toBe('news');
  });
});

describe('a second of the page', () => {
  it('ends at a whole one, half a second away at least', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e9 }), (nowMs) => {
        const waitMs = untilWholeSecondMs(nowMs);
        expect(waitMs).toBeGreaterThan(500 - 1e-6);
        expect(waitMs).toBeLessThanOrEqual(1_500);
        expect((nowMs + waitMs) % 1_000).toBe(0);
      }),
    );
  });

  it('ends once, though its timer is early or late', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -400, max: 400 }), { maxLength: 50 }), (offMs) => {
        let nowMs = 0;
        offMs.forEach((off, index) => {
          nowMs += untilWholeSecondMs(nowMs) + off;
          expect(Math.round(nowMs / 1_000)).toBe(index + 1);
        });
      }),
    );
  });
});
