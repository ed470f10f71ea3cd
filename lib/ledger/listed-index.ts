/**
 * What the chain's blocks have listed: at which height each transaction stands, and which rewards have been spent.
 * About 43 bytes each, for as long as the chain holds the block itself. So nothing is listed twice, however late.
 */
import { HASH_WORDS } from '../chain/hash-words.ts';
import { readIdWords } from './coin-name.ts';
import { FIRST_VALUE, KeyedRows, NO_ROW } from './keyed-rows.ts';
import type { TransactionId } from './transaction.ts';

/** A transaction's height is above 0. */
const SPENT_REWARD = 0;

export class ListedIndex {
  readonly #rows = new KeyedRows(1);
  readonly #key = new Int32Array(HASH_WORDS);

  /** The height of the block that lists this transaction, or null. */
  heightOf(id: TransactionId): number | null {
    return this.#valueOf(id) || null;
  }

  /** Whether a coin of this creator that is not in the set of unspent outputs was there once. */
  knows(creator: string): boolean {
    return this.#valueOf(creator) !== null;
  }

  isSpentReward(creator: string): boolean {
    return this.#valueOf(creator) === SPENT_REWARD;
  }

  addTransaction(id: TransactionId, height: number): void {
    this.#add(id, height);
  }

  addSpentReward(blockId: string): void {
    this.#add(blockId, SPENT_REWARD);
  }

  remove(id: string): void {
    readIdWords(id, this.#key);
    this.#rows.remove(this.#rows.find(this.#key));
  }

  #valueOf(id: string): number | null {
    readIdWords(id, this.#key);
    const row = this.#rows.find(this.#key);
    return row === NO_ROW ? null : this.#rows.words.get(row, FIRST_VALUE);
  }

  #add(id: string, value: number): void {
    readIdWords(id, this.#key);
    this.#rows.words.set(this.#rows.add(this.#key), FIRST_VALUE, value);
  }
}
