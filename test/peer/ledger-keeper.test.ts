import { describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { readBlockEntries } from '../../lib/ledger/block-entries.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import { transactionToJson } from '../../lib/ledger/transaction.ts';
import { TRANSACTIONS_PATIENCE_MS } from '../../lib/peer/mining.ts';
import { FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { eventsIn, stored, TestPeer } from '../support/peers.ts';
import {
  ALICE,
  BOB,
  CAROL,
  makeSigned,
  minedBlock,
  note,
  payment,
  REWARD,
} from '../support/transactions.ts';

const REWARDED = minedBlock(FREE_GENESIS_HASH, ALICE.account);
const BODY = payment({ inputs: [rewardName(hashBlockHex(REWARDED))], amount: 20, change: 30 });
const PAYMENT = transactionToJson(makeSigned(BODY));

/** Alone in its room, with a chain on which Alice has found one block. */
function miner(number: number): TestPeer {
  return new TestPeer(number, { mines: true, room: '' }, stored([REWARDED]));
}

const submit = (peer: TestPeer, transaction: unknown) =>
  eventsIn(peer.step({ kind: 'submit', transaction }), 'submitted');
const ledgerOf = ({ peer }: TestPeer) => peer.keeper.ledger!.ledger;

describe('the ledger of a peer', () => {
  it('stands where its store left it', () => {
    const peer = miner(4);
    expect(ledgerOf(peer).tip).toBe(hashBlockHex(REWARDED));
    expect(ledgerOf(peer).balance(ALICE.account)).toBe(REWARD);
  });

  it('puts what its user submits into the next block, and executes that', () => {
    const peer = miner(4);
    const before = peer.template!;
    expect(submit(peer, PAYMENT)).toMatchObject([
      { outcome: { kind: 'accepted', transaction: { id: makeSigned(BODY).id } } },
    ]);
    peer.wait(TRANSACTIONS_PATIENCE_MS);
    expect(peer.template!.id).toBeGreaterThan(before.id);
    expect(readBlockEntries(peer.template!.data)?.transactions).toEqual([PAYMENT]);
    peer.find();
    expect(ledgerOf(peer).balance(BOB.account)).toBe(20);
    expect(ledgerOf(peer).balance(ALICE.account)).toBe(30);
    expect(peer.peer.keeper.ledger!.mempool.size).toBe(0);
    expect(readBlockEntries(peer.template!.data)?.transactions).toEqual([]);
  });

  it('says why it does not take a transaction, and that there is no chain yet', () => {
    const peer = miner(4);
    const forged = transactionToJson(makeSigned(BODY, [ALICE, CAROL, BOB]));
    expect(submit(peer, forged)).toMatchObject([{ outcome: { code: 'wrong-signature' } }]);
    expect(submit(new TestPeer(5), PAYMENT)).toEqual([{ kind: 'submitted', outcome: null }]);
  });

  it('takes back what a longer branch reverts, and mines it again', () => {
    const peer = miner(4);
    const line = transactionToJson(makeSigned(note('hello')));
    submit(peer, line);
    peer.wait(TRANSACTIONS_PATIENCE_MS);
    peer.find();
    expect(peer.peer.keeper.ledger!.mempool.size).toBe(0);
    for (const block of freeBlocks(hashBlockHex(REWARDED), 3, 'longer'))
      peer.peer.keeper.accept(block, 'test');
    expect([...peer.peer.keeper.ledger!.mempool.inOrder()]).toEqual([makeSigned(note('hello'))]);
    peer.wait(TRANSACTIONS_PATIENCE_MS);
    expect(readBlockEntries(peer.template!.data)?.transactions).toEqual([line]);
  });
});
