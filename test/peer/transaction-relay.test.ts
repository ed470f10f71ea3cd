import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import { CHECKS_BURST, CHECKS_PER_SECOND } from '../../lib/ledger/mempool.ts';
import type { TransactionBody } from '../../lib/ledger/transaction.ts';
import type { ChainStatus } from '../../lib/net/chain-status.ts';
import type { Message } from '../../lib/net/messages.ts';
import { RETRY_MS } from '../../lib/net/transaction-gossip.ts';
import { FREE_GENESIS, FREE_GENESIS_HASH, freeBlocks, freeChain } from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { closeCodeIn, messagesIn, stored, TestPeer } from '../support/peers.ts';
import {
  ALICE,
  BOB,
  CAROL,
  DAVE,
  makeSigned,
  minedBlock,
  note,
  payment,
  toJson,
} from '../support/transactions.ts';

const REWARDED = minedBlock(FREE_GENESIS_HASH, ALICE.account);
const COIN = rewardName(hashBlockHex(REWARDED));
const PAYMENT = payment({ inputs: [COIN], amount: 20, change: 30 });
/** Spends the change of the payment above. */
const HEIR = payment({ inputs: [`${makeSigned(PAYMENT).id}.1`], amount: 30, expiry: 999 });
const idOf = (body: TransactionBody) => makeSigned(body).id;
const messageOf = (body: TransactionBody): Message => ({
  type: 'transaction',
  transaction: toJson(body),
});

function statusOf(...blocks: Block[]): ChainStatus {
  const { tip, tree } = freeChain(...blocks);
  const { hash, height, work } = tip;
  return { genesis: tree.genesis.hash, endorsement: null, tip: hash, height, work };
}
const STATUS = statusOf(REWARDED);

const member = (number: number, ...blocks: Block[]) =>
  new TestPeer(number, {}, stored(blocks.length === 0 ? [REWARDED] : blocks));
const submit = (peer: TestPeer, body: TransactionBody) =>
  peer.step({ kind: 'submit', transaction: toJson(body) });
const waits = ({ peer }: TestPeer, body: TransactionBody) =>
  peer.keeper.ledger!.mempool.get(idOf(body)) !== null;

/** A peer with two neighbours on its chain, whom the test speaks for. */
function between(): { peer: TestPeer; left: string; right: string } {
  const peer = member(1);
  const [left, right] = [2, 3].map((number) => peer.greet(number, { status: STATUS }));
  return { peer, left: left!, right: right! };
}

/** Every transaction message that went over a network, as `from to type`. */
function watched(network: PeerNetwork): string[] {
  const seen: string[] = [];
  network.peers.forEach((peer, from) => {
    const carry = peer.sink;
    peer.sink = (output) => {
      if (output.kind === 'send') {
        const [message] = messagesIn([output], output.linkId);
        if (message!.type.includes('transaction'))
          seen.push(`${from} ${output.linkId} ${message!.type}`);
      }
      carry(output);
    };
  });
  return seen;
}

describe('a transaction that a user submits', () => {
  it('is pushed once over each link of its peer, told of once by the others, and reaches all', () => {
    const network = new PeerNetwork(...[1, 2, 3, 4, 5].map((number) => member(number)));
    network.linkAll();
    const seen = watched(network);
    submit(network.peers[0]!, PAYMENT);
    network.deliver();
    for (const peer of network.peers) expect(waits(peer, PAYMENT)).toBe(true);
    expect(seen.filter((line) => line.endsWith(' transaction'))).toHaveLength(4);
    expect(new Set(seen).size).toBe(seen.length);
    seen.length = 0;
    network.wait(10_000);
    expect(seen).toEqual([]);
  });

  it('travels along a chain of neighbours, and its heir after it', () => {
    const peers = [1, 2, 3, 4].map((number) => member(number));
    const network = new PeerNetwork(...peers);
    peers.slice(1).forEach((peer, i) => network.link(peers[i]!, peer));
    submit(peers[0]!, PAYMENT);
    submit(peers[0]!, HEIR);
    network.deliver();
    expect(peers.map((peer) => [waits(peer, PAYMENT), waits(peer, HEIR)])).toEqual(
      Array(4).fill([true, true]),
    );
  });

  it('waits for whoever comes later: a newcomer without a chain asks for it', () => {
    const [old, newcomer] = [member(1), new TestPeer(2)];
    submit(old, PAYMENT);
    submit(old, note('hello'));
    const network = new PeerNetwork(old, newcomer);
    network.link(old, newcomer);
    network.wait(1_000);
    expect([waits(newcomer, PAYMENT), waits(newcomer, note('hello'))]).toEqual([true, true]);
  });

  it('reaches a neighbour whose link opened before there was a chain', () => {
    const genesis = { kind: 'pinned', hash: FREE_GENESIS_HASH } as const;
    const [early, late] = [new TestPeer(1, {}, stored([])), new TestPeer(2, { genesis })];
    const network = new PeerNetwork(early, late);
    network.link(early, late, () => late.step({ kind: 'genesis-offered', block: FREE_GENESIS }));
    submit(late, note('hello'));
    network.deliver();
    expect(waits(early, note('hello'))).toBe(true);
  });

  it('is told of again by a peer whose reorganisation gives it back', () => {
    const listing = minedBlock(hashBlockHex(REWARDED), BOB.account, [toJson(PAYMENT)]);
    const peer = member(1, REWARDED, listing);
    const link = peer.greet(2, { status: STATUS });
    const outputs = freeBlocks(hashBlockHex(REWARDED), 2, 'longer').flatMap((block) =>
      peer.hear(link, { type: 'block', block }),
    );
    expect(messagesIn(outputs, link, 'transaction-inventory')).toEqual([
      { type: 'transaction-inventory', ids: [idOf(PAYMENT)] },
    ]);
    expect(
      messagesIn(
        peer.hear(link, { type: 'get-transactions', ids: [idOf(PAYMENT)] }),
        link,
        'transaction',
      ),
    ).toEqual([messageOf(PAYMENT)]);
  });
});

describe('a transaction of a neighbour', () => {
  it('is kept and passed on only with good signatures; a forged one closes the link', () => {
    const { peer, left, right } = between();
    const forged = { ...toJson(PAYMENT), signatures: toJson(HEIR).signatures };
    const outputs = peer.hear(left, { type: 'transaction', transaction: forged });
    expect(closeCodeIn(outputs, left)).toBe('bad-transaction');
    expect(messagesIn(outputs, right)).toEqual([]);
    expect(waits(peer, PAYMENT)).toBe(false);
  });

  it.each<[string, object]>([
    ['one that is none', { hello: 'world' }],
    ['a foreign coin', toJson(payment({ from: DAVE.account, inputs: [COIN] }))],
    ['more than its coins are worth', toJson(payment({ inputs: [COIN], amount: 51 }))],
  ])('closes the link where it is %s', (_, transaction) => {
    const { peer, left, right } = between();
    const outputs = peer.hear(left, { type: 'transaction', transaction });
    expect(closeCodeIn(outputs, left)).toBe('bad-transaction');
    expect(messagesIn(outputs, right)).toEqual([]);
  });

  it('is refused, and its bringer kept, where it only comes too late or in conflict', () => {
    const { peer, left, right } = between();
    submit(peer, PAYMENT);
    for (const body of [
      payment({ inputs: [COIN], amount: 10, change: 40 }),
      payment({ inputs: [COIN], expiry: 1 }),
    ]) {
      const outputs = peer.hear(left, messageOf(body));
      expect([closeCodeIn(outputs, left), waits(peer, body)]).toEqual([null, false]);
      expect(messagesIn(outputs, right)).toEqual([]);
      // Nor is it asked for, as long as the tip is where it is.
      const told = { type: 'transaction-inventory', ids: [idOf(body)] } as const;
      expect(messagesIn(peer.hear(right, told), right)).toEqual([]);
    }
    expect(peer.picture().refused).toMatchObject({ 'conflicting-input': 1, expired: 1 });
  });

  it('is asked for again where what it builds on came later', () => {
    const { peer, left, right } = between();
    expect(closeCodeIn(peer.hear(left, messageOf(HEIR)), left)).toBeNull();
    peer.hear(right, messageOf(PAYMENT));
    const asked = messagesIn(peer.wait(RETRY_MS), left, 'get-transactions');
    expect(asked).toEqual([{ type: 'get-transactions', ids: [idOf(HEIR)] }]);
    peer.hear(left, messageOf(HEIR));
    expect(waits(peer, HEIR)).toBe(true);
  });

  it('is judged by nobody who is on another chain', () => {
    const peer = member(1);
    const link = peer.greet(2, { status: { ...STATUS, genesis: 'ab'.repeat(32) } });
    expect(closeCodeIn(peer.hear(link, messageOf(PAYMENT)), link)).toBeNull();
    expect(waits(peer, PAYMENT)).toBe(false);
    submit(peer, PAYMENT);
    expect(messagesIn(peer.outputs, link, 'transaction')).toEqual([]);
  });

  it('is offered once on each link, however often the neighbour tells of its chain', () => {
    const peer = member(1);
    submit(peer, PAYMENT);
    const link = peer.greet(2, { status: STATUS });
    for (let i = 0; i < 5; i++) peer.hear(link, { type: 'status', status: STATUS });
    expect(messagesIn(peer.outputs, link, 'transaction-inventory')).toHaveLength(1);
  });
});

describe('a flood of transactions over one link', () => {
  const FLOOD = CHECKS_BURST + 30;
  const lines = Array.from({ length: FLOOD }, (_, i) => note(`line ${i}`, { from: CAROL.account }));

  it('costs no more signature checks than its budget, stops no other link, and is caught up', () => {
    const { peer, left, right } = between();
    for (const line of lines) peer.hear(left, messageOf(line));
    const { mempool } = peer.peer.keeper.ledger!;
    expect(mempool.size).toBe(CHECKS_BURST);
    peer.hear(right, messageOf(PAYMENT));
    expect(waits(peer, PAYMENT)).toBe(true);
    // An honest neighbour answers what it is asked for, at the pace of the questions.
    const [neighbour, ids] = [new Map(lines.map((line) => [idOf(line), line])), new Set<string>()];
    for (let seconds = 0; seconds < 60 && mempool.size < FLOOD + 1; seconds++) {
      const before = mempool.size;
      for (const { ids: asked } of messagesIn(peer.wait(1_000), left, 'get-transactions'))
        for (const id of asked) {
          ids.add(id);
          peer.hear(left, messageOf(neighbour.get(id)!));
        }
      expect(mempool.size - before).toBeLessThanOrEqual(2 * CHECKS_PER_SECOND);
    }
    expect(lines.every((line) => waits(peer, line))).toBe(true);
    expect(ids.size).toBe(30);
  });

  it('is answered within the rate of messages, and not at all on a congested link', () => {
    const { peer, left } = between();
    submit(peer, PAYMENT);
    const question: Message = { type: 'get-transactions', ids: [idOf(PAYMENT), idOf(HEIR)] };
    expect(messagesIn(peer.hear(left, question), left, 'transaction')).toHaveLength(1);
    peer.step({ kind: 'congestion', linkId: left, isCongested: true });
    expect(messagesIn(peer.hear(left, question), left, 'transaction')).toHaveLength(0);
  });
});
