/**
 * Whether and when a sender tries again after an attempt that it has aborted (R13).
 */
import type { Order } from './attempt.ts';
import type { CommitDesk } from './desk.ts';
import { ATTEMPTS_LIMIT, BACKOFF_FIRST_MS, BACKOFF_LIMIT_MS, ORDER_LIMIT_MS } from './limits.ts';
import type { CommitRefusal } from './messages.ts';

/** Reasons that no other attempt can mend; after a restart it is the user who decides. */
const PERMANENT: ReadonlySet<CommitRefusal> = new Set<CommitRefusal>([
  'too-few-coins',
  'not-a-party',
  'far-expiry',
  'foreign-input',
  'wrong-sum',
  'sender-restarted',
]);

/** When the next attempt begins; null where none is to. */
export function planRetry(order: Order, code: CommitRefusal, desk: CommitDesk): number | null {
  if (PERMANENT.has(code) || order.attempts >= ATTEMPTS_LIMIT) return null;
  const wait = Math.min(BACKOFF_FIRST_MS * 2 ** (order.attempts - 1), BACKOFF_LIMIT_MS);
  const retryMs = desk.nowMs + desk.jitter(wait);
  return retryMs < order.startedMs + ORDER_LIMIT_MS ? retryMs : null;
}
