import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuthenticatedLink } from '../../../lib/net/links/authenticated.ts';
import { AGREEMENTS_BURST, PAIR_KEYS_LIMIT, PairKeys } from '../../../lib/net/links/pair-keys.ts';
import type { LinkEvent } from '../../../lib/net/links/reliable-link.ts';
import { SEAL_OVERHEAD_BYTES, SealedCarrier } from '../../../lib/net/links/sealed-carrier.ts';
import { Random } from '../../../lib/sim/random.ts';
import { bytes } from '../../support/arbitraries.ts';
import {
  accountNumber,
  carryAll,
  keysOf,
  Post,
  text,
  textsOf,
  type Sent,
} from '../../support/links.ts';

const [ALICE, BOB, MALLORY] = [keysOf(1), keysOf(2), keysOf(3)];
/** Curve arithmetic takes milliseconds. */
const FEW_RUNS = { numRuns: 40 };

function makeLink(post: Post, keys = ALICE, room = 'class', seed = 1): AuthenticatedLink {
  return new AuthenticatedLink({
    carrier: post.linkOf(keys.account),
    keys: new PairKeys(keys, 0),
    room,
    random: new Random(seed),
  });
}

function makeSealed(post: Post, keys = ALICE, room = 'class'): SealedCarrier {
  return new SealedCarrier(post.linkOf(keys.account), new PairKeys(keys, 0), room);
}

/** Alice and Bob know each other; returns their carriers, and a datagram that Alice has sealed for Bob. */
function sealOne(
  message = 'pay 5',
  room = 'class',
): { alice: SealedCarrier; bob: SealedCarrier; post: Post; sealed: Sent } {
  const post = new Post();
  const [alice, bob] = [makeSealed(post, ALICE, room), makeSealed(post, BOB, room)];
  alice.send(BOB.account, text(message));
  bob.open(ALICE.account, post.take()[0]!.bytes, 0);
  alice.open(BOB.account, post.take()[0]!.bytes, 0);
  return { alice, bob, post, sealed: post.take()[0]! };
}

describe('a sealed carrier', () => {
  it('asks for a key that it does not know, and loses nothing by it', () => {
    const { bob, sealed } = sealOne();
    expect(bob.open(ALICE.account, sealed.bytes, 0)).toEqual({
      kind: 'opened',
      bytes: text('pay 5'),
    });
  });

  it('lets a copy pass, as a fair-loss link may', () => {
    const { bob, sealed } = sealOne();
    for (let i = 0; i < 3; i++)
      expect(bob.open(ALICE.account, sealed.bytes, i).kind).toBe('opened');
  });

  it('refuses a datagram of which any byte is changed, missing or too many', () => {
    const { bob, sealed } = sealOne();
    fc.assert(
      fc.property(
        fc.nat(sealed.bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (at, change) => {
          const changed = sealed.bytes.slice();
          changed[at]! ^= change;
          expect(bob.open(ALICE.account, changed, 0).kind).not.toBe('opened');
        },
      ),
      FEW_RUNS,
    );
    for (let length = 0; length < sealed.bytes.length; length++)
      expect(bob.open(ALICE.account, sealed.bytes.subarray(0, length), 0).kind).not.toBe('opened');
    const longer = new Uint8Array([...sealed.bytes, 0]);
    expect(bob.open(ALICE.account, longer, 0)).toEqual({ kind: 'refused', code: 'bad-seal' });
  });

  it('refuses what was meant for another one, or sent by another one, or comes back to its sender', () => {
    const { alice, bob, post, sealed } = sealOne();
    const carol = makeSealed(post, keysOf(4));
    expect(carol.open(ALICE.account, sealed.bytes, 0)).toEqual({
      kind: 'refused',
      code: 'bad-seal',
    });
    expect(bob.open(MALLORY.account, sealed.bytes, 0)).toEqual({
      kind: 'refused',
      code: 'stolen-id',
    });
    expect(alice.open(BOB.account, sealed.bytes, 0)).toEqual({
      kind: 'refused',
      code: 'stolen-id',
    });
    // As Bob's: the secret is the same in both directions, but the proof names the direction.
    const reflected = sealed.bytes.slice();
    reflected.set(BOB.publicKey, 1);
    expect(alice.open(BOB.account, reflected, 0)).toEqual({ kind: 'refused', code: 'bad-seal' });
  });

  it('refuses what was sealed for another room', () => {
    const { bob } = sealOne();
    const { sealed } = sealOne('pay 5', 'another');
    expect(bob.open(ALICE.account, sealed.bytes, 0)).toEqual({ kind: 'refused', code: 'bad-seal' });
  });

  it('refuses what somebody seals in the name of another, with any key', () => {
    const { bob } = sealOne();
    const post = new Post();
    const named = new SealedCarrier(
      post.linkOf(ALICE.account),
      new PairKeys({ ...MALLORY, account: ALICE.account }, 0),
      'class',
    );
    named.send(BOB.account, text('lie'));
    named.open(BOB.account, new Uint8Array([3, ...BOB.publicKey]), 0);
    const [, sealed] = post.take();
    expect(bob.open(ALICE.account, sealed!.bytes, 0)).toEqual({
      kind: 'refused',
      code: 'stolen-id',
    });
    const dressed = sealed!.bytes.slice();
    dressed.set(ALICE.publicKey, 1);
    expect(bob.open(ALICE.account, dressed, 0)).toEqual({ kind: 'refused', code: 'bad-seal' });
  });

  it('learns no key that it did not ask for', () => {
    const post = new Post();
    const alice = makeSealed(post);
    expect(alice.open(MALLORY.account, new Uint8Array([3, ...MALLORY.publicKey]), 0).kind).toBe(
      'taken',
    );
    alice.send(MALLORY.account, text('who are you?'));
    expect(post.take()[0]!.bytes[0]).toBe(2);
  });

  it('takes any bytes without harm', () => {
    const { bob, sealed } = sealOne();
    fc.assert(
      fc.property(bytes(0, 120), (junk) => {
        expect(bob.open(ALICE.account, junk, 0).kind).toBe('refused');
      }),
    );
    expect(bob.open(ALICE.account, sealed.bytes, 0).kind).toBe('opened');
  });

  it('agrees on secrets with so many strangers at once and no more, and still hears those whom it knows', () => {
    const { bob, sealed } = sealOne();
    expect(bob.open(ALICE.account, sealed.bytes, 0).kind).toBe('opened');
    const post = new Post();
    const codes = new Map<string, number>();
    for (let i = 0; i < AGREEMENTS_BURST + 5; i++) {
      const stranger = makeSealed(post, keysOf(100 + i));
      stranger.send(BOB.account, text('hi'));
      stranger.open(BOB.account, new Uint8Array([3, ...BOB.publicKey]), 0);
      const outcome = bob.open(keysOf(100 + i).account, post.take()[1]!.bytes, 0);
      const code = outcome.kind === 'refused' ? outcome.code : outcome.kind;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(codes.get('too-many-peers')).toBe(6);
    // One agreement was that with Alice.
    expect(codes.get('opened')).toBe(AGREEMENTS_BURST - 1);
    expect(bob.open(ALICE.account, sealed.bytes, 0).kind).toBe('opened');
  });
});

describe('the secret of a pair', () => {
  it('is the same for both, and another one for every pair', () => {
    const [alice, bob, mallory] = [ALICE, BOB, MALLORY].map((keys) => new PairKeys(keys, 0));
    for (const keys of [alice!, bob!, mallory!])
      for (const { publicKey } of [ALICE, BOB, MALLORY]) expect(keys.learn(publicKey)).toBe(true);
    expect(alice!.get(BOB.account)).toEqual(bob!.get(ALICE.account));
    expect(alice!.get(BOB.account)!.length).toBe(32);
    expect(alice!.get(MALLORY.account)).not.toEqual(alice!.get(BOB.account));
    expect(bob!.get(MALLORY.account)).not.toEqual(alice!.get(BOB.account));
  });

  it('is not made from what is no public key', () => {
    const keys = new PairKeys(ALICE, 0);
    const nothing = new Uint8Array(33);
    expect(keys.learn(nothing)).toBe(false);
    expect(keys.agree(accountNumber(1), nothing, 0)).toEqual({ ok: false, code: 'bad-seal' });
    expect(keys.get(BOB.account)).toBeNull();
  });

  it('is forgotten when too many others were used since', () => {
    const keys = new PairKeys(ALICE, 0);
    for (let i = 0; i <= PAIR_KEYS_LIMIT; i++) {
      keys.keep(accountNumber(i), new Uint8Array(32));
      keys.get(accountNumber(0));
    }
    expect(keys.get(accountNumber(0))).not.toBeNull();
    expect(keys.get(accountNumber(1))).toBeNull();
    expect(keys.get(accountNumber(2))).not.toBeNull();
  });
});

describe('an authenticated link', () => {
  function carry(
    post: Post,
    links: readonly [typeof ALICE, AuthenticatedLink][],
  ): Map<string, LinkEvent[]> {
    return carryAll(post, new Map(links.map(([keys, link]) => [keys.account, link])), 1);
  }

  it('delivers both ways, with the sender proved, and the longest message too', () => {
    const post = new Post();
    const [alice, bob] = [makeLink(post), makeLink(post, BOB, 'class', 2)];
    const long = new Random(1).bytes(alice.limitBytes);
    alice.send(BOB.account, long, 0);
    bob.send(ALICE.account, text('hi'), 0);
    const events = carry(post, [
      [ALICE, alice],
      [BOB, bob],
    ]);
    expect(events.get(BOB.account)).toContainEqual({
      kind: 'delivered',
      from: ALICE.account,
      bytes: long,
    });
    expect(textsOf(events.get(ALICE.account)!)).toEqual(['hi']);
    expect(alice.limitBytes).toBeGreaterThan(16_384 - SEAL_OVERHEAD_BYTES - 40);
  });

  it('hears nothing from another room', () => {
    const post = new Post();
    const [alice, bob] = [makeLink(post), makeLink(post, BOB, 'another', 2)];
    alice.send(BOB.account, text('hi'), 0);
    const events = carry(post, [
      [ALICE, alice],
      [BOB, bob],
    ]);
    expect(textsOf(events.get(BOB.account)!)).toEqual([]);
    expect(events.get(BOB.account)).toContainEqual({
      kind: 'refused',
      from: ALICE.account,
      code: 'bad-seal',
    });
  });

  it('is not ended, shortened or renumbered by forged frames of the perfect link inside', () => {
    const post = new Post();
    const [alice, bob] = [makeLink(post), makeLink(post, BOB, 'class', 2)];
    alice.send(BOB.account, text('first'), 0);
    carry(post, [
      [ALICE, alice],
      [BOB, bob],
    ]);
    const sent = alice.send(BOB.account, text('pay 5'), 2);
    const [data] = post.take();
    // Everything that a carrier can say of its own: plain frames of each kind, and sealed ones with another key.
    for (let kind = 0; kind < 6; kind++) {
      const plain = new Uint8Array([kind, ...data!.bytes.subarray(50)]);
      for (const link of [alice, bob])
        for (const from of [ALICE.account, BOB.account])
          expect(link.receive(from, plain, 3).every((event) => event.kind === 'refused')).toBe(
            true,
          );
    }
    expect(textsOf(bob.receive(ALICE.account, data!.bytes, 4))).toEqual(['pay 5']);
    const settled = post.take().flatMap(({ bytes: ack }) => alice.receive(BOB.account, ack, 5));
    expect(settled).toMatchObject([
      { kind: 'settled', id: sent.kind === 'accepted' ? sent.id : 0 },
    ]);
  });
});
