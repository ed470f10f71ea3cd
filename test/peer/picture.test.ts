import { describe, expect, it } from 'vitest';
import { UDP_STRANGERS_LINK } from '../../lib/peer/neighbour.ts';
import { FREE_GENESIS_HASH, freeBlocks, lastHash } from '../support/free-chain.ts';
import { messagesIn, stored, TestPeer } from '../support/peers.ts';
import { EASY_TARGET } from '../support/test-miner.ts';

const CHAIN = freeBlocks(FREE_GENESIS_HASH, 3, 'ours');

/** The clocks of three neighbours are so far ahead of ours. */
function peerBehind(offsetMs: number): TestPeer {
  const peer = new TestPeer(1, {}, stored(CHAIN));
  const links = [2, 3, 4].map((number) => peer.greet(number));
  const outputs = peer.wait(200);
  for (const link of links) {
    const [ping] = messagesIn(outputs, link, 'ping');
    peer.hear(link, { type: 'pong', id: ping!.id, clockMs: peer.wallMs + offsetMs });
  }
  return peer;
}

describe('the picture of a peer', () => {
  it('of one without a chain says that it waits', () => {
    const picture = new TestPeer(1).picture();
    expect(picture).toMatchObject({
      phase: 'waiting-for-genesis',
      tip: null,
      meanSpacingMs: null,
      room: { rules: null, genesis: null, target: null, spacingMs: null },
      blocks: { kept: 0, orphans: 0 },
      leaderboard: [],
      peers: [],
      refused: {},
      overlay: { sent: 0, arrived: 0, forwarded: 0 },
    });
  });

  it('counts what became of datagrams', () => {
    const peer = new TestPeer(1);
    peer.step({ kind: 'send-datagram', to: 'ab'.repeat(20), port: 'link', body: 'lost' });
    expect(peer.picture().overlay).toMatchObject({ sent: 1, dropped: { 'no-way': 1 } });
  });

  it('of one with a chain shows its tip, its work and its room', () => {
    const picture = new TestPeer(1, { minSpacingMs: 500 }, stored(CHAIN)).picture();
    expect(picture).toMatchObject({
      phase: 'ready',
      tip: { hash: lastHash(CHAIN), height: 3, work: '4' },
      room: { code: 'lab', rules: 'homework', pinned: true, minSpacingMs: 500, spacingMs: null },
      blocks: { kept: 4 },
      leaderboard: [{ account: null, blocks: 3 }],
    });
  });

  it('says that it is syncing while a long chain comes in', () => {
    const peer = new TestPeer(1, { mines: true }, stored(CHAIN));
    const longer = [...CHAIN, ...freeBlocks(lastHash(CHAIN), 20, 'longer')];
    const status = {
      genesis: FREE_GENESIS_HASH,
      endorsement: null,
      tip: lastHash(longer),
      height: 23,
      work: 24n,
    };
    const link = peer.greet(2, { status });
    const [first] = messagesIn(peer.outputs, link, 'get-chain');
    const { id } = first!;
    peer.hear(link, { type: 'chain', id, blocks: longer.slice(3, 10), more: true });
    expect(peer.picture()).toMatchObject({ phase: 'syncing', mining: { active: false } });
    peer.hear(link, { type: 'chain', id, blocks: longer.slice(10), more: false });
    expect(peer.picture()).toMatchObject({ phase: 'ready', mining: { active: true } });
  });

  it('says that it makes the first block', () => {
    const peer = new TestPeer(1, { mines: true, genesis: { kind: 'new' }, target: EASY_TARGET });
    peer.step({ kind: 'present', nodeIds: [] });
    expect(peer.picture().phase).toBe('making-genesis');
    peer.find();
    expect(peer.picture().room).toMatchObject({
      rules: 'class',
      spacingMs: 10_000,
      minSpacingMs: 0,
    });
  });

  it('leaves out who has not introduced itself, and the link of strangers', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN));
    peer.connect('silent one');
    peer.hearBytes(UDP_STRANGERS_LINK, new Uint8Array(3));
    expect(peer.picture().peers).toEqual([]);
    peer.greet(2, { name: '' });
    const [view] = peer.picture().peers;
    expect(view!.name).toBe(view!.nodeId!.slice(0, 8));
    expect(view!.height).toBeNull();
  });

  it('tells a user whose clock is wrong by the clocks of the others', () => {
    expect(peerBehind(29_000).picture().clock).toMatchObject({ wrong: false });
    expect(peerBehind(31_000).picture().clock.wrong).toBe(true);
  });

  it('takes the clocks of those who leave out again', () => {
    const peer = peerBehind(60_000);
    for (const number of [2, 3, 4]) peer.step({ kind: 'disconnected', linkId: `link ${number}` });
    expect(peer.picture().clock).toEqual({ offsetMs: 0, wrong: false });
  });

  it('does not change when the peer does', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN));
    peer.greet(2);
    const picture = peer.picture();
    const copy = structuredClone(picture);
    peer.hear('link 2', { type: 'block', block: freeBlocks(lastHash(CHAIN), 1, 'next')[0]! });
    peer.hear('link 2', { type: 'name', name: 'Another' });
    peer.hearBytes('link 2', new Uint8Array());
    expect(picture).toEqual(copy);
  });
});
