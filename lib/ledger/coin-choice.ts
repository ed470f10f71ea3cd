/**
 * Which of an account's coins a payment takes (R12).
 */
import type { CoinName } from './coin-name.ts';
import type { Coin } from './coin-set.ts';
import { INPUTS_LIMIT } from './transaction.ts';

export interface CoinChoice {
  readonly inputs: readonly CoinName[];
  /** What comes back to the sender. */
  readonly change: number;
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

/** The most that one payment can move. */
export function mostPayable(free: readonly Coin[]): number {
  return largestOf(free).reduce((sum, { amount }) => sum + amount, 0);
}

function largestOf(coins: readonly Coin[]): Coin[] {
  return [...coins].sort((a, b) => b.amount - a.amount).slice(0, INPUTS_LIMIT);
}
