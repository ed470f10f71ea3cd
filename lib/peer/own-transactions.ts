/**
 * Transactions that this peer's account makes alone: notes, and merges of its small coins (R12, R25).
 */
import { chooseMerges } from '../ledger/coin-choice.ts';
import type { CoinName } from '../ledger/coin-name.ts';
import { cleanNote } from '../ledger/text.ts';
import {
  makeTransaction,
  signTransaction,
  transactionId,
  type Transaction,
  type TransactionBody,
} from '../ledger/transaction.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import { expiryBlocksOf } from './payment-ledger.ts';

/** Merges made at once: what a block has room for, so that others' payments find some in the next. */
export const MERGES_AT_ONCE_LIMIT = 6;

/**
 * Expiries that are tried for one that the chain has not: so often an account can write one line before the next block.
 * Each costs a hash.
 */
export const EXPIRIES_LIMIT = 64;

type WithoutExpiry<Body> = Body extends TransactionBody ? Omit<Body, 'expiry'> : never;

/** The line, signed; null where nothing of it can be shown, or there is no chain yet. */
export function signNote(
  text: string,
  keeper: ChainKeeper,
  context: PeerContext,
): Transaction | null {
  const line = cleanNote(text);
  if (line === '') return null;
  return sign({ kind: 'note', from: context.options.keys.account, text: line }, keeper, context);
}

/** Merges of the account's smallest coins, signed; none where it has few. */
export function signMerges(
  keeper: ChainKeeper,
  context: PeerContext,
  isLocked: (name: CoinName) => boolean,
): Transaction[] {
  const from = context.options.keys.account;
  const free = keeper.ledger?.freeCoins(from, isLocked) ?? [];
  return chooseMerges(free, MERGES_AT_ONCE_LIMIT)
    .map((choice) => sign({ kind: 'merge', from, ...choice }, keeper, context))
    .filter((transaction) => transaction !== null);
}

/**
 * With the first expiry that makes it one which the chain has not, so that a line can be written twice. Where all of
 * them are taken it is the last of these, of which the mempool says so.
 */
function sign(
  made: WithoutExpiry<TransactionBody>,
  { chain, ledger: keeper }: ChainKeeper,
  { options }: PeerContext,
): Transaction | null {
  if (keeper === null) return null;
  const { ledger, mempool } = keeper;
  const { genesis } = ledger.rules;
  const first = ledger.height + expiryBlocksOf(chain);
  const last = first + EXPIRIES_LIMIT - 1;
  for (let expiry = first; ; expiry++) {
    const body = { ...made, expiry };
    const id = transactionId(body, genesis);
    const isTaken = ledger.isListed(id) || mempool.get(id) !== null;
    if (isTaken && expiry < last) continue;
    return makeTransaction(body, [signTransaction(id, options.keys)], genesis);
  }
}
