/**
 * What the ledger reads in a block's data: the account that is rewarded, and the transactions. Any other data, as that
 * of reference miners, has neither.
 */
import type { HashHex } from '../chain/bytes.ts';
import { ACCOUNT, type Account } from './account.ts';
import { readJsonObject } from './payload.ts';
import { decodeTransaction } from './transaction-codec.ts';
import type { Transaction } from './transaction.ts';

export interface BlockEntries {
  readonly miner: Account;
  /** As they stand there: anybody may have written anything. */
  readonly transactions: readonly unknown[];
}

const NO_TRANSACTIONS: readonly unknown[] = [];

/** The entries of data whose payload names its miner's account, else null. */
export function readBlockEntries(data: Uint8Array): BlockEntries | null {
  const value = readJsonObject(data);
  if (value === null) return null;
  const { miner, transactions } = value;
  if (typeof miner !== 'string' || !ACCOUNT.test(miner)) return null;
  return { miner, transactions: Array.isArray(transactions) ? transactions : NO_TRANSACTIONS };
}

/** The transactions of good form in a block's data, whoever has signed them. */
export function transactionsIn(data: Uint8Array, genesis: HashHex): Transaction[] {
  const transactions: Transaction[] = [];
  for (const value of readBlockEntries(data)?.transactions ?? NO_TRANSACTIONS) {
    const decoded = decodeTransaction(value, genesis);
    if (decoded.ok) transactions.push(decoded.transaction);
  }
  return transactions;
}
