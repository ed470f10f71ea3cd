/**
 * What two-phase commit has to know of the peer's chain, ledger and mempool (R13), and the coins that a payment takes.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { Chain } from '../chain/chain.ts';
import type { MempoolCode, TransactionCode } from '../chain/codes.ts';
import type { Account } from '../ledger/account.ts';
import { chooseCoins, type CoinChoice } from '../ledger/coin-choice.ts';
import type { CoinName } from '../ledger/coin-name.ts';
import type { CommitLedger } from '../ledger/commit/desk.ts';
import { EXPIRY_LEAST_BLOCKS, EXPIRY_MS } from '../ledger/commit/limits.ts';
import { judgeTransaction } from '../ledger/judgement.ts';
import type { TransactionState } from '../ledger/ledger.ts';
import { inputsOf, type Transaction, type TransactionId } from '../ledger/transaction.ts';
import { meanSpacingMs } from './chain-view.ts';
import type { LedgerKeeper } from './ledger-keeper.ts';

/** However fast blocks come: a vote is bound for no longer than so many. */
const EXPIRY_MOST_BLOCKS = 3_600;

/** For how many blocks a transaction that is made now shall count. */
export function expiryBlocksOf(chain: Chain | null): number {
  const spacingMs = (chain && (meanSpacingMs(chain.tree) ?? chain.rules.spacingMs)) ?? EXPIRY_MS;
  const blocks = spacingMs > 0 ? Math.ceil(EXPIRY_MS / spacingMs) : EXPIRY_MOST_BLOCKS;
  return Math.min(EXPIRY_MOST_BLOCKS, Math.max(EXPIRY_LEAST_BLOCKS, blocks));
}

export class PaymentLedger implements CommitLedger {
  readonly #account: Account;
  readonly #keeper: LedgerKeeper;
  readonly #readChain: () => Chain | null;

  /** @param readChain the chain whose ledger this is; null until it is restored */
  constructor(account: Account, keeper: LedgerKeeper, readChain: () => Chain | null) {
    this.#account = account;
    this.#keeper = keeper;
    this.#readChain = readChain;
  }

  get genesis(): HashHex {
    return this.#keeper.ledger.rules.genesis;
  }

  get height(): number {
    return this.#keeper.ledger.height;
  }

  get expiryBlocks(): number {
    return expiryBlocksOf(this.#readChain());
  }

  judge(transaction: Transaction): TransactionCode | MempoolCode | null {
    const { mempool } = this.#keeper;
    const code = judgeTransaction(transaction, this.height + 1, mempool);
    if (code !== null) return code;
    for (const name of inputsOf(transaction.body)) {
      const spender = mempool.spenderOf(name);
      if (spender !== null && spender !== transaction.id) return 'conflicting-input';
    }
    return null;
  }

  stateOf(id: TransactionId): TransactionState {
    return this.#keeper.ledger.stateOf(id);
  }

  waiting(id: TransactionId): Transaction | null {
    return this.#keeper.mempool.get(id);
  }

  chooseCoins(amount: number, isLocked: (name: CoinName) => boolean): CoinChoice | null {
    return chooseCoins(this.#keeper.freeCoins(this.#account, isLocked), amount);
  }
}
