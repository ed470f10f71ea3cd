/**
 * What happened in a peer, as one line for its log.
 */
import { CODES } from '../chain/codes.ts';
import type { TreeEntry } from '../chain/tree.ts';
import type { PaymentView } from '../ledger/commit/view.ts';
import type { SubmitOutcome } from '../ledger/mempool.ts';
import type { PeerEvent } from '../peer/inputs.ts';

/** One line without its time. */
export function describeEvent(event: PeerEvent): string {
  switch (event.kind) {
    case 'restored':
      return `restored ${event.blocks - event.dropped} of ${event.blocks} stored blocks`;
    case 'genesis-adopted':
      return `genesis ${event.entry.hash}${event.pinned ? ', pinned' : ''}`;
    case 'block-kept':
      return `kept ${describeEntry(event.entry)}`;
    case 'tip-changed':
      return `tip ${describeEntry(event.tip)}, ${event.reverted.length} blocks reverted, ${event.connected.length} connected`;
    case 'found':
      return `found ${describeEntry(event.entry)}`;
    case 'refused':
      return `refused from ${event.linkId}: ${event.code}. ${CODES[event.code]}`;
    case 'submitted':
      return describeSubmission(event.outcome);
    case 'payment':
      return describePayment(event.payment);
    case 'payment-refused':
      return `a payment does not begin: ${event.code}. ${CODES[event.code]}`;
    case 'peer-joined':
      return `peer ${event.nodeId} joined on ${event.linkId}`;
    case 'peer-left':
      return `link ${event.linkId} is gone`;
  }
}

function describeSubmission(outcome: SubmitOutcome | null): string {
  switch (outcome?.kind) {
    case undefined:
      return 'a transaction cannot wait: there is no chain yet';
    case 'accepted':
      return `transaction ${outcome.transaction.id} waits`;
    case 'known':
      return `transaction ${outcome.id} waits already`;
    case 'malformed':
      return `no transaction: ${outcome.code}. ${CODES[outcome.code]}`;
    case 'refused':
      return `transaction ${outcome.id} refused: ${outcome.code}. ${CODES[outcome.code]}`;
  }
}

function describePayment(payment: PaymentView): string {
  const { role, state, id, from, to, amount, code } = payment;
  const cause = code === null ? '' : `: ${code}. ${CODES[code]}`;
  return `payment ${id ?? 'without coins'} of ${amount} from ${from} to ${to}, as ${role}: ${state}${cause}`;
}

function describeEntry(entry: TreeEntry): string {
  return `${entry.hash} at height ${entry.height}`;
}
