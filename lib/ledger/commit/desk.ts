/**
 * What coordinator and cohort of one peer share (R13): the time of the step, its outputs so far, and continuations for
 * what the world answers later: a record that is on the disk, a call that has ended, an account that was looked up.
 */
import type { HashHex } from '../../chain/bytes.ts';
import type { MempoolCode, TransactionCode } from '../../chain/codes.ts';
import type { Account } from '../account.ts';
import type { CoinName } from '../coin-name.ts';
import type { TransactionState } from '../ledger.ts';
import type { Transaction, TransactionId } from '../transaction.ts';
import type { CommitAnswer, CommitRequest } from './messages.ts';
import type { CommitRecord, CommitWrite } from './record.ts';

/** A moment by both clocks, in milliseconds. */
export interface CommitClocks {
  readonly wallMs: number;
  readonly nowMs: number;
}

/** What has to be known of the peer's own chain and mempool. */
export interface CommitLedger {
  readonly genesis: HashHex;
  readonly height: number;
  /** Blocks that a payment which begins now has until it expires. */
  readonly expiryBlocks: number;
  /** Why the transaction could not wait for the next block, its signatures left out; else null. */
  judge(transaction: Transaction): TransactionCode | MempoolCode | null;
  stateOf(id: TransactionId): TransactionState;
  /** The transaction where it waits, its signatures checked; else null. */
  waiting(id: TransactionId): Transaction | null;
  /** Coins of the account that are worth at least the amount, none of them locked; null where there are too few. */
  chooseCoins(
    amount: number,
    isLocked: (name: CoinName) => boolean,
  ): { readonly inputs: readonly CoinName[]; readonly change: number } | null;
}

/** Keys and checks. A test may remember verdicts, as they are the dearest part. */
export interface CommitSigner {
  readonly account: Account;
  sign(id: TransactionId): string;
  /** Whether this signature of the transaction with this id is the account's. */
  isBy(account: Account, id: TransactionId, signature: string): boolean;
  /** Whether all parties have signed. */
  check(transaction: Transaction): boolean;
}

/** Names a call of another peer that waits for its answer. */
export type CallToken = unknown;

export type CommitOutput =
  /** To be kept; {@link CommitInput} `written` with the ticket tells that it is on the disk. */
  | ({ readonly kind: 'write'; readonly ticket: number } & CommitWrite)
  /** Whether this account is in the room; answered by `found`. */
  | { readonly kind: 'find'; readonly account: Account; readonly ticket: number }
  /** Answered by `ended`, with null where nobody answered within the time. */
  | {
      readonly kind: 'ask';
      readonly to: Account;
      readonly request: CommitRequest;
      readonly timeoutMs: number;
      readonly ticket: number;
    }
  | { readonly kind: 'answer'; readonly call: CallToken; readonly answer: CommitAnswer }
  /** A committed transaction for the mempool. */
  | { readonly kind: 'submit'; readonly transaction: Transaction }
  /** The payment with this key looks different. */
  | { readonly kind: 'changed'; readonly key: string };

/** Tickets that wait. Each stands for one write, call or look-up of a bounded payment: this only catches a driver that never answers. */
const WAITING_LIMIT = 4_096;

export class CommitDesk {
  readonly ledger: CommitLedger;
  readonly signer: CommitSigner;
  /** From 0 to below 1. */
  readonly uniform: () => number;
  clocks: CommitClocks = { wallMs: 0, nowMs: 0 };
  #outputs: CommitOutput[] = [];
  #changed = new Set<string>();
  #nextTicket = 1;
  readonly #writes = new Map<number, () => void>();
  readonly #finds = new Map<number, (found: boolean) => void>();
  readonly #asks = new Map<number, (answer: CommitAnswer | null) => void>();

  constructor(ledger: CommitLedger, signer: CommitSigner, uniform: () => number) {
    this.ledger = ledger;
    this.signer = signer;
    this.uniform = uniform;
  }

  get nowMs(): number {
    return this.clocks.nowMs;
  }

  /** Half to one and a half times as long, by chance. */
  jitter(ms: number): number {
    return ms * (0.5 + this.uniform());
  }

  write(id: TransactionId, record: CommitRecord | null, then: () => void): void {
    this.#outputs.push({ kind: 'write', id, record, ticket: this.#remember(this.#writes, then) });
  }

  find(account: Account, then: (found: boolean) => void): void {
    this.#outputs.push({ kind: 'find', account, ticket: this.#remember(this.#finds, then) });
  }

  ask(
    to: Account,
    request: CommitRequest,
    timeoutMs: number,
    then: (answer: CommitAnswer | null) => void,
  ): void {
    const ticket = this.#remember(this.#asks, then);
    this.#outputs.push({ kind: 'ask', to, request, timeoutMs, ticket });
  }

  answer(call: CallToken, answer: CommitAnswer): void {
    this.#outputs.push({ kind: 'answer', call, answer });
  }

  submit(transaction: Transaction): void {
    this.#outputs.push({ kind: 'submit', transaction });
  }

  changed(key: string): void {
    this.#changed.add(key);
  }

  written(ticket: number): void {
    take(this.#writes, ticket)?.();
  }

  found(ticket: number, found: boolean): void {
    take(this.#finds, ticket)?.(found);
  }

  ended(ticket: number, answer: CommitAnswer | null): void {
    take(this.#asks, ticket)?.(answer);
  }

  takeOutputs(): CommitOutput[] {
    const outputs = this.#outputs;
    for (const key of this.#changed) outputs.push({ kind: 'changed', key });
    this.#outputs = [];
    this.#changed = new Set();
    return outputs;
  }

  #remember<Then>(waiting: Map<number, Then>, then: Then): number {
    const ticket = this.#nextTicket++;
    if (waiting.size >= WAITING_LIMIT) waiting.delete(waiting.keys().next().value!);
    waiting.set(ticket, then);
    return ticket;
  }
}

function take<Then>(waiting: Map<number, Then>, ticket: number): Then | undefined {
  const then = waiting.get(ticket);
  waiting.delete(ticket);
  return then;
}
