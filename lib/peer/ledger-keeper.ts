/**
 * The peer's own ledger and mempool: they follow every change of the chain's tip, and blocks take from them what waits
 * (R12, R15, R16).
 */
import { hashBlockHex, type Block } from '../chain/block.ts';
import type { TreeEntry } from '../chain/tree.ts';
import { rewardOf } from '../ledger/genesis.ts';
import { Ledger, type LedgerChange } from '../ledger/ledger.ts';
import { Mempool, type Submission, type SubmitOutcome } from '../ledger/mempool.ts';
import { SignatureChecks } from '../ledger/signature-checks.ts';
import {
  transactionToJson,
  type Transaction,
  type TransactionJson,
} from '../ledger/transaction.ts';

/** Of one chain; another genesis block means another ledger. */
export class LedgerKeeper {
  readonly ledger: Ledger;
  readonly mempool: Mempool;
  readonly checks = new SignatureChecks();
  /** Told of every change of the tip, when the ledger has followed it. */
  readonly followers: ((change: LedgerChange) => void)[] = [];
  #revision = 0;

  constructor(genesis: Block) {
    const rules = { genesis: hashBlockHex(genesis), reward: rewardOf(genesis.data) };
    this.ledger = new Ledger(rules, this.checks);
    this.mempool = new Mempool(this.ledger, this.checks);
  }

  /** Grows whenever something new waits, so that a template may hold more than it does. */
  get revision(): number {
    return this.#revision;
  }

  /** The tip has moved: `reverted` tip first, `connected` lowest first. Returns what waits again. */
  moved(reverted: readonly TreeEntry[], connected: readonly TreeEntry[]): readonly Transaction[] {
    const change = this.ledger.follow(reverted, connected);
    for (const follow of this.followers) follow(change);
    const { returned } = this.mempool.follow(change);
    if (returned.length > 0) this.#revision++;
    return returned.map((id) => this.mempool.get(id)!);
  }

  submit(transaction: unknown, submission: Submission): SubmitOutcome {
    const outcome = this.mempool.submit(transaction, submission);
    if (outcome.kind === 'accepted') this.#revision++;
    return outcome;
  }

  /** What the next block should hold, whose JSON with commas between takes at most so many bytes. */
  select(limitBytes: number): TransactionJson[] {
    return this.mempool.select(limitBytes).map(transactionToJson);
  }
}
