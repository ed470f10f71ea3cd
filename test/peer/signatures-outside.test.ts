import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import { CHECKS_BURST } from '../../lib/ledger/mempool.ts';
import { isSigned } from '../../lib/ledger/signature-checks.ts';
import type { Transaction, TransactionBody } from '../../lib/ledger/transaction.ts';
import type { ChainStatus } from '../../lib/net/chain-status.ts';
import type { Message } from '../../lib/net/messages.ts';
import { BATCH_TIMEOUT_MS } from '../../lib/net/sync.ts';
import type { PeerOptions } from '../../lib/peer/context.ts';
import type { PeerOutput } from '../../lib/peer/inputs.ts';
import { WAITING_MESSAGES_LIMIT } from '../../lib/peer/message-order.ts';
import { ANSWER_LIMIT_MS, QUESTIONS_LIMIT } from '../../lib/peer/signature-desk.ts';
import { FREE_GENESIS_HASH, freeChain } from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { closeCodeIn, messagesIn, stored, TestPeer } from '../support/peers.ts';
import {
  ALICE,
  BOB,
  makeSigned,
  minedBlock,
  note,
  payment,
  toJson,
} from '../support/transactions.ts';

const REWARDED = minedBlock(FREE_GENESIS_HASH, ALICE.account);
const PAYMENT = payment({ inputs: [rewardName(hashBlockHex(REWARDED))], amount: 20, change: 30 });
const PAYING = minedBlock(hashBlockHex(REWARDED), BOB.account, [toJson(PAYMENT)]);
const ABOVE = minedBlock(hashBlockHex(PAYING), BOB.account);
const FORGED = { ...toJson(note('forged')), signatures: toJson(note('another')).signatures };

const statusOf = (...blocks: Block[]): ChainStatus => {
  const { tip, tree } = freeChain(...blocks);
  const { hash, height, work } = tip;
  return { genesis: tree.genesis.hash, endorsement: null, tip: hash, height, work };
};
const told = (body: TransactionBody): Message => ({
  type: 'transaction',
  transaction: toJson(body),
});

/** A peer whose signatures somebody else checks, with a neighbour on its chain whom the test speaks for. */
function outsider(options: Partial<PeerOptions> = {}): { peer: TestPeer; link: string } {
  const peer = new TestPeer(1, { checksOutside: true, ...options }, stored([REWARDED]));
  const link = peer.greet(2, { status: statusOf(REWARDED) });
  return { peer, link };
}

const ledgerOf = ({ peer }: TestPeer) => peer.keeper.ledger!;
const performed = (peer: TestPeer) => ledgerOf(peer).checks.performed;
const waits = (peer: TestPeer, body: TransactionBody) =>
  ledgerOf(peer).mempool.get(makeSigned(body).id) !== null;

type Question = Extract<PeerOutput, { kind: 'check' }>;
const questionsIn = (outputs: readonly PeerOutput[]): Question[] =>
  outputs.filter((output) => output.kind === 'check');

/** Answers what the peer has asked and not been told yet, the oldest first. */
function answer(
  peer: TestPeer,
  isGood: (transaction: Transaction) => boolean = (transaction) => isSigned(transaction),
): PeerOutput[] {
  const questions = questionsIn(peer.outputs);
  peer.outputs.splice(0);
  return questions.flatMap(({ ticket, transactions }) =>
    peer.step({ kind: 'checked', ticket, good: transactions.map(isGood) }),
  );
}

describe('a peer whose signatures are checked outside', () => {
  it('computes with none of what a neighbour sends, and keeps and lists it all the same', () => {
    const { peer, link } = outsider();
    peer.hear(link, told(PAYMENT));
    expect(waits(peer, PAYMENT)).toBe(false);
    answer(peer);
    expect(waits(peer, PAYMENT)).toBe(true);
    peer.hear(link, { type: 'block', block: PAYING });
    expect(peer.tip).toBe(hashBlockHex(PAYING));
    expect(ledgerOf(peer).ledger.balance(BOB.account)).toBe(70);
    expect(performed(peer)).toBe(0);
  });

  it('lets a block wait for its signatures, what comes behind it over its link too, and other links not', () => {
    const { peer, link } = outsider();
    const other = peer.greet(3, { status: statusOf(REWARDED) });
    peer.hear(link, { type: 'block', block: PAYING });
    peer.hear(link, { type: 'block', block: ABOVE });
    peer.hear(link, { type: 'ping', id: 9, status: statusOf(REWARDED, PAYING, ABOVE) });
    expect(peer.tip).toBe(hashBlockHex(REWARDED));
    expect(messagesIn(peer.outputs, link, 'pong')).toEqual([]);
    peer.hear(other, { type: 'ping', id: 5, status: statusOf(REWARDED) });
    expect(messagesIn(peer.outputs, other, 'pong')).toHaveLength(1);
    const outputs = answer(peer);
    expect(peer.tip).toBe(hashBlockHex(ABOVE));
    expect(messagesIn(outputs, link, 'pong')).toHaveLength(1);
    expect(messagesIn(outputs, link, 'get-chain')).toEqual([]);
    expect(performed(peer)).toBe(0);
  });

  it('asks nothing about a block without work, or one that it has, or whose transactions it knows', () => {
    const { peer, link } = outsider();
    peer.step({ kind: 'submit', transaction: toJson(PAYMENT) });
    peer.hear(link, { type: 'block', block: PAYING });
    peer.hear(link, { type: 'block', block: PAYING });
    expect(questionsIn(peer.outputs)).toEqual([]);
    expect(peer.tip).toBe(hashBlockHex(PAYING));
  });

  it('believes no silence: what is not said to be good it looks at itself', () => {
    for (const isGood of [() => false, () => true]) {
      const { peer, link } = outsider();
      peer.hear(link, told(PAYMENT));
      answer(peer, isGood);
      expect(waits(peer, PAYMENT)).toBe(true);
    }
    const { peer, link } = outsider();
    peer.hear(link, { type: 'transaction', transaction: FORGED });
    expect(closeCodeIn(answer(peer), link)).toBe('bad-transaction');
  });

  it('has no more signatures checked for a neighbour than it would check itself', () => {
    const { peer, link } = outsider();
    for (let i = 0; i < 2 * CHECKS_BURST; i++) {
      peer.hear(link, told(note(`note ${i}`)));
      answer(peer);
    }
    expect(ledgerOf(peer).mempool.size).toBe(CHECKS_BURST);
    expect(performed(peer)).toBe(0);
  });

  it('goes on by itself where nobody answers, and asks again once somebody does', () => {
    const { peer, link } = outsider();
    peer.hear(link, told(PAYMENT));
    const [question] = questionsIn(peer.outputs);
    for (let leftMs = ANSWER_LIMIT_MS; leftMs > 0; leftMs -= 1_000) {
      peer.wait(1_000);
      peer.hear(link, { type: 'visibility', hidden: false });
    }
    expect(waits(peer, PAYMENT)).toBe(true);
    peer.outputs.length = 0;
    peer.hear(link, told(note('next')));
    expect(questionsIn(peer.outputs)).toEqual([]);
    expect(waits(peer, note('next'))).toBe(true);
    peer.step({ kind: 'checked', ticket: question!.ticket, good: [true] });
    peer.hear(link, told(note('last')));
    expect(questionsIn(peer.outputs)).toHaveLength(1);
  });

  it('lets no more than so many messages wait, and asks no more than so much', () => {
    const { peer, link } = outsider({ linkLimit: 2 * QUESTIONS_LIMIT });
    peer.hear(link, told(PAYMENT));
    for (let id = 0; id < WAITING_MESSAGES_LIMIT; id++)
      peer.hear(link, { type: 'ping', id, status: statusOf(REWARDED) });
    expect(messagesIn(peer.outputs, link, 'pong')).toHaveLength(WAITING_MESSAGES_LIMIT);
    expect(waits(peer, PAYMENT)).toBe(true);
    for (let number = 3; number < 4 + QUESTIONS_LIMIT; number++) {
      const next = peer.greet(number, { status: statusOf(REWARDED) });
      peer.hear(next, told(note(`note ${number}`)));
    }
    expect(questionsIn(peer.outputs).length).toBe(QUESTIONS_LIMIT);
    answer(peer);
    expect(ledgerOf(peer).mempool.size).toBe(2 + QUESTIONS_LIMIT);
  });

  it('keeps what a link has brought that ends meanwhile, and forgets it where it closes the link itself', () => {
    const { peer, link } = outsider();
    peer.hear(link, { type: 'block', block: PAYING });
    peer.step({ kind: 'disconnected', linkId: link });
    expect(peer.tip).toBe(hashBlockHex(PAYING));
    expect(() => answer(peer)).not.toThrow();
    const second = outsider();
    second.peer.hear(second.link, told(PAYMENT));
    second.peer.hearBytes(second.link, new Uint8Array(3));
    expect(closeCodeIn(second.peer.outputs, second.link)).toBe('bad-message');
    answer(second.peer);
    expect(waits(second.peer, PAYMENT)).toBe(false);
  });

  it('catches up a slice at a time, each with its signatures checked before', () => {
    const blocks = [REWARDED, PAYING];
    for (let i = 0; i < 30; i++) {
      const notes = [0, 1, 2].map((j) => toJson(note(`line ${j} of block ${i}`)));
      blocks.push(minedBlock(hashBlockHex(blocks.at(-1)!), ALICE.account, notes));
    }
    const [old, newcomer] = [
      new TestPeer(2, {}, stored(blocks)),
      new TestPeer(1, { checksOutside: true }, stored([])),
    ];
    const network = new PeerNetwork(old, newcomer);
    network.link(old, newcomer);
    for (let i = 0; newcomer.tip !== old.tip; i++) {
      expect(i).toBeLessThan(40);
      newcomer.wait(BATCH_TIMEOUT_MS / 10);
      answer(newcomer);
      network.deliver();
    }
    expect(performed(newcomer)).toBe(0);
    const { ledger } = ledgerOf(newcomer);
    expect(ledger.hashAt(ledger.height)).toBe(
      ledgerOf(old).ledger.hashAt(ledgerOf(old).ledger.height),
    );
  });

  it('comes to the same as one that checks by itself, whenever the answers come', () => {
    const messages: Message[] = [
      told(PAYMENT),
      { type: 'block', block: PAYING },
      { type: 'block', block: ABOVE },
      { type: 'transaction', transaction: FORGED },
      told(note('one')),
      told(note('two')),
      { type: 'block', block: minedBlock(hashBlockHex(REWARDED), BOB.account, [FORGED], 7) },
    ];
    fc.assert(
      fc.property(
        fc.shuffledSubarray(messages.map((_, i) => i)),
        fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
        (order, answers) => {
          const { peer, link } = outsider();
          const plain = new TestPeer(1, {}, stored([REWARDED]));
          plain.greet(2, { status: statusOf(REWARDED) });
          for (const i of order) {
            plain.hear(link, messages[i]!);
            peer.hear(link, messages[i]!);
            if (answers[i]) answer(peer);
          }
          for (let i = 0; i < messages.length; i++) answer(peer);
          const list = (each: TestPeer) =>
            [...ledgerOf(each).mempool.inOrder()].map(({ id }) => id);
          expect(peer.tip).toBe(plain.tip);
          expect(list(peer)).toEqual(list(plain));
        },
      ),
      { numRuns: 30 },
    );
  });
});
