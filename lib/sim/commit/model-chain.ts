/**
 * A chain as two-phase commit sees it (R13): blocks that list payments, and what a tip says of coins and payments.
 * Blocks need no work here, and everybody executes alike.
 */
import type { Account } from '../../ledger/account.ts';
import type { CoinName } from '../../ledger/coin-name.ts';
import type { CommitLedger } from '../../ledger/commit/desk.ts';
import { EXPIRY_LEAST_BLOCKS } from '../../ledger/commit/limits.ts';
import type { TransactionState } from '../../ledger/ledger.ts';
import { inputsOf, type Transaction, type TransactionId } from '../../ledger/transaction.ts';

export const GENESIS = '0c'.repeat(32);
/** What each of the first coins is worth. */
export const COIN_WORTH = 50;

export interface ModelBlock {
  readonly height: number;
  readonly parent: ModelBlock | null;
  readonly payments: readonly Transaction[];
}

export const FIRST_BLOCK: ModelBlock = { height: 0, parent: null, payments: [] };

/** One party's view: its tip, and what waits for the next block. */
export class ModelLedger implements CommitLedger {
  readonly genesis = GENESIS;
  readonly expiryBlocks = EXPIRY_LEAST_BLOCKS;
  tip: ModelBlock;
  readonly #account: Account;
  readonly #firstCoins: ReadonlyMap<CoinName, Account>;
  readonly #waiting = new Map<TransactionId, Transaction>();
  /** By id, the height at which the tip's chain lists it; by coin, who spends it. */
  #listed = new Map<TransactionId, number>();
  #spent = new Set<CoinName>();

  constructor(account: Account, firstCoins: ReadonlyMap<CoinName, Account>, tip: ModelBlock) {
    this.#account = account;
    this.#firstCoins = firstCoins;
    this.tip = tip;
    this.moveTo(tip);
  }

  get height(): number {
    return this.tip.height;
  }

  /** Follows another tip, and returns what its chain lists. */
  moveTo(tip: ModelBlock): Transaction[] {
    this.tip = tip;
    this.#listed = new Map();
    this.#spent = new Set();
    const payments: Transaction[] = [];
    for (let at: ModelBlock | null = tip; at !== null; at = at.parent)
      for (const payment of at.payments) {
        payments.push(payment);
        this.#listed.set(payment.id, at.height);
        for (const name of inputsOf(payment.body)) this.#spent.add(name);
      }
    return payments;
  }

  /** Takes a payment that all have signed; false where it cannot wait or does already. */
  submit(payment: Transaction): boolean {
    if (this.#waiting.has(payment.id) || this.judge(payment) !== null) return false;
    this.#waiting.set(payment.id, payment);
    return true;
  }

  /** The next block with all that fits on this tip. */
  mine(): ModelBlock {
    const payments: Transaction[] = [];
    for (const payment of this.#waiting.values())
      if (this.#judgeOnChain(payment) === null) payments.push(payment);
    return { height: this.height + 1, parent: this.tip, payments };
  }

  judge(transaction: Transaction) {
    const code = this.#judgeOnChain(transaction);
    if (code !== null) return code;
    for (const other of this.#waiting.values()) {
      if (other.id === transaction.id || this.#judgeOnChain(other) !== null) continue;
      const inputs = inputsOf(other.body);
      if (inputsOf(transaction.body).some((name) => inputs.includes(name)))
        return 'conflicting-input' as const;
    }
    return null;
  }

  stateOf(id: TransactionId): TransactionState {
    const height = this.#listed.get(id);
    if (height === undefined) return { kind: 'unknown' };
    return { kind: 'listed', height, confirmations: this.height - height + 1 };
  }

  waiting(id: TransactionId): Transaction | null {
    return this.#waiting.get(id) ?? null;
  }

  chooseCoins(amount: number, isLocked: (name: CoinName) => boolean) {
    const inputs: CoinName[] = [];
    for (const [name, owner] of this.#firstCoins) {
      if (owner !== this.#account || this.#spent.has(name) || isLocked(name)) continue;
      inputs.push(name);
      const worth = inputs.length * COIN_WORTH;
      if (worth >= amount) return { inputs, change: worth - amount };
    }
    return null;
  }

  #judgeOnChain({ id, body }: Transaction) {
    if (this.#listed.has(id)) return 'already-listed' as const;
    if (this.height + 1 > body.expiry) return 'expired' as const;
    const isSpent = inputsOf(body).some((name) => this.#spent.has(name));
    return isSpent ? ('spent-input' as const) : null;
  }
}
