import { describe, expect, it } from 'vitest';
import type { PaymentState, PaymentView } from '../../../lib/ledger/commit/view.ts';
import {
  hasSmallCoins,
  isSecondSpend,
  nameAccount,
  tellAct,
  tellPayable,
  tellPayment,
  tellTransaction,
} from '../../../app/wallet/payment-words.ts';
import { PEER, SNAPSHOT } from '../state/snapshot-example.ts';

const PAYMENT: PaymentView = {
  key: 'key',
  role: 'sender',
  state: 'finding',
  id: null,
  from: SNAPSHOT.self.nodeId,
  to: PEER.nodeId!,
  witness: '12'.repeat(20),
  amount: 20,
  expiry: 40,
  attempts: 1,
  signed: { sender: false, receiver: false, witness: false },
  knows: { sender: false, receiver: false, witness: false },
  code: null,
  height: null,
  confirmations: 0,
  startedMs: 0,
  committedAfterMs: null,
};

describe('a payment in words', () => {
  it.each<[PaymentState, Partial<PaymentView>, RegExp]>([
    ['finding', {}, /^Looking for/],
    ['asking', {}, /votes/],
    [
      'retrying',
      { code: 'no-vote', attempts: 2 },
      /^Attempt 2 was aborted.*did not answer in time/,
    ],
    ['voted', { role: 'witness' }, /voted as witness/],
    ['signing', {}, /you sign/],
    ['committed', {}, /waits for a block/],
    ['listed', { height: 7, confirmations: 1 }, /^In block 7, confirmed by 1 block$/],
    ['confirmed', { height: 7, confirmations: 6 }, /by 6 blocks: final$/],
    ['aborted', { code: 'declined' }, /nothing was paid.*does not want/],
    ['aborted', {}, /nothing was paid\.$/],
  ])('says that it is %s', (state, change, words) => {
    expect(tellPayment({ ...PAYMENT, state, ...change }).words).toMatch(words);
  });
});

describe('a transaction in words', () => {
  it('waits, stands in a block, or is void and why', () => {
    expect(tellTransaction({ kind: 'waiting' }).words).toBe('Waits for a block');
    expect(tellTransaction({ kind: 'listed', height: 12_345, confirmations: 2 })).toEqual({
      tone: 'good',
      words: 'In block 12\u202f345, confirmed by 2 blocks',
    });
    const expired = { kind: 'void', code: 'expired', conflict: null } as const;
    expect(tellTransaction(expired)).toMatchObject({ tone: 'bad', words: /expiry height/ });
  });

  it('is called an attempt to spend a coin twice where it is one', () => {
    for (const code of ['spent-input', 'conflicting-input'] as const) {
      const state = { kind: 'void', code, conflict: 'other' } as const;
      expect(isSecondSpend(state)).toBe(true);
      expect(tellTransaction(state).words).toMatch(/spend a coin twice/);
    }
    expect(isSecondSpend({ kind: 'waiting' })).toBe(false);
  });
});

it('an account is named as its peer calls itself, or as its blocks do, or not at all', () => {
  const leaderboard = [{ account: '12'.repeat(20), name: 'Bea', blocks: 3, isSelf: false }];
  const room = { ...SNAPSHOT, leaderboard };
  expect(nameAccount(PEER.nodeId!, room)).toMatchObject({ name: 'Ada', isSelf: false });
  expect(nameAccount('12'.repeat(20), room).name).toBe('Bea');
  expect(nameAccount('56'.repeat(20), room).name).toBe('');
  expect(nameAccount(SNAPSHOT.self.nodeId, room)).toMatchObject({ name: 'Me', isSelf: true });
});

describe('coins in words', () => {
  it('say how much one payment moves, and that many small pieces can be merged', () => {
    const few = { payable: 150, freeCoins: 3 };
    const many = { payable: 200, freeCoins: 60 };
    expect([hasSmallCoins(few), hasSmallCoins(many)]).toEqual([false, true]);
    expect(tellPayable(few)).toBe('One payment can move 150 coins now.');
    expect(tellPayable(many)).toMatch(/200 coins now.*4 pieces.*have 60.*Merge/);
  });

  it('tell a payment, a merge and a line apart', () => {
    const from = SNAPSHOT.self.nodeId;
    const view = { id: 'id', isOwn: true, state: { kind: 'waiting' } } as const;
    const inputs = ['a', 'b'];
    expect(
      tellAct({ ...view, body: { kind: 'merge', from, inputs, amount: 100, expiry: 9 } }),
    ).toBe('merges 2 small coins into one of 100');
    expect(tellAct({ ...view, body: { kind: 'note', from, text: 'hi', expiry: 9 } })).toBe(
      'writes',
    );
  });
});
