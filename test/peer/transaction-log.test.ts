import { describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import type { TransactionBody } from '../../lib/ledger/transaction.ts';
import { LOGGED_LIMIT } from '../../lib/peer/transaction-log.ts';
import { FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { stored, TestPeer } from '../support/peers.ts';
import {
  ALICE,
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
const SECOND = payment({ inputs: [COIN], to: DAVE.account });
const idOf = (body: TransactionBody) => makeSigned(body).id;

/** Alice's own peer, which follows. */
const peerOfAlice = () => new TestPeer(1, { keys: ALICE }, stored([REWARDED]));
const submit = (peer: TestPeer, transaction: unknown) => peer.step({ kind: 'submit', transaction });
const walletOf = (peer: TestPeer) => peer.picture().wallet!;
const stateOf = (peer: TestPeer, body: TransactionBody) =>
  walletOf(peer).transactions.find(({ id }) => id === idOf(body))?.state;

describe('the transactions that a peer shows', () => {
  it('wait, are listed, confirmed, and wait again where their block is reverted', () => {
    const peer = peerOfAlice();
    expect(walletOf(peer)).toEqual({ balance: 50, payable: 50, freeCoins: 1, transactions: [] });
    submit(peer, toJson(PAYMENT));
    expect(stateOf(peer, PAYMENT)).toEqual({ kind: 'waiting' });
    expect(walletOf(peer)).toMatchObject({ balance: 50, payable: 0 });

    const listing = minedBlock(hashBlockHex(REWARDED), CAROL.account, [toJson(PAYMENT)]);
    for (const block of [listing, ...freeBlocks(hashBlockHex(listing), 2, 'above')])
      peer.peer.keeper.accept(block, 'test');
    expect(stateOf(peer, PAYMENT)).toEqual({ kind: 'listed', height: 2, confirmations: 3 });
    expect(walletOf(peer)).toMatchObject({ balance: 30, payable: 30 });

    for (const block of freeBlocks(hashBlockHex(REWARDED), 4, 'longer'))
      peer.peer.keeper.accept(block, 'test');
    expect(stateOf(peer, PAYMENT)).toEqual({ kind: 'waiting' });
  });

  it('name an attempt to spend a coin twice, which waits or stands in a block, and what has the coin', () => {
    const peer = peerOfAlice();
    submit(peer, toJson(PAYMENT));
    submit(peer, toJson(SECOND));
    const refused = { kind: 'void', code: 'conflicting-input', conflict: idOf(PAYMENT) };
    expect(stateOf(peer, SECOND)).toEqual(refused);

    const other = peerOfAlice();
    const both = [toJson(PAYMENT), toJson(SECOND)];
    other.peer.keeper.accept(minedBlock(hashBlockHex(REWARDED), CAROL.account, both), 'test');
    expect(stateOf(other, SECOND)).toMatchObject({ kind: 'void', code: 'spent-input' });
  });

  it('accuse nobody of what he did not sign', () => {
    const peer = peerOfAlice();
    submit(peer, toJson(PAYMENT));
    const forged = { ...toJson(SECOND), signatures: toJson(PAYMENT).signatures };
    submit(peer, forged);
    const block = minedBlock(hashBlockHex(REWARDED), CAROL.account, [toJson(PAYMENT), forged]);
    peer.peer.keeper.accept(block, 'test');
    expect(stateOf(peer, SECOND)).toBeUndefined();
  });

  it('are bounded, and a flood of others does not hide the own ones', () => {
    const peer = peerOfAlice();
    submit(peer, toJson(PAYMENT));
    for (let i = 0; i < LOGGED_LIMIT + 5; i++)
      submit(peer, toJson(note(`line ${i}`, { from: DAVE.account })));
    expect(walletOf(peer).transactions).toHaveLength(LOGGED_LIMIT);
    expect(walletOf(peer).transactions[0]).toMatchObject({ id: idOf(PAYMENT), isOwn: true });
  });
});
