/**
 * Transactions that wait for a block (R12, R16): checked before they are kept, bounded, and right after every change
 * of the tip.
 *
 * What waits can always be put into one chain of blocks in the order in which it stands here: no two spend one coin,
 * and whatever spends a coin of another one stands behind it.
 */
import type { MempoolCode, TransactionCode } from '../chain/codes.ts';
import { creatorOf, type CoinName } from './coin-name.ts';
import type { Coin } from './coin-set.ts';
import { chooseVictim, selectForBlock, type Waiting } from './fairness.ts';
import { judgeTransaction, type LedgerView } from './judgement.ts';
import type { Ledger, LedgerChange } from './ledger.ts';
import type { SignatureChecks } from './signature-checks.ts';
import { decodeTransaction } from './transaction-codec.ts';
import { inputsOf, outputsOf, type Transaction, type TransactionId } from './transaction.ts';

/** How many may wait, and how many bytes of them. */
export interface WaitingLimits {
  readonly count: number;
  readonly bytes: number;
}
/** Over three hundred blocks full of payments, an hour at ten seconds a block; and bytes for as many payments. */
export const WAITING_LIMITS: WaitingLimits = { count: 2_000, bytes: 1_300_000 };
/**
 * Waiting transactions that one may build on, one upon the other. Each coin on the chain has cost its miner a block,
 * but one coin could be paid to and fro for ever within the mempool.
 */
export const WAITING_CHAIN_LIMIT = 8;
/** Signature checks for one peer: 15 payments at once, and then two each second, 1 % of a core. */
export const CHECKS_BURST = 45;
export const CHECKS_PER_SECOND = 6;

/** A budget of signature checks, filled up with time: the token bucket of one neighbour. */
export interface CheckBudget {
  /** Spends so many checks, or says that there are fewer. */
  take(nowMs: number, count: number): boolean;
}

/** Who brought a transaction, and what that may cost. */
export interface Submission {
  /** The link, or `self`. */
  readonly from: string;
  /** Null for what this peer's user enters. */
  readonly budget: CheckBudget | null;
  readonly nowMs: number;
}

export type RefusedTransaction =
  /** Nothing is known of it but that no honest peer sends it. */
  | { readonly kind: 'malformed'; readonly code: TransactionCode }
  | {
      readonly kind: 'refused';
      readonly id: TransactionId;
      readonly code: TransactionCode | MempoolCode;
      /** The waiting transaction that spends the same coin; null where another thing is wrong. */
      readonly conflict: TransactionId | null;
    };

export type SubmitOutcome =
  /** It waits now, and is to be passed on. `evicted` have left for it. */
  | {
      readonly kind: 'accepted';
      readonly transaction: Transaction;
      readonly evicted: readonly TransactionId[];
    }
  /** It waits already. */
  | { readonly kind: 'known'; readonly id: TransactionId }
  | RefusedTransaction;

export interface Dropped {
  readonly id: TransactionId;
  readonly code: TransactionCode | MempoolCode;
}

/** What a change of the tip did to those that wait. Those that a block lists now are in neither list. */
export interface MempoolChange {
  /** They were listed, and wait again. */
  readonly returned: readonly TransactionId[];
  /** They waited, or were listed, and never will be on this chain; or there is no more room. */
  readonly dropped: readonly Dropped[];
}

/** Of transactions that come back from a block. */
const FROM_CHAIN = 'chain';

export class Mempool implements LedgerView {
  readonly #ledger: Ledger;
  readonly #checks: SignatureChecks;
  readonly #limits: WaitingLimits;
  #waiting = new Map<TransactionId, Waiting>();
  /** By coin, the waiting transaction that spends it. */
  #spenders = new Map<CoinName, TransactionId>();
  #sizeBytes = 0;

  constructor(ledger: Ledger, checks: SignatureChecks, limits: WaitingLimits = WAITING_LIMITS) {
    this.#ledger = ledger;
    this.#checks = checks;
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get(id: TransactionId): Transaction | null {
    return this.#waiting.get(id)?.transaction ?? null;
  }

  /** What waits, in an order in which blocks could hold it. */
  *inOrder(): Generator<Transaction> {
    for (const { transaction } of this.#waiting.values()) yield transaction;
  }

  /** The waiting transaction that spends this coin, or null. */
  spenderOf(name: CoinName): TransactionId | null {
    return this.#spenders.get(name) ?? null;
  }

  /**
   * Takes a transaction from anyone: first what is cheap to see, then the signatures, and only then is it kept. It may
   * spend coins of transactions that wait themselves. Never throws for what a peer sends.
   */
  submit(value: unknown, { from, budget, nowMs }: Submission): SubmitOutcome {
    const decoded = decodeTransaction(value, this.#ledger.rules.genesis);
    if (!decoded.ok) return { kind: 'malformed', code: decoded.code };
    const { transaction } = decoded;
    const { id } = transaction;
    if (this.#waiting.has(id)) return { kind: 'known', id };
    const fault = this.#judge(transaction);
    if (fault !== null) return { kind: 'refused', id, ...fault };
    const refuse = (code: TransactionCode | MempoolCode): SubmitOutcome => ({
      kind: 'refused',
      id,
      code,
      conflict: null,
    });
    if (this.#depthOf(transaction) > WAITING_CHAIN_LIMIT) return refuse('long-chain');
    if (budget !== null && !budget.take(nowMs, this.#checks.cost(transaction)))
      return refuse('too-many-checks');
    if (!this.#checks.check(transaction)) return refuse('wrong-signature');
    this.#add(transaction, from);
    const evicted = this.#evict();
    if (!this.#waiting.has(id)) return refuse('mempool-full');
    return { kind: 'accepted', transaction, evicted };
  }

  /** The transaction where {@link submit} would have to check its signatures now, else null. */
  foresee(value: unknown): Transaction | null {
    const decoded = decodeTransaction(value, this.#ledger.rules.genesis);
    if (!decoded.ok || this.#waiting.has(decoded.transaction.id)) return null;
    const { transaction } = decoded;
    if (this.#checks.cost(transaction) === 0 || this.#judge(transaction) !== null) return null;
    return this.#depthOf(transaction) > WAITING_CHAIN_LIMIT ? null : transaction;
  }

  /** Follows the ledger after a change of the tip: what was listed and is no more comes first again. */
  follow({ unlisted }: LedgerChange): MempoolChange {
    const candidates = [
      ...unlisted.map((transaction) => ({ transaction, from: FROM_CHAIN })),
      ...this.#waiting.values(),
    ];
    this.#waiting = new Map();
    this.#spenders = new Map();
    this.#sizeBytes = 0;
    const dropped: Dropped[] = [];
    for (const { transaction, from } of candidates) {
      const fault = this.#judge(transaction);
      if (fault === null) this.#add(transaction, from);
      else if (fault.code !== 'already-listed')
        dropped.push({ id: transaction.id, code: fault.code });
    }
    for (const id of this.#evict()) dropped.push({ id, code: 'mempool-full' });
    const returned = unlisted.map(({ id }) => id).filter((id) => this.#waiting.has(id));
    return { returned, dropped };
  }

  /** Transactions for a block, in order, whose JSON with commas between takes at most so many bytes. */
  select(limitBytes: number): Transaction[] {
    return selectForBlock(this.#waiting, limitBytes);
  }

  isListed(id: TransactionId): boolean {
    return this.#ledger.isListed(id);
  }

  /** The coin where it is unspent on the chain, or made by a transaction that waits. */
  coin(name: CoinName): Coin | null {
    const onChain = this.#ledger.coin(name);
    const maker = onChain === null ? this.#waiting.get(creatorOf(name)) : undefined;
    if (maker === undefined) return onChain;
    return outputsOf(maker.transaction).find((output) => output.name === name) ?? null;
  }

  hasMade(creator: string): boolean {
    return this.#ledger.hasMade(creator);
  }

  #judge(
    transaction: Transaction,
  ): { code: TransactionCode | MempoolCode; conflict: TransactionId | null } | null {
    const code = judgeTransaction(transaction, this.#ledger.height + 1, this);
    if (code !== null) return { code, conflict: null };
    for (const name of inputsOf(transaction.body)) {
      const conflict = this.spenderOf(name);
      if (conflict !== null) return { code: 'conflicting-input', conflict };
    }
    return null;
  }

  #depthOf({ body }: Transaction): number {
    let depth = 0;
    for (const name of inputsOf(body)) {
      const maker = this.#waiting.get(creatorOf(name));
      if (maker !== undefined) depth = Math.max(depth, maker.depth + 1);
    }
    return depth;
  }

  #add(transaction: Transaction, from: string): void {
    const depth = this.#depthOf(transaction);
    this.#waiting.set(transaction.id, { transaction, from, depth });
    this.#sizeBytes += transaction.sizeBytes;
    for (const name of inputsOf(transaction.body)) this.#spenders.set(name, transaction.id);
  }

  #evict(): TransactionId[] {
    const evicted: TransactionId[] = [];
    while (this.#waiting.size > this.#limits.count || this.#sizeBytes > this.#limits.bytes)
      evicted.push(...this.#removeWithHeirs(chooseVictim([...this.#waiting.values()])));
    return evicted;
  }

  /** Removes a transaction and all that spend its coins. */
  #removeWithHeirs({ transaction }: Waiting): TransactionId[] {
    const removed: TransactionId[] = [];
    const leaving = [transaction];
    for (const next of leaving) {
      for (const { name } of outputsOf(next)) {
        const spender = this.#waiting.get(this.#spenders.get(name) ?? '');
        // One that spends two coins of those that leave is met twice.
        if (spender !== undefined && !leaving.includes(spender.transaction))
          leaving.push(spender.transaction);
      }
      for (const name of inputsOf(next.body)) this.#spenders.delete(name);
      this.#waiting.delete(next.id);
      this.#sizeBytes -= next.sizeBytes;
      removed.push(next.id);
    }
    return removed;
  }
}
