import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SENDER_IDLE_MS, SENDERS_LIMIT } from '../../../lib/net/links/incoming.ts';
import { OUTAGE_LIMIT_MS, SESSION_FRESH_MS } from '../../../lib/net/links/outgoing.ts';
import {
  decodePerfectFrame,
  encodePerfectFrame,
  WINDOW_MESSAGES,
  type PerfectFrame,
} from '../../../lib/net/links/perfect-frames.ts';
import {
  PerfectLink,
  RECEIVERS_LIMIT,
  WAITING_LIMIT_BYTES,
  WAITING_LIMIT_MESSAGES,
} from '../../../lib/net/links/perfect.ts';
import type { LinkEvent } from '../../../lib/net/links/reliable-link.ts';
import { Random } from '../../../lib/sim/random.ts';
import { bytes } from '../../support/arbitraries.ts';
import { accountNumber, carryAll, Post, text, textsOf, type Sent } from '../../support/links.ts';

const [A, B] = [accountNumber(1), accountNumber(2)];

class Pair {
  readonly post = new Post();
  a = new PerfectLink(this.post.linkOf(A), new Random(1));
  b = new PerfectLink(this.post.linkOf(B), new Random(2));

  restartB(): void {
    this.b = new PerfectLink(this.post.linkOf(B), new Random(3));
  }

  /** Carries everything, and returns what came of it. */
  carry(nowMs: number): { atA: LinkEvent[]; atB: LinkEvent[] } {
    const links = new Map([
      [A, this.a],
      [B, this.b],
    ]);
    const events = carryAll(this.post, links, nowMs);
    return { atA: events.get(A) ?? [], atB: events.get(B) ?? [] };
  }

  /** Lets A find out the frames that it has sent, carried by nobody yet. */
  taken(): { sent: Sent; frame: PerfectFrame }[] {
    return this.post.take().map((sent) => ({ sent, frame: decodePerfectFrame(sent.bytes)! }));
  }
}

function settlements(events: readonly LinkEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'settled'
      ? [event.settlement.kind === 'failed' ? event.settlement.code : 'acknowledged']
      : [],
  );
}

describe('a perfect link', () => {
  it('delivers each message once, and tells its sender', () => {
    const pair = new Pair();
    const texts = Array.from({ length: 100 }, (_, i) => `message ${i}`);
    for (const message of texts) expect(pair.a.send(B, text(message), 0).kind).toBe('accepted');
    const { atA, atB } = pair.carry(10);
    expect(textsOf(atB).sort()).toEqual([...texts].sort());
    expect(settlements(atA)).toEqual(texts.map(() => 'acknowledged'));
    expect(pair.a.size).toBe(0);
    expect(pair.a.nextMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('never has more under way than its window', () => {
    const pair = new Pair();
    for (let i = 0; i < 100; i++) pair.a.send(B, text(`${i}`), 0);
    const [open] = pair.post.take();
    pair.b.receive(A, open!.bytes, 1);
    const [grant] = pair.post.take();
    pair.a.receive(B, grant!.bytes, 2);
    expect(pair.taken().filter(({ frame }) => frame.kind === 'data').length).toBe(WINDOW_MESSAGES);
  });

  it('delivers nothing twice, however often and late a datagram comes', () => {
    const pair = new Pair();
    pair.a.send(B, text('pay 5'), 0);
    const all: Sent[] = [];
    let delivered: string[] = [];
    for (let sent = pair.post.take(); sent.length > 0; sent = pair.post.take())
      for (const datagram of sent) {
        all.push(datagram);
        const link = datagram.to === A ? pair.a : pair.b;
        delivered = [...delivered, ...textsOf(link.receive(datagram.from, datagram.bytes, 5))];
      }
    for (let round = 0; round < 3; round++)
      for (const { from, to, bytes: datagram } of all)
        delivered.push(...textsOf((to === A ? pair.a : pair.b).receive(from, datagram, 1_000)));
    expect(delivered).toEqual(['pay 5']);
  });

  it('does not deliver again after its restart what it delivered before, and says so to the sender', () => {
    const pair = new Pair();
    pair.a.send(B, text('first'), 0);
    pair.carry(1);
    pair.a.send(B, text('pay 5'), 2);
    const [data] = pair.post.take();
    expect(textsOf(pair.b.receive(A, data!.bytes, 3))).toEqual(['pay 5']);
    pair.post.take(); // The acknowledgement is lost, and the receiver restarts.
    pair.restartB();
    pair.a.tick(pair.a.nextMs);
    const { atA, atB } = pair.carry(600);
    expect(textsOf(atB)).toEqual([]);
    expect(settlements(atA)).toEqual(['peer-restarted']);
    pair.a.send(B, text('next'), 700);
    expect(textsOf(pair.carry(701).atB)).toEqual(['next']);
  });

  it('reaches a peer that restarted while nothing was under way, without losing a message', () => {
    const pair = new Pair();
    pair.a.send(B, text('before'), 0);
    pair.carry(1);
    pair.restartB();
    const laterMs = SESSION_FRESH_MS + 10;
    pair.a.send(B, text('after'), laterMs);
    const { atA, atB } = pair.carry(laterMs + 1);
    expect(textsOf(atB)).toEqual(['after']);
    expect(settlements(atA)).toEqual(['acknowledged']);
  });

  it('is not taken for its own duplicate after its restart, and its old messages are dead then', () => {
    const pair = new Pair();
    pair.a.send(B, text('old'), 0);
    const [open] = pair.post.take();
    pair.b.receive(A, open!.bytes, 1);
    pair.a.receive(B, pair.post.take()[0]!.bytes, 2);
    const late = pair.post.take();
    expect(late.length).toBe(1);
    pair.a = new PerfectLink(pair.post.linkOf(A), new Random(9));
    pair.a.send(B, text('new'), 100);
    expect(textsOf(pair.carry(101).atB)).toEqual(['new']);
    expect(textsOf(pair.b.receive(A, late[0]!.bytes, 200))).toEqual([]);
  });

  it('gives a peer up that is out of reach for too long, and says so', () => {
    const pair = new Pair();
    pair.a.send(B, text('lost'), 0);
    let events: LinkEvent[] = [];
    while (events.length === 0) {
      const nowMs = pair.a.nextMs;
      expect(nowMs).toBeLessThanOrEqual(OUTAGE_LIMIT_MS);
      events = pair.a.tick(nowMs);
    }
    expect(settlements(events)).toEqual(['unreachable']);
    expect(pair.a.size).toBe(0);
    pair.post.take();
    pair.a.send(B, text('found'), 2 * OUTAGE_LIMIT_MS);
    expect(textsOf(pair.carry(2 * OUTAGE_LIMIT_MS).atB)).toEqual(['found']);
  });

  it('forgets a cancelled message, and still delivers those around it', () => {
    const pair = new Pair();
    const ids = ['one', 'two', 'three'].map((message) => {
      const sent = pair.a.send(B, text(message), 0);
      return sent.kind === 'accepted' ? sent.id : -1;
    });
    pair.a.cancel(ids[1]!);
    expect(textsOf(pair.carry(1).atB).sort()).toEqual(['one', 'three']);
    for (let i = 0; i < 3 * WINDOW_MESSAGES; i++) {
      const sent = pair.a.send(B, text(`${i}`), 2);
      pair.post.take();
      if (sent.kind === 'accepted' && i % 2 === 0) pair.a.cancel(sent.id);
    }
    pair.a.tick(10_000);
    let delivered = textsOf(pair.carry(10_001).atB).length;
    for (let round = 0; round < 3; round++) delivered += textsOf(pair.carry(10_002).atB).length;
    expect(delivered).toBe(1.5 * WINDOW_MESSAGES);
    expect(pair.a.size).toBe(0);
  });

  it('asks no more for a session once its only message is cancelled', () => {
    const pair = new Pair();
    const sent = pair.a.send(B, text('never mind'), 0);
    if (sent.kind === 'accepted') pair.a.cancel(sent.id);
    pair.post.take();
    expect(pair.a.nextMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('refuses what is too long or too much, as values', () => {
    const pair = new Pair();
    const { a } = pair;
    const limit = a.limitBytes;
    expect(a.send(B, new Uint8Array(limit + 1), 0)).toEqual({ kind: 'refused', code: 'too-long' });
    for (let i = 0; i < WAITING_LIMIT_MESSAGES; i++) a.send(B, text('x'), 0);
    expect(a.send(B, text('x'), 0)).toEqual({ kind: 'refused', code: 'link-full' });
    let peers = 1;
    while (a.send(accountNumber(2 + peers), text('x'), 0).kind === 'accepted') peers++;
    expect(peers).toBe(RECEIVERS_LIMIT);
    expect(a.send(accountNumber(9_999), text('x'), 0)).toEqual({
      kind: 'refused',
      code: 'too-many-peers',
    });
    const other = new Pair().a;
    let bytesTaken = 0;
    for (
      let i = 0;
      other.send(accountNumber(i % 20), new Uint8Array(limit), 0).kind === 'accepted';
      i++
    )
      bytesTaken += limit;
    expect(bytesTaken).toBeLessThanOrEqual(WAITING_LIMIT_BYTES);
    expect(bytesTaken).toBeGreaterThan(WAITING_LIMIT_BYTES - limit);
  });

  it('carries the longest message', () => {
    const pair = new Pair();
    const long = new Random(5).bytes(pair.a.limitBytes);
    pair.a.send(B, long, 0);
    const [event] = pair.carry(1).atB;
    expect(event).toEqual({ kind: 'delivered', from: A, bytes: long });
  });

  it('remembers a bounded number of senders; an idle one that is forgotten is told when it comes back', () => {
    const post = new Post();
    const b = new PerfectLink(post.linkOf(B), new Random(1));
    const senders = new Map<string, PerfectLink>();
    function talk(
      number: number,
      message: string,
      nowMs: number,
    ): { delivered: string[]; told: string[] } {
      const account = accountNumber(1_000 + number);
      const link =
        senders.get(account) ?? new PerfectLink(post.linkOf(account), new Random(number));
      senders.set(account, link);
      link.send(B, text(message), nowMs);
      const events = carryAll(post, new Map([...senders, [B, b]]), nowMs);
      return {
        delivered: textsOf(events.get(B) ?? []),
        told: settlements(events.get(account) ?? []),
      };
    }
    for (let i = 0; i < SENDERS_LIMIT; i++) expect(talk(i, 'hi', 0).delivered).toEqual(['hi']);
    expect(talk(SENDERS_LIMIT, 'too many', 1).delivered).toEqual([]);
    // Sender 0 has a session that is fresh when the place of sender 1, idle for longest, is taken.
    for (let i = 0; i < SENDERS_LIMIT; i++)
      if (i !== 1)
        expect(talk(i, 'still here', SENDER_IDLE_MS - 2_000).delivered).toEqual(['still here']);
    expect(talk(SENDERS_LIMIT + 1, 'now', SENDER_IDLE_MS + 10).delivered).toEqual(['now']);
    expect(talk(1, 'back', SENDER_IDLE_MS + 20).delivered).toEqual([]);
    expect(talk(0, 'fresh', SENDER_IDLE_MS + 30).delivered).toEqual(['fresh']);
  });

  it('refuses bytes that are no frame, and lives on', () => {
    const pair = new Pair();
    fc.assert(
      fc.property(bytes(0, 60), (junk) => {
        const events = pair.b.receive(A, junk, 0);
        if (decodePerfectFrame(junk) === null)
          expect(events).toEqual([{ kind: 'refused', from: A, code: 'bad-datagram' }]);
      }),
    );
    pair.post.take();
    pair.a.send(B, text('well'), 0);
    expect(textsOf(pair.carry(1).atB)).toEqual(['well']);
  });
});

describe('the frames of perfect links', () => {
  const nonce = bytes(8).map((raw) => Buffer.from(raw).toString('hex'));
  const counter = fc.nat(2 ** 31).map((low) => low * 7);
  const session = fc.record({ epoch: nonce, grant: counter }, { noNullPrototype: true });
  const anyFrame: fc.Arbitrary<PerfectFrame> = fc.oneof(
    nonce.map((value) => ({ kind: 'open' as const, nonce: value })),
    fc
      .tuple(nonce, session)
      .map(([value, of]) => ({ kind: 'grant' as const, nonce: value, session: of })),
    fc
      .tuple(session, counter, fc.nat(WINDOW_MESSAGES - 1), bytes(0, 50))
      .map(([of, floor, above, message]) => ({
        kind: 'data' as const,
        session: of,
        sequence: floor + above,
        floor,
        bytes: message,
      })),
    fc
      .tuple(session, counter, counter)
      .map(([of, sequence, below]) => ({ kind: 'ack' as const, session: of, sequence, below })),
    fc.tuple(session, nonce).map(([of, epoch]) => ({ kind: 'reset' as const, session: of, epoch })),
  );

  it('come back from their bytes, and nothing shorter or outside the window does', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const encoded = encodePerfectFrame(frame);
        expect(decodePerfectFrame(encoded)).toEqual(frame);
        if (frame.kind !== 'data') {
          expect(decodePerfectFrame(encoded.subarray(1))).not.toEqual(frame);
          expect(decodePerfectFrame(encoded.subarray(0, -1))).toBeNull();
          expect(decodePerfectFrame(new Uint8Array([...encoded, 0]))).toBeNull();
        } else {
          const outside = { ...frame, sequence: frame.floor + WINDOW_MESSAGES };
          expect(decodePerfectFrame(encodePerfectFrame(outside))).toBeNull();
        }
      }),
    );
  });
});
