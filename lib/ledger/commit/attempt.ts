/**
 * A sender's payments (R13): an order is what the user wants; an attempt is one transaction with its coins and expiry.
 */
import type { HashHex } from '../../chain/bytes.ts';
import type { Account } from '../account.ts';
import {
  makeTransaction,
  type Payment,
  type Transaction,
  type TransactionId,
} from '../transaction.ts';
import type { CommitClocks } from './desk.ts';
import { ATTEMPT_LIMIT_MS, ORDER_LIMIT_MS } from './limits.ts';
import type { CommitAnswer, CommitRefusal } from './messages.ts';

/** 65 bytes in base64url. */
const SIGNATURE_CHARS = 87;

/** What the user wants to be paid. */
export interface PaymentOrder {
  readonly to: Account;
  readonly witness: Account;
  readonly amount: number;
}

export interface Order extends PaymentOrder {
  readonly key: string;
  readonly startedMs: number;
  readonly startedWallMs: number;
  attempts: number;
  attempt: Attempt | null;
  /** When the next attempt begins; null where none is to. */
  retryMs: number | null;
  code: CommitRefusal | null;
  committedMs: number | null;
}

/**
 * `opening`: its record is being written and its parties are looked for; `asking`: they have been asked; `recording`:
 * both votes are here, and being written; `signing`: the record with all three signatures is being written.
 */
type Phase = 'opening' | 'asking' | 'recording' | 'signing' | 'committed' | 'aborted';

export interface Attempt {
  readonly id: TransactionId;
  readonly body: Payment;
  readonly order: Order;
  phase: Phase;
  readonly deadlineMs: number;
  isWritten: boolean;
  readonly found: Set<Account>;
  readonly votes: Map<Account, string>;
  /** Once all have signed. */
  transaction: Transaction | null;
  /** Who has still to be told of the outcome, and when; infinite while a call is under way. */
  readonly tell: Map<Account, number>;
  readonly told: Set<Account>;
  submitMs: number;
}

export function makeOrder(
  key: string,
  { to, witness, amount }: PaymentOrder,
  { wallMs, nowMs }: CommitClocks,
): Order {
  return {
    ...{ key, to, witness, amount },
    startedMs: nowMs,
    startedWallMs: wallMs,
    attempts: 0,
    attempt: null,
    retryMs: null,
    code: null,
    committedMs: null,
  };
}

export function makeAttempt(
  order: Order,
  id: TransactionId,
  body: Payment,
  nowMs: number,
): Attempt {
  return {
    ...{ id, body, order },
    phase: 'opening',
    deadlineMs: Math.min(nowMs + ATTEMPT_LIMIT_MS, order.startedMs + ORDER_LIMIT_MS),
    isWritten: false,
    found: new Set(),
    votes: new Map(),
    transaction: null,
    tell: new Map(),
    told: new Set(),
    submitMs: nowMs,
  };
}

/** Whether the order has neither failed nor been committed. */
export function isOpen({ attempt, retryMs }: Order): boolean {
  if (retryMs !== null) return true;
  return attempt !== null && attempt.phase !== 'aborted' && attempt.phase !== 'committed';
}

export function cohortsOf({ to, witness }: Payment): readonly [Account, Account] {
  return [to, witness];
}

export function sharesInput(a: Payment, b: Payment): boolean {
  return a.inputs.some((name) => b.inputs.includes(name));
}

export function outcomeOf({ phase, transaction }: Attempt): CommitAnswer {
  if (transaction !== null) return { kind: 'committed', transaction };
  return { kind: phase === 'aborted' ? 'aborted' : 'open' };
}

/** Length of the payment once three have signed it: signatures are all of one length. */
export function fullSizeBytes(body: Payment, genesis: HashHex): number {
  const signatures = ['', '', ''].map(() => 'A'.repeat(SIGNATURE_CHARS));
  return makeTransaction(body, signatures, genesis).sizeBytes;
}
