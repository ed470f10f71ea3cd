/**
 * Which of an account's coins a payment takes (R12).
 */
import type { CoinName } from './coin-name.ts';
import type { Coin } from './coin-set.ts';
import { AMOUNT_LIMIT, INPUTS_LIMIT, MERGE_INPUTS_LIMIT } from './transaction.ts';

export interface CoinChoice {
  readonly inputs: readonly CoinName[];
  /** What comes back to the sender. */
  readonly change: number;
}

export interface MergeChoice {
  readonly inputs: readonly CoinName[];
  readonly amount: number;
}

/**
 * The fewest coins that are worth the amount, the largest first: so a payment is small, locks little, and what is left
 * of it gathers in one coin. Null where the largest that fit into one transaction are not enough.
 */
export function chooseCoins(free: readonly Coin[], amount: number): CoinChoice | null {
  const inputs: CoinName[] = [];
  let worth = 0;
  for (const coin of largestOf(free)) {
    inputs.push(coin.name);
    worth += coin.amount;
    if (worth >= amount) return { inputs, change: worth - amount };
  }
  return null;
}

/**
 * What merges should take: the smallest first, which no payment takes, as many as fit into so many merges. None where a
 * payment could take all coins anyway.
 */
export function chooseMerges(free: readonly Coin[], limit: number): MergeChoice[] {
  if (free.length <= INPUTS_LIMIT) return [];
  const smallest = [...free].sort((a, b) => a.amount - b.amount);
  const merges: MergeChoice[] = [];
  for (let at = 0; at < smallest.length && merges.length < limit; at += MERGE_INPUTS_LIMIT) {
    const coins = smallest.slice(at, at + MERGE_INPUTS_LIMIT);
    const amount = worthOf(coins);
    if (coins.length > 1 && amount <= AMOUNT_LIMIT)
      merges.push({ inputs: coins.map(({ name }) => name), amount });
  }
  return merges;
}

/** The most that one payment can move. */
export function mostPayable(free: readonly Coin[]): number {
  return worthOf(largestOf(free));
}

function worthOf(coins: readonly Coin[]): number {
  return coins.reduce((sum, { amount }) => sum + amount, 0);
}

function largestOf(coins: readonly Coin[]): Coin[] {
  return [...coins].sort((a, b) => b.amount - a.amount).slice(0, INPUTS_LIMIT);
}
