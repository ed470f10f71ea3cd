/**
 * Whether a transaction of good form can be applied where the ledger stands (R12, R16). Signatures are not looked at:
 * they cost a thousand times as much, and are checked last.
 */
import type { TransactionCode } from '../chain/codes.ts';
import { creatorOf, type CoinName } from './coin-name.ts';
import type { Coin } from './coin-set.ts';
import type { Transaction, TransactionId } from './transaction.ts';

/** What has to be known of a ledger. */
export interface LedgerView {
  isListed(id: TransactionId): boolean;
  /** The coin where it is unspent, else null. */
  coin(name: CoinName): Coin | null;
  /** Whether this block or transaction of the chain has made coins, though they may all be spent. */
  hasMade(creator: string): boolean;
}

/** Why a transaction would be void in a block of this height, or null where nothing but its signatures can be. */
export function judgeTransaction(
  { id, body }: Transaction,
  height: number,
  view: LedgerView,
): TransactionCode | null {
  if (view.isListed(id)) return 'already-listed';
  if (height > body.expiry) return 'expired';
  if (body.kind === 'note') return null;
  let worth = 0;
  for (const name of body.inputs) {
    const coin = view.coin(name);
    if (coin === null) return view.hasMade(creatorOf(name)) ? 'spent-input' : 'unknown-input';
    if (coin.owner !== body.from) return 'foreign-input';
    worth += coin.amount;
  }
  const made = body.kind === 'pay' ? body.amount + body.change : body.amount;
  return worth === made ? null : 'wrong-sum';
}
