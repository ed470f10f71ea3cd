/**
 * A cohort's vote for one payment (R13), from the first question to what the chain makes of it.
 */
import type { Payment, Transaction, TransactionId } from '../transaction.ts';
import type { CallToken } from './desk.ts';
import type { CommitRefusal } from './messages.ts';
import type { PaymentRole } from './view.ts';

/** `recording`: the vote is being written, and nobody knows it; `voted`: the sender may have it. */
type Phase = 'recording' | 'voted' | 'committed' | 'aborted';

export interface Vote {
  readonly id: TransactionId;
  readonly body: Payment;
  readonly role: PaymentRole;
  readonly signature: string;
  readonly startedMs: number;
  readonly startedWallMs: number;
  phase: Phase;
  transaction: Transaction | null;
  /** Whether all three signatures are on the disk here. */
  isKept: boolean;
  code: CommitRefusal | null;
  committedMs: number | null;
  /** Who waits for the vote, or to hear that the outcome is on the disk. */
  voteCalls: CallToken[];
  doneCalls: CallToken[];
  inquireMs: number;
  inquiries: number;
  submitMs: number;
}

/** This cohort's own signature. */
export function ownIn({ signatures }: Transaction, role: PaymentRole): string {
  return signatures[role === 'receiver' ? 1 : 2]!;
}
