import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { FREE_GENESIS_HASH } from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { eventsIn, keysOf, stored, TestPeer } from '../support/peers.ts';
import { minedBlock, REWARD } from '../support/transactions.ts';

const SELF = keysOf(1).account;

/** Blocks that earn the first peer coins. */
function earnings(count: number): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < count; i++)
    blocks.push(
      minedBlock(i === 0 ? FREE_GENESIS_HASH : hashBlockHex(blocks[i - 1]!), SELF, [], i),
    );
  return blocks;
}

const miner = (count: number) =>
  new TestPeer(1, { mines: true, room: '' }, stored(earnings(count)));
const wallet = (peer: TestPeer) => peer.picture().wallet!;
const texts = (peer: TestPeer) =>
  wallet(peer).transactions.map(({ body, state }) => [
    body.kind === 'note' ? body.text : body.kind,
    state.kind,
  ]);
/** Lets what waits into a template, and finds its block. */
function findBlock(peer: TestPeer): void {
  peer.wait(1_000);
  peer.find();
}

describe('a line that a user writes', () => {
  it('is a note of its account: it waits, and a block lists it, cleaned', () => {
    const peer = miner(1);
    peer.step({ kind: 'write', text: ' hello,\n row\u0000 three ' });
    expect(texts(peer)).toEqual([['hello, row three', 'waiting']]);
    findBlock(peer);
    expect(texts(peer)).toEqual([['hello, row three', 'listed']]);
  });

  it('can be written twice, and reaches a peer that mines when its own does not', () => {
    const [writer, other] = [
      new TestPeer(2, {}, stored(earnings(1))),
      new TestPeer(1, { mines: true }, stored(earnings(1))),
    ];
    const network = new PeerNetwork(writer, other);
    network.link(writer, other);
    for (let i = 0; i < 2; i++) writer.step({ kind: 'write', text: 'again' });
    network.wait(2_000);
    other.find();
    network.deliver();
    expect(texts(writer)).toEqual([
      ['again', 'listed'],
      ['again', 'listed'],
    ]);
  });

  it('is nothing without a text or a chain', () => {
    const peer = miner(1);
    for (const text of ['', '  ', '\u200b'])
      expect(eventsIn(peer.step({ kind: 'write', text }), 'submitted')).toEqual([]);
    const early = new TestPeer(3);
    expect(() => early.step({ kind: 'write', text: 'hello' })).not.toThrow();
    expect(() => early.step({ kind: 'merge' })).not.toThrow();
  });
});

describe('small coins', () => {
  it('become few, so that one payment can move them all, and none is lost', () => {
    const peer = miner(20);
    expect(wallet(peer)).toMatchObject({
      balance: 20 * REWARD,
      payable: 4 * REWARD,
      freeCoins: 20,
    });
    const events = eventsIn(peer.step({ kind: 'merge' }), 'submitted');
    expect(events.map(({ outcome }) => outcome?.kind)).toEqual([
      'accepted',
      'accepted',
      'accepted',
    ]);
    findBlock(peer);
    // Two merges of eight, one of four, and the reward of the block that lists them.
    expect(wallet(peer)).toMatchObject({
      balance: 21 * REWARD,
      payable: 21 * REWARD,
      freeCoins: 4,
    });
    expect(eventsIn(peer.step({ kind: 'merge' }), 'submitted')).toEqual([]);
  });
});
