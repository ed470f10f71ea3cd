import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCoins, chooseMerges, mostPayable } from '../../lib/ledger/coin-choice.ts';
import { AMOUNT_LIMIT, INPUTS_LIMIT, MERGE_INPUTS_LIMIT } from '../../lib/ledger/transaction.ts';
import { ALICE } from '../support/transactions.ts';

const anyAmount = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 1, max: AMOUNT_LIMIT }),
);
const anyCoins = fc
  .array(anyAmount, { maxLength: 12 })
  .map((amounts) =>
    amounts.map((amount, i) => ({ name: `coin ${i}`, owner: ALICE.account, amount })),
  );

/** The worth of every set of at most so many coins. */
function worthsOf(amounts: readonly number[], most: number): number[] {
  let sets = [{ worth: 0, count: 0 }];
  for (const amount of amounts)
    sets = [
      ...sets,
      ...sets
        .filter(({ count }) => count < most)
        .map(({ worth, count }) => ({ worth: worth + amount, count: count + 1 })),
    ];
  return sets.map(({ worth }) => worth);
}

describe('the coins of a payment', () => {
  it('are different ones of the account, worth exactly amount and change, and as few as can be', () => {
    fc.assert(
      fc.property(anyCoins, anyAmount, (coins, amount) => {
        const choice = chooseCoins(coins, amount);
        const amounts = coins.map((coin) => coin.amount);
        if (choice === null) {
          expect(Math.max(...worthsOf(amounts, INPUTS_LIMIT))).toBeLessThan(amount);
          return;
        }
        const { inputs, change } = choice;
        expect(new Set(inputs).size).toBe(inputs.length);
        expect(inputs.length).toBeLessThanOrEqual(INPUTS_LIMIT);
        const taken = coins.filter(({ name }) => inputs.includes(name));
        expect(taken.reduce((sum, coin) => sum + coin.amount, 0)).toBe(amount + change);
        expect(change).toBeGreaterThanOrEqual(0);
        expect(Math.max(...worthsOf(amounts, inputs.length - 1))).toBeLessThan(amount);
      }),
      { numRuns: 200 },
    );
  });

  it('can be found for any amount up to the most that is payable, and for none above', () => {
    fc.assert(
      fc.property(anyCoins, (coins) => {
        const most = mostPayable(coins);
        expect(chooseCoins(coins, most + 1)).toBeNull();
        if (most > 0) expect(chooseCoins(coins, most)?.change).toBe(0);
      }),
    );
  });
});

describe('merges', () => {
  it('take the smallest coins first, each once, worth what they make, and leave nobody with more pieces', () => {
    fc.assert(
      fc.property(anyCoins, fc.integer({ min: 1, max: 3 }), (coins, limit) => {
        const merges = chooseMerges(coins, limit);
        if (coins.length <= INPUTS_LIMIT) expect(merges).toEqual([]);
        expect(merges.length).toBeLessThanOrEqual(limit);
        const taken = merges.flatMap(({ inputs }) => inputs);
        expect(new Set(taken).size).toBe(taken.length);
        for (const { inputs, amount } of merges) {
          expect(inputs.length).toBeGreaterThan(1);
          expect(inputs.length).toBeLessThanOrEqual(MERGE_INPUTS_LIMIT);
          const merged = coins.filter(({ name }) => inputs.includes(name));
          expect(merged.reduce((sum, coin) => sum + coin.amount, 0)).toBe(amount);
          expect(amount).toBeLessThanOrEqual(AMOUNT_LIMIT);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('let one payment move what a hundred rewards are worth, after a few rounds', () => {
    let coins = Array.from({ length: 100 }, (_, i) => ({
      name: `coin ${i}`,
      owner: ALICE.account,
      amount: 50,
    }));
    for (let round = 0; mostPayable(coins) < 5_000; round++) {
      expect(round).toBeLessThan(6);
      const merges = chooseMerges(coins, 6);
      const taken = new Set(merges.flatMap(({ inputs }) => inputs));
      coins = [
        ...coins.filter(({ name }) => !taken.has(name)),
        ...merges.map(({ amount }, i) => ({
          name: `merged ${round} ${i}`,
          owner: ALICE.account,
          amount,
        })),
      ];
    }
    expect(coins.reduce((sum, { amount }) => sum + amount, 0)).toBe(5_000);
  });
});
