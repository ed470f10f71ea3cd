import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastBestEffort } from '../../../lib/net/links/best-effort-broadcast.ts';
import { DATAGRAM_LIMIT_BYTES } from '../../../lib/net/links/fair-loss.ts';
import {
  GOSSIP_BURST,
  GOSSIP_FANOUT,
  GOSSIP_HOPS_LIMIT,
  GossipBroadcast,
} from '../../../lib/net/links/gossip-broadcast.ts';
import { PerfectLink, WAITING_LIMIT_MESSAGES } from '../../../lib/net/links/perfect.ts';
import { KNOWN_HASHES_LIMIT } from '../../../lib/net/known-set.ts';
import { Random } from '../../../lib/sim/random.ts';
import { bytes } from '../../support/arbitraries.ts';
import { accountNumber, carryAll, Post, text, textsOf } from '../../support/links.ts';

const [A, B, C] = [accountNumber(1), accountNumber(2), accountNumber(3)];

describe('best-effort broadcast', () => {
  it('reaches every member but its sender, each once', () => {
    const post = new Post();
    const links = new Map(
      [A, B, C].map((self, at) => [self, new PerfectLink(post.linkOf(self), new Random(at))]),
    );
    const outcome = broadcastBestEffort(links.get(A)!, A, [A, B, C, B], text('all'), 0);
    expect([...outcome.accepted.keys()]).toEqual([B, C]);
    expect(outcome.refused.size).toBe(0);
    const events = carryAll(post, links, 1);
    expect([A, B, C].map((self) => textsOf(events.get(self) ?? []))).toEqual([
      [],
      ['all'],
      ['all'],
    ]);
  });

  it('says which members the link could not take it for', () => {
    const post = new Post();
    const link = new PerfectLink(post.linkOf(A), new Random(1));
    for (let i = 0; i < WAITING_LIMIT_MESSAGES; i++) link.send(B, text('x'), 0);
    const outcome = broadcastBestEffort(link, A, [B, C], text('all'), 0);
    expect([...outcome.refused]).toEqual([[B, 'link-full']]);
    expect([...outcome.accepted.keys()]).toEqual([C]);
  });
});

describe('gossip broadcast', () => {
  it('is passed on to a few neighbours, not to where it came from, and once only', () => {
    const post = new Post();
    const crowd = Array.from({ length: 30 }, (_, i) => accountNumber(100 + i));
    const origin = new GossipBroadcast(A, post.linkOf(A), new Random(1));
    const relay = new GossipBroadcast(B, post.linkOf(B), new Random(2));
    expect(origin.broadcast(text('news'), [B])).toMatchObject({ kind: 'delivered', relayed: 1 });
    const [pushed] = post.take();
    const neighbours = [A, B, ...crowd];
    const outcome = relay.receive(A, pushed!.bytes, neighbours, 0);
    expect(outcome).toEqual({
      kind: 'delivered',
      origin: A,
      bytes: text('news'),
      relayed: GOSSIP_FANOUT,
    });
    const receivers = post.take().map(({ to }) => to);
    expect(new Set(receivers).size).toBe(GOSSIP_FANOUT);
    expect(receivers).not.toContain(A);
    expect(receivers).not.toContain(B);
    expect(relay.receive(C, pushed!.bytes, neighbours, 0)).toEqual({ kind: 'duplicate' });
    expect(origin.receive(B, pushed!.bytes, neighbours, 0)).toEqual({ kind: 'duplicate' });
    expect(post.take()).toEqual([]);
  });

  it('ends after so many hops', () => {
    const post = new Post();
    new GossipBroadcast(accountNumber(0), post.linkOf(accountNumber(0)), new Random(1)).broadcast(
      text('far'),
      [accountNumber(1)],
    );
    let hops = 0;
    for (let sent = post.take(); sent.length > 0; sent = post.take()) {
      hops++;
      const { from, to, bytes: datagram } = sent[0]!;
      const next = new GossipBroadcast(to, post.linkOf(to), new Random(hops));
      next.receive(from, datagram, [accountNumber(hops + 1)], 0);
    }
    expect(hops).toBe(GOSSIP_HOPS_LIMIT);
  });

  it('tells two broadcasts of the same bytes apart', () => {
    const post = new Post();
    const origin = new GossipBroadcast(A, post.linkOf(A), new Random(1));
    const other = new GossipBroadcast(B, post.linkOf(B), new Random(2));
    for (let i = 0; i < 2; i++) origin.broadcast(text('again'), [B]);
    const kinds = post.take().map(({ bytes: datagram }) => other.receive(A, datagram, [], 0).kind);
    expect(kinds).toEqual(['delivered', 'delivered']);
  });

  it('refuses what is too long, what is no message, and who is too fast, and remembers a bounded number', () => {
    const post = new Post();
    const gossip = new GossipBroadcast(A, post.linkOf(A), new Random(1));
    const long = new Uint8Array(DATAGRAM_LIMIT_BYTES);
    expect(gossip.broadcast(long, [B])).toEqual({ kind: 'refused', code: 'too-long' });
    expect(gossip.broadcast(long.subarray(0, gossip.limitBytes), [B]).kind).toBe('delivered');
    expect(post.take()[0]!.bytes.length).toBe(DATAGRAM_LIMIT_BYTES);
    fc.assert(
      fc.property(bytes(0, 29), (junk) => {
        expect(gossip.receive(B, junk, [C], 0)).toEqual({ kind: 'refused', code: 'bad-datagram' });
      }),
    );
    const source = new GossipBroadcast(B, post.linkOf(B), new Random(2));
    const kinds: string[] = [];
    for (let i = 0; i < GOSSIP_BURST + 10; i++) {
      source.broadcast(text(`${i}`), [A]);
      const outcome = gossip.receive(B, post.take()[0]!.bytes, [], 0);
      kinds.push(outcome.kind === 'refused' ? outcome.code : outcome.kind);
    }
    expect(kinds.filter((kind) => kind === 'too-fast').length).toBe(10);
    expect(kinds.filter((kind) => kind === 'delivered').length).toBe(GOSSIP_BURST);
    // Others are heard all the same.
    source.broadcast(text('from C'), [A]);
    expect(gossip.receive(C, post.take()[0]!.bytes, [], 0).kind).toBe('delivered');
    expect(KNOWN_HASHES_LIMIT).toBeGreaterThan(GOSSIP_BURST);
  });
});
