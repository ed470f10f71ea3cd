/**
 * What a thread that checks signatures is asked, and what it answers. Both sides run the same build.
 */
import type { Transaction } from '../../ledger/transaction.ts';

export interface SignatureQuestion {
  readonly ticket: number;
  readonly transactions: readonly Transaction[];
}

export interface SignatureAnswer {
  readonly ticket: number;
  /** Which of the transactions all their parties have signed, in their order. */
  readonly good: readonly boolean[];
}
