import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DESCRIPTION_LIFE_MS, SignalGuard } from '../../../lib/drivers/webrtc/signed-signal.ts';
import type { DialSignal } from '../../../lib/drivers/webrtc/signal.ts';
import { keysOf } from '../../support/peers.ts';

const [alice, bob, eve] = [keysOf(1), keysOf(2), keysOf(3)];
const DIAL = '0123456789abcdef';
const OFFER: DialSignal = { dial: DIAL, step: { kind: 'offer', sdp: 'v=0 fingerprint A' } };
let nowMs = 1_700_000_000_000;

function guardOf(keys = alice, room = 'red'): SignalGuard {
  return new SignalGuard({ keys, room, readWallMs: () => nowMs });
}

describe('a signed session description', () => {
  test('is heard by whom it is meant for, as it was written', () => {
    const description = fc.record({
      kind: fc.constantFrom('offer' as const, 'answer' as const),
      sdp: fc.string({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(description, (step) => {
        const signal = { dial: DIAL, step };
        expect(guardOf(bob).open(alice.account, guardOf().seal(bob.account, signal))).toEqual({
          ok: true,
          signal,
        });
      }),
      { numRuns: 20 },
    );
  });

  test('with the fingerprint of whoever stands in the middle is refused', () => {
    const body = guardOf().seal(bob.account, OFFER).replace('fingerprint A', 'fingerprint E');
    expect(guardOf(bob).open(alice.account, body)).toEqual({ ok: false, code: 'forged' });
  });

  test('under a stolen node id is refused, with the thief’s key and with the owner’s', () => {
    const body = guardOf(eve).seal(bob.account, OFFER);
    expect(guardOf(bob).open(alice.account, body)).toEqual({ ok: false, code: 'forged' });
    const dressed = JSON.stringify({
      ...(JSON.parse(body) as object),
      publicKey: Buffer.from(alice.publicKey).toString('hex'),
    });
    expect(guardOf(bob).open(alice.account, dressed)).toEqual({ ok: false, code: 'forged' });
  });

  test('meant for another peer, or of another room, is refused', () => {
    const forEve = guardOf().seal(eve.account, OFFER);
    expect(guardOf(bob).open(alice.account, forEve)).toMatchObject({ code: 'forged' });
    const elsewhere = guardOf(alice, 'blue').seal(bob.account, OFFER);
    expect(guardOf(bob).open(alice.account, elsewhere)).toMatchObject({ code: 'forged' });
  });

  test('of another dial, or an answer made into an offer, is refused', () => {
    const body = guardOf().seal(bob.account, OFFER);
    for (const changed of [body.replace(DIAL, '0'.repeat(16)), body.replace('"offer"', '"answer"')])
      expect(guardOf(bob).open(alice.account, changed)).toMatchObject({ code: 'forged' });
  });

  test('is heard once, and not when it is old', () => {
    const bobs = guardOf(bob);
    const body = guardOf().seal(bob.account, OFFER);
    expect(bobs.open(alice.account, body).ok).toBe(true);
    expect(bobs.open(alice.account, body)).toEqual({ ok: false, code: 'replayed' });
    const old = guardOf().seal(bob.account, { ...OFFER, dial: 'f'.repeat(16) });
    nowMs += DESCRIPTION_LIFE_MS + 1;
    expect(bobs.open(alice.account, old)).toEqual({ ok: false, code: 'expired' });
    // The first one is remembered for as long as a clock that is behind could take it for new.
    nowMs -= 2 * DESCRIPTION_LIFE_MS;
    expect(bobs.open(alice.account, body)).toMatchObject({ ok: false });
  });

  test('beyond what is remembered is refused, and later ones are heard again', () => {
    // Each costs a signature: the usual limit would take a busy machine a minute.
    const offersLimit = 64;
    const bobs = new SignalGuard({ keys: bob, room: 'red', readWallMs: () => nowMs, offersLimit });
    const offer = (index: number): string =>
      guardOf().seal(bob.account, { ...OFFER, dial: index.toString(16).padStart(16, '0') });
    for (let index = 0; index < offersLimit; index++)
      expect(bobs.open(alice.account, offer(index)).ok).toBe(true);
    expect(bobs.open(alice.account, offer(offersLimit))).toMatchObject({ code: 'replayed' });
    nowMs += 2 * DESCRIPTION_LIFE_MS + 1;
    expect(bobs.open(alice.account, offer(offersLimit)).ok).toBe(true);
  });

  test('malformed in any way is refused, and nothing throws', () => {
    const fields = JSON.parse(guardOf().seal(bob.account, OFFER)) as Record<string, unknown>;
    for (const name of ['dial', 'offer', 'atMs', 'publicKey', 'signature'])
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          const body = JSON.stringify({ ...fields, [name]: value });
          expect(guardOf(bob).open(alice.account, body).ok).toBe(false);
        }),
        { numRuns: 20 },
      );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(guardOf(bob).open(alice.account, body)).toEqual({ ok: false, code: 'bad-signal' });
      }),
    );
  });
});
