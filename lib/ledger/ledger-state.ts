/**
 * What the ledger is at one height: the unspent coins, and the list of transactions. Changes come in pairs that undo
 * each other exactly (R12).
 */
import type { HashHex } from '../chain/bytes.ts';
import type { Account } from './account.ts';
import { creatorOf, rewardName, type CoinName } from './coin-name.ts';
import { CoinSet, type Coin } from './coin-set.ts';
import type { LedgerView } from './judgement.ts';
import { ListedIndex } from './listed-index.ts';
import { inputsOf, outputsOf, type Transaction, type TransactionId } from './transaction.ts';

export class LedgerState implements LedgerView {
  readonly coins = new CoinSet();
  readonly #listed = new ListedIndex();

  coin(name: CoinName): Coin | null {
    return this.coins.find(name);
  }

  isListed(id: TransactionId): boolean {
    return this.heightOf(id) !== null;
  }

  hasMade(creator: string): boolean {
    return this.#listed.knows(creator);
  }

  /** The height of the block that lists this transaction, or null. */
  heightOf(id: TransactionId): number | null {
    return this.#listed.heightOf(id);
  }

  /** Creates the coin that a block earns. */
  pay(blockHash: HashHex, miner: Account, reward: number): void {
    if (reward > 0) this.coins.add({ name: rewardName(blockHash), owner: miner, amount: reward });
  }

  takeRewardBack(blockHash: HashHex, reward: number): void {
    if (reward > 0) this.coins.remove(rewardName(blockHash));
  }

  /**
   * Applies a transaction that has been judged good, in the block of this height.
   * @returns what each input was worth, which {@link takeBack} needs
   */
  execute(transaction: Transaction, height: number): number[] {
    const worths = inputsOf(transaction.body).map((name) => {
      const { amount } = this.coins.remove(name);
      const creator = creatorOf(name);
      if (!this.#listed.knows(creator)) this.#listed.addSpentReward(creator);
      return amount;
    });
    this.#listed.addTransaction(transaction.id, height);
    for (const output of outputsOf(transaction)) this.coins.add(output);
    return worths;
  }

  /** Undoes the transaction that was executed last of those that still count. */
  takeBack(transaction: Transaction, worths: readonly number[]): void {
    const { id, body } = transaction;
    for (const { name } of outputsOf(transaction)) this.coins.remove(name);
    this.#listed.remove(id);
    inputsOf(body).forEach((name, i) => {
      const creator = creatorOf(name);
      if (this.#listed.isSpentReward(creator)) this.#listed.remove(creator);
      this.coins.add({ name, owner: body.from, amount: worths[i]! });
    });
  }
}
