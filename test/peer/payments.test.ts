import { describe, expect, it } from 'vitest';
import type { PaymentView } from '../../lib/ledger/commit/view.ts';
import { Random } from '../../lib/sim/random.ts';
import { freeBlock, FREE_GENESIS_HASH } from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { keysOf, stored, TestPeer } from '../support/peers.ts';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';

/** Blocks that earn the first peer coins. */
function earnings(count: number): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < count; i++) {
    const previous = i === 0 ? FREE_GENESIS_HASH : hashBlockHex(blocks[i - 1]!);
    blocks.push(freeBlock(previous, JSON.stringify({ tag: i, miner: keysOf(1).account })));
  }
  return blocks;
}

/** A peer that has its records on the disk at once. */
function open(number: number, blocks: readonly Block[]): TestPeer {
  return new TestPeer(number, { random: new Random(number) }, stored(blocks));
}

function storeAtOnce(peer: TestPeer): void {
  const carry = peer.sink;
  peer.sink = (output) => {
    carry(output);
    if (output.kind !== 'persist' || output.record.kind !== 'payment') return;
    const { write } = output.record;
    queue.push(() => peer.step({ kind: 'stored', write }));
  };
}
const queue: (() => void)[] = [];

function settle(network: PeerNetwork): void {
  do {
    network.deliver();
    for (const task of queue.splice(0)) task();
  } while (queue.length > 0);
  network.deliver();
}

const payments = (peer: TestPeer): readonly PaymentView[] => peer.picture().payments;

describe('three peers of a room', () => {
  it('commit a payment, and all three have its three signatures', () => {
    const blocks = earnings(3);
    const peers = [1, 2, 3].map((number) => open(number, blocks));
    const network = new PeerNetwork(...peers);
    for (const peer of peers) storeAtOnce(peer);
    network.linkAll();
    network.wait(1_000);
    const [sender, receiver, witness] = peers as [TestPeer, TestPeer, TestPeer];
    sender.step({ kind: 'pay', to: receiver.nodeId, witness: witness.nodeId, amount: 70 });
    for (let i = 0; i < 20; i++) {
      settle(network);
      network.wait(200);
    }
    expect(peers.map((peer) => payments(peer).map(({ state }) => state))).toEqual([
      ['committed'],
      ['committed'],
      ['committed'],
    ]);
  });
});
