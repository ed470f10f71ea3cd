/**
 * A payment as one of its three parties sees it: read-only, for screens, logs and tests (R13).
 */
import type { Account } from '../account.ts';
import type { TransactionId } from '../transaction.ts';
import type { CommitRefusal } from './messages.ts';

export type PaymentRole = 'sender' | 'receiver' | 'witness';

/**
 * How far it has come:
 * `finding`: the sender looks for the other two; `asking`: it has asked for their votes; `retrying`: it waits before the
 * next attempt; `voted`: this cohort has signed and waits for the sender; `signing`: the sender has both votes;
 * `committed`: all three signatures are here; `listed`: a block holds it; `confirmed`: so deep that it is final;
 * `aborted`: it will never count, and its coins are free. Only `confirmed` and an `aborted` that the chain decided can
 * still be turned, together for all, by a reorganisation that is deeper yet.
 */
export type PaymentState =
  | 'finding'
  | 'asking'
  | 'retrying'
  | 'voted'
  | 'signing'
  | 'committed'
  | 'listed'
  | 'confirmed'
  | 'aborted';

export interface PaymentView {
  /** Names the payment at this party, over all its attempts. */
  readonly key: string;
  readonly role: PaymentRole;
  readonly state: PaymentState;
  /** Of the latest attempt; null before the first. */
  readonly id: TransactionId | null;
  readonly from: Account;
  readonly to: Account;
  readonly witness: Account;
  readonly amount: number;
  /** The last height at which a block can hold it; null before the first attempt. */
  readonly expiry: number | null;
  /** Attempts so far; 1 for a cohort. */
  readonly attempts: number;
  /** Whose signature this party has seen. */
  readonly signed: Readonly<Record<PaymentRole, boolean>>;
  /** Who is known to have the commit record on its disk. */
  readonly knows: Readonly<Record<PaymentRole, boolean>>;
  /** Why the last attempt was aborted; null where none was. */
  readonly code: CommitRefusal | null;
  /** The block that holds it; null where none does. */
  readonly height: number | null;
  /** Blocks from that one on. */
  readonly confirmations: number;
  /** Unix time in milliseconds when this party first had to do with it. */
  readonly startedMs: number;
  /** Milliseconds from there to the commit record; null before. */
  readonly committedAfterMs: number | null;
}
