/**
 * What perfect and authenticated perfect links offer to those who stand on them: broadcast, remote calls, two-phase
 * commit (R19, R20). Calls go down, and what happens comes back up as the list of events that a call returns.
 */
import type { LinkCode, MessageCode } from '../../chain/codes.ts';
import type { Account } from '../../ledger/account.ts';

/** Whether a link has taken a message. The id names it in {@link ReliableLink.cancel} and in its settling. */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly id: number }
  | { readonly kind: 'refused'; readonly code: LinkCode };

/** What became of an accepted message. `epoch` names the life of the receiver to which it was sent. */
export type Settlement =
  | { readonly kind: 'acknowledged'; readonly epoch: string }
  /** It may have been delivered all the same; `epoch` is null where it was never sent. */
  | { readonly kind: 'failed'; readonly code: LinkCode; readonly epoch: string | null };

export type LinkEvent =
  | { readonly kind: 'delivered'; readonly from: Account; readonly bytes: Uint8Array }
  /** Exactly one for each accepted message that is not cancelled. */
  | {
      readonly kind: 'settled';
      readonly to: Account;
      readonly id: number;
      readonly settlement: Settlement;
    }
  /** A datagram that no honest peer sends to us; `from` is whom the carrier took for its sender. */
  | { readonly kind: 'refused'; readonly from: Account; readonly code: LinkCode | MessageCode };

export interface ReliableLink {
  /** Names this life of the link's owner: 16 hex digits, other ones after each restart. */
  readonly epoch: string;
  /** Longest message, in bytes. */
  readonly limitBytes: number;
  /** When {@link tick} has something to do; infinite where nothing waits. */
  readonly nextMs: number;
  /** Takes a message for delivery, or says why not. Messages may overtake each other. */
  send(to: Account, bytes: Uint8Array, nowMs: number): SendOutcome;
  /** Stops caring about a message; it may be delivered all the same, and is never settled. */
  cancel(id: number): void;
  /** Takes a datagram from the carrier. */
  receive(from: Account, bytes: Uint8Array, nowMs: number): LinkEvent[];
  /** Does what is due. Times of all calls come from one clock that never goes back. */
  tick(nowMs: number): LinkEvent[];
}
