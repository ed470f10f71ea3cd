/**
 * Draws orders and votes as the payments that people see (R13).
 */
import type { Account } from '../account.ts';
import type { Payment, TransactionId } from '../transaction.ts';
import type { Attempt, Order } from './attempt.ts';
import { isFinal, type Fate } from './fate.ts';
import type { PaymentState, PaymentView } from './view.ts';
import type { Vote } from './vote.ts';

type FateOf = (id: TransactionId, body: Payment) => Fate;

export function viewOrder(order: Order, from: Account, fateOf: FateOf): PaymentView {
  const { key, to, witness, amount, attempts, attempt, startedMs, committedMs } = order;
  const fate: Fate = attempt === null ? { kind: 'open' } : fateOf(attempt.id, attempt.body);
  const isSigned = attempt !== null && attempt.transaction !== null;
  return {
    ...{ key, role: 'sender', from, to, witness, amount, attempts },
    state: stateOfFate(fate) ?? stateOfOrder(order, attempt),
    id: attempt?.id ?? null,
    expiry: attempt?.body.expiry ?? null,
    signed: {
      sender: isSigned,
      receiver: attempt?.votes.has(to) ?? false,
      witness: attempt?.votes.has(witness) ?? false,
    },
    knows: {
      sender: isSigned,
      receiver: isSigned && attempt.told.has(to),
      witness: isSigned && attempt.told.has(witness),
    },
    code: fate.kind === 'void' && isSigned ? fate.code : order.code,
    ...placeOf(fate),
    startedMs: order.startedWallMs,
    committedAfterMs: committedMs === null ? null : committedMs - startedMs,
  };
}

export function viewVote(vote: Vote, fateOf: FateOf): PaymentView {
  const { id, body, role, phase, transaction, isKept, startedMs, committedMs } = vote;
  const { from, to, witness, amount, expiry } = body;
  const fate = fateOf(id, body);
  const isSigned = transaction !== null || fate.kind === 'listed';
  return {
    ...{ key: id, role, id, from, to, witness, amount, expiry },
    state: stateOfFate(fate) ?? (phase === 'recording' ? 'voted' : phase),
    attempts: 1,
    signed: {
      sender: isSigned,
      receiver: isSigned || role === 'receiver',
      witness: isSigned || role === 'witness',
    },
    knows: {
      sender: isSigned,
      receiver: isKept && role === 'receiver',
      witness: isKept && role === 'witness',
    },
    code: fate.kind === 'void' && phase !== 'aborted' ? fate.code : vote.code,
    ...placeOf(fate),
    startedMs: vote.startedWallMs,
    committedAfterMs: committedMs === null ? null : committedMs - startedMs,
  };
}

/** Null where the chain has not decided. */
function stateOfFate(fate: Fate): PaymentState | null {
  if (fate.kind === 'listed') return isFinal(fate) ? 'confirmed' : 'listed';
  return fate.kind === 'void' ? 'aborted' : null;
}

function stateOfOrder({ retryMs }: Order, attempt: Attempt | null): PaymentState {
  if (retryMs !== null) return 'retrying';
  switch (attempt?.phase) {
    case 'opening':
      return 'finding';
    case 'asking':
      return 'asking';
    case 'recording':
    case 'signing':
      return 'signing';
    case 'committed':
      return 'committed';
    default:
      return 'aborted';
  }
}

function placeOf(fate: Fate): Pick<PaymentView, 'height' | 'confirmations'> {
  if (fate.kind !== 'listed') return { height: null, confirmations: 0 };
  return { height: fate.height, confirmations: fate.confirmations };
}
