import { describe, expect, it } from 'vitest';
import { BODY_LIMIT_CHARS } from '../../lib/net/messages.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { closeCodeIn, helloOf, keysOf, messagesIn, TestPeer } from '../support/peers.ts';

/** Peers in a row, each linked to the next; they have told each other whom they are linked to. */
function row(count: number): { peers: TestPeer[]; network: PeerNetwork } {
  const peers = Array.from({ length: count }, (_, index) => new TestPeer(index + 1));
  const network = new PeerNetwork(...peers);
  for (let i = 1; i < count; i++) network.link(peers[i - 1]!, peers[i]!);
  network.wait(200);
  return { peers, network };
}

const datagramsOf = (peer: TestPeer) => peer.outputs.filter(({ kind }) => kind === 'datagram');
const send = (peer: TestPeer, to: string, body: string) =>
  peer.step({ kind: 'send-datagram', to, port: 'signal', body });

describe('a datagram to a peer that is no neighbour', () => {
  it('comes to it alone, with its sender and port', () => {
    const { peers, network } = row(4);
    const [first, , , last] = peers;
    send(first!, last!.nodeId, '{"offer":1}');
    network.deliver();
    const expected = { from: first!.nodeId, port: 'signal', body: '{"offer":1}' };
    expect(peers.map(datagramsOf)).toEqual([[], [], [], [{ kind: 'datagram', ...expected }]]);
    expect(peers.map(({ peer }) => peer.overlay.counts.forwarded)).toEqual([1, 1, 1, 0]);
  });

  it('to ourselves needs nobody', () => {
    const peer = new TestPeer(1);
    expect(datagramsOf(peer)).toEqual([]);
    expect(send(peer, peer.nodeId, 'me')).toContainEqual({
      kind: 'datagram',
      from: peer.nodeId,
      port: 'signal',
      body: 'me',
    });
  });

  it('is lost and counted where there is no way, no such id, or no such body', () => {
    const peer = new TestPeer(1);
    for (const to of [keysOf(9).account, 'nobody']) send(peer, to, 'hello');
    for (const body of ['a\nb', 'x'.repeat(BODY_LIMIT_CHARS + 1)]) send(peer, peer.nodeId, body);
    expect(peer.outputs.filter(({ kind }) => kind === 'datagram' || kind === 'send')).toEqual([]);
    expect(peer.peer.overlay.counts.dropped).toMatchObject({ 'no-way': 1, unfit: 3 });
  });

  it('takes another way when it is sent again, as the first may be broken', () => {
    const peer = new TestPeer(1);
    const links = [2, 3, 4].map((number) => peer.greet(number));
    const wayOf = () => {
      const outputs = send(peer, keysOf(8).account, 'again');
      return links.find((link) => messagesIn(outputs, link, 'datagram').length > 0);
    };
    expect(new Set([wayOf(), wayOf(), wayOf()])).toEqual(new Set(links));
  });

  it('gets a name of its own, also after the sender has started again with its key', () => {
    const ids = [0, 1].flatMap((start) => {
      const peer = new TestPeer(1);
      peer.wallMs += start;
      const link = peer.greet(2);
      return [1, 2].flatMap((round) =>
        messagesIn(send(peer, keysOf(2).account, `${round}`), link, 'datagram').map(({ id }) => id),
      );
    });
    expect(new Set(ids).size).toBe(4);
  });
});

describe('an account that is looked up', () => {
  it('is found with what it says of itself, though it is no neighbour, and also once it is gone', () => {
    const { peers, network } = row(5);
    network.wait(5_000);
    const [first, , , , last] = peers;
    const { nodeId } = last!;
    const answers = () => first!.outputs.filter((output) => output.kind === 'looked-up');
    first!.step({ kind: 'look-up', account: nodeId });
    network.deliver();
    expect(answers()).toMatchObject([{ account: nodeId, record: { room: 'lab' } }]);
    for (const { linkId } of [...last!.peer.context.greeted()])
      last!.sink({ kind: 'close', linkId, code: 'leaving' });
    network.deliver();
    first!.step({ kind: 'look-up', account: nodeId });
    network.wait(3_000);
    expect(answers()).toHaveLength(2);
    expect(answers()[1]).toEqual(answers()[0]);
  });

  it('is not found where nobody has heard of it', () => {
    const { peers, network } = row(3);
    peers[0]!.step({ kind: 'look-up', account: keysOf(99).account });
    network.wait(15_000);
    expect(peers[0]!.outputs).toContainEqual({
      kind: 'looked-up',
      account: keysOf(99).account,
      record: null,
    });
  });
});

describe('neighbours', () => {
  it('are told of each other, once after each change', () => {
    const { peers, network } = row(3);
    const [first, second, third] = peers;
    const known = [...first!.peer.context.greeted()].map(({ neighbours }) => neighbours);
    expect(known).toEqual([[first!.nodeId, third!.nodeId]]);
    const before = second!.outputs.length;
    network.wait(1_000);
    const links = [...second!.peer.context.greeted()].map(({ linkId }) => linkId);
    for (const link of links)
      expect(messagesIn(second!.outputs.slice(before), link, 'neighbours')).toEqual([]);
  });

  it('that lie about their neighbours, or send in others’ names, are answered by nobody’s harm', () => {
    const peer = new TestPeer(1);
    const link = peer.greet(2);
    peer.hear(link, { type: 'neighbours', nodeIds: [peer.nodeId, keysOf(9).account] });
    const forged = peer.hear(link, {
      type: 'datagram',
      to: peer.nodeId,
      reach: 'exact',
      from: keysOf(7).account,
      id: 1,
      hops: 1,
      detours: 0,
      port: 'link',
      body: 'believe me',
    });
    // It arrives with its claim: what is above must ask for a proof.
    expect(forged).toContainEqual({
      kind: 'datagram',
      from: keysOf(7).account,
      port: 'link',
      body: 'believe me',
    });
    expect(closeCodeIn(peer.outputs, link)).toBeNull();
  });

  it('must say hello before they can have anything forwarded', () => {
    const peer = new TestPeer(1);
    peer.greet(2);
    peer.connect('new');
    const outputs = peer.hear('new', { type: 'neighbours', nodeIds: [] });
    expect(closeCodeIn(outputs, 'new')).toBe('no-hello');
    expect(messagesIn(peer.hear('new', helloOf(3)), 'link 2')).toEqual([]);
  });
});
