import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgePayInput, listOthers, type PayField } from '../../../app/wallet/pay-input.ts';
import { PEER, SNAPSHOT } from '../state/snapshot-example.ts';

const [ADA, BEA, EVE] = ['ab', '12', '34'].map((digits) => digits.repeat(20)) as [
  string,
  string,
  string,
];
const ROOM = {
  self: SNAPSHOT.self,
  peers: [PEER, { ...PEER, linkId: 'other', nodeId: BEA }],
  wallet: { balance: 500, payable: 200, freeCoins: 10, transactions: [] },
};
const GOOD = { to: ADA, witness: '', amount: '20' };

describe('what a user enters to pay', () => {
  it('is an order, or one sentence about one field, whatever it is', () => {
    const anyText = fc.oneof(fc.string(), fc.constantFrom(ADA, BEA, EVE, '', '20', '1e3'));
    fc.assert(
      fc.property(anyText, anyText, anyText, (to, witness, amount) => {
        const judged = judgePayInput({ to, witness, amount }, ROOM);
        if (!judged.ok) expect(judged.message).toMatch(/^[A-Z].*\.$/s);
        else {
          expect(new Set([judged.to, judged.witness, ROOM.self.nodeId]).size).toBe(3);
          expect(Number.isSafeInteger(judged.amount)).toBe(true);
          expect(judged.amount).toBeGreaterThan(0);
          expect(judged.amount).toBeLessThanOrEqual(ROOM.wallet.payable);
        }
      }),
    );
  });

  it('is an order; where no witness is chosen the first other peer is', () => {
    expect(judgePayInput(GOOD, ROOM)).toEqual({ ok: true, to: ADA, witness: BEA, amount: 20 });
    const spaced = { to: ` ${EVE.toUpperCase()}\n`, witness: BEA, amount: ' 1 20 ' };
    expect(judgePayInput(spaced, ROOM)).toEqual({ ok: true, to: EVE, witness: BEA, amount: 120 });
  });

  it.each<[string, object, PayField, RegExp]>([
    ['nobody', { to: '' }, 'to', /Choose whom/],
    ['a short account', { to: 'abc' }, 'to', /40 digits.* 3 characters long/],
    ['a name of 40 characters', { to: 'z'.repeat(40) }, 'to', /has others/],
    ['oneself', { to: SNAPSHOT.self.nodeId }, 'to', /your own/],
    ['no amount', { amount: '' }, 'amount', /whole number/],
    ['nothing', { amount: '0' }, 'amount', /whole number/],
    ['a debt', { amount: '-5' }, 'amount', /whole number/],
    ['half a coin', { amount: '0.5' }, 'amount', /whole number/],
    ['more than there is', { amount: '501' }, 'amount', /You have 500 coins/],
    ['more than one payment moves', { amount: '201' }, 'amount', /200 coins now/],
    ['the receiver as witness', { witness: ADA }, 'witness', /another than/],
  ])('is refused in words where it is %s', (_, change, field, sentence) => {
    const judged = judgePayInput({ ...GOOD, ...change }, ROOM);
    expect(judged).toMatchObject({ ok: false, field });
    if (!judged.ok) expect(judged.message).toMatch(sentence);
  });

  it('is refused without coins, with all of them under way, and with nobody to witness', () => {
    const judge = (change: object) => judgePayInput(GOOD, { ...ROOM, ...change });
    const poor = { balance: 0, payable: 0, freeCoins: 0, transactions: [] };
    expect(judge({ wallet: poor })).toMatchObject({ message: /no coins yet/ });
    expect(judge({ wallet: { ...poor, balance: 50 } })).toMatchObject({ message: /wait for a/ });
    expect(judge({ peers: [PEER] })).toMatchObject({ field: 'witness', message: /third peer/ });
  });
});

it('the others of a room are listed once, without those of no account', () => {
  const peers = [PEER, { ...PEER, linkId: 'twin' }, { ...PEER, nodeId: null }];
  expect(listOthers({ self: SNAPSHOT.self, peers })).toEqual([ADA]);
});
