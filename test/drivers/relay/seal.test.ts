import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeSealedChannel, type SealParties } from '../../../lib/drivers/relay/seal.ts';
import { sharedSecret } from '../../../lib/ledger/account.ts';
import { keysOf } from '../../support/peers.ts';

const [alice, bob, eve] = [1, 2, 3].map(keysOf) as [
  ReturnType<typeof keysOf>,
  ReturnType<typeof keysOf>,
  ReturnType<typeof keysOf>,
];
const SALTS = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)] as const;

/** Alice has called Bob. */
function ends(change: Partial<SealParties> = {}) {
  const common = { room: 'red', salts: SALTS, secret: sharedSecret(alice, bob.publicKey)! };
  return [
    makeSealedChannel({
      ...common,
      ...{ ownId: alice.account, nodeId: bob.account, isCaller: true },
    }),
    makeSealedChannel({
      ...common,
      ...{ ownId: bob.account, nodeId: alice.account, isCaller: false },
      ...change,
    }),
  ] as const;
}

const texts = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 8 });

describe('a sealed channel', () => {
  test('opens what the other end sealed, in order, both ways', () => {
    fc.assert(
      fc.property(texts, texts, (there, back) => {
        const [a, b] = ends();
        for (const text of there) expect(b.open(a.seal(text))).toEqual(text);
        for (const text of back) expect(a.open(b.seal(text))).toEqual(text);
      }),
    );
  });

  test('opens nothing that was altered, repeated, swapped, reflected or left out', () => {
    fc.assert(
      fc.property(texts, fc.nat(), fc.nat(7), (sent, place, bit) => {
        const [a, b] = ends();
        const sealed = sent.map((text) => a.seal(text));
        const first = sealed[0]!;
        const altered = first.slice();
        altered[place % altered.length]! ^= 1 << bit;
        expect(b.open(altered)).toBeNull();
        expect(a.open(first)).toBeNull();
        for (const later of sealed.slice(1)) expect(b.open(later)).toBeNull();
        expect(b.open(first)).toEqual(sent[0]);
        expect(b.open(first)).toBeNull();
      }),
    );
  });

  test('hides what it carries', () => {
    const [a] = ends();
    const text = new TextEncoder().encode('a line that the server should not read');
    expect(Buffer.from(a.seal(text)).includes('server')).toBe(false);
  });

  test.each<[string, Partial<SealParties>]>([
    ['another secret', { secret: sharedSecret(eve, alice.publicKey)! }],
    ['another account', { ownId: eve.account }],
    ['another room', { room: 'blue' }],
    ['another link', { salts: [SALTS[1], SALTS[0]] }],
    ['the same side', { isCaller: true }],
  ])('is opened by nobody with %s', (_name, change) => {
    const [a, b] = ends(change);
    expect(b.open(a.seal(Uint8Array.of(1)))).toBeNull();
  });
});
