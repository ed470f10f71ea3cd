/**
 * The peer's own ledger and mempool: they follow every change of the chain's tip, and blocks take from them what waits
 * (R12, R15, R16).
 */
import { hashBlockHex, type Block } from '../chain/block.ts';
import type { TreeEntry } from '../chain/tree.ts';
import type { Account } from '../ledger/account.ts';
import type { CoinName } from '../ledger/coin-name.ts';
import type { Coin } from '../ledger/coin-set.ts';
import { rewardOf } from '../ledger/genesis.ts';
import { Ledger, type LedgerChange } from '../ledger/ledger.ts';
import { Mempool, type Submission, type SubmitOutcome } from '../ledger/mempool.ts';
import { SignatureChecks } from '../ledger/signature-checks.ts';
import { decodeTransaction } from '../ledger/transaction-codec.ts';
import {
  transactionToJson,
  type Transaction,
  type TransactionJson,
} from '../ledger/transaction.ts';
import { TransactionLog } from './transaction-log.ts';

/** Coins of an account that are looked at for a payment; a block earns one. */
const COINS_LOOKED_AT_LIMIT = 256;
/** Of a transaction whose coin is another one's. */
const SECOND_SPENDS: ReadonlySet<string> = new Set(['conflicting-input', 'spent-input']);

/** Of one chain; another genesis block means another ledger. */
export class LedgerKeeper {
  readonly ledger: Ledger;
  readonly mempool: Mempool;
  readonly checks = new SignatureChecks();
  /** Told of every change of the tip, when the ledger has followed it. */
  readonly followers: ((change: LedgerChange) => void)[] = [];
  readonly log: TransactionLog;
  #revision = 0;

  constructor(genesis: Block, self: Account) {
    const rules = { genesis: hashBlockHex(genesis), reward: rewardOf(genesis.data) };
    this.ledger = new Ledger(rules, this.checks);
    this.mempool = new Mempool(this.ledger, this.checks);
    this.log = new TransactionLog(self, this.ledger, this.mempool);
  }

  /** Grows whenever something new waits, so that a template may hold more than it does. */
  get revision(): number {
    return this.#revision;
  }

  /** Transactions that wait. */
  get count(): number {
    return this.mempool.size;
  }

  /** The tip has moved: `reverted` tip first, `connected` lowest first. Returns what waits again. */
  moved(reverted: readonly TreeEntry[], connected: readonly TreeEntry[]): readonly Transaction[] {
    const change = this.ledger.follow(reverted, connected);
    for (const follow of this.followers) follow(change);
    const { returned, dropped } = this.mempool.follow(change);
    this.log.follow(change);
    for (const { id, code } of dropped) this.log.dropped(id, code);
    for (const { transaction, code } of change.voided)
      if (SECOND_SPENDS.has(code) && this.checks.check(transaction))
        this.log.refused(transaction, code);
    if (returned.length > 0) this.#revision++;
    return returned.map((id) => this.mempool.get(id)!);
  }

  submit(transaction: unknown, submission: Submission): SubmitOutcome {
    const outcome = this.mempool.submit(transaction, submission);
    if (outcome.kind === 'accepted') {
      this.#revision++;
      this.log.note(outcome.transaction);
    } else if (outcome.kind === 'refused' && SECOND_SPENDS.has(outcome.code))
      this.#logSecondSpend(transaction, outcome, submission);
    return outcome;
  }

  /** An account's coins, as far as they are looked at, that nothing that waits spends. */
  freeCoins(account: Account, isLocked: (name: CoinName) => boolean): Coin[] {
    return this.ledger
      .coinsOf(account, COINS_LOOKED_AT_LIMIT)
      .filter(({ name }) => this.mempool.spenderOf(name) === null && !isLocked(name));
  }

  /** What the next block should hold, whose JSON with commas between takes at most so many bytes. */
  select(limitBytes: number): TransactionJson[] {
    return this.mempool.select(limitBytes).map(transactionToJson);
  }

  /** Whoever is said to have tried it must have signed it, and looking is paid for as any check is. */
  #logSecondSpend(
    value: unknown,
    { code, conflict }: Extract<SubmitOutcome, { kind: 'refused' }>,
    { budget, nowMs }: Submission,
  ): void {
    const decoded = decodeTransaction(value, this.ledger.rules.genesis);
    if (!decoded.ok) return;
    const { transaction } = decoded;
    if (budget !== null && !budget.take(nowMs, this.checks.cost(transaction))) return;
    if (this.checks.check(transaction)) this.log.refused(transaction, code, conflict);
  }
}
