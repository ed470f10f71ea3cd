/**
 * Best-effort broadcast: one message to every member of a group, over perfect links (R14, R19).
 *
 * Source: "Basic Broadcast", algorithm 3.1 of Cachin, Guerraoui and Rodrigues, with BEB1 validity, BEB2 no duplication,
 * BEB3 no creation. If the sender crashes midway, some members may have the message and others not.
 */
import type { LinkCode } from '../../chain/codes.ts';
import type { Account } from '../../ledger/account.ts';
import type { ReliableLink } from './reliable-link.ts';

/** What came of it for each other member: the link's name for the message, or why it was not taken. */
export interface BroadcastOutcome {
  readonly accepted: ReadonlyMap<Account, number>;
  readonly refused: ReadonlyMap<Account, LinkCode>;
}

/**
 * Sends a message to every member but ourselves, who have it already. Deliveries are those of the link.
 *
 * @param members each once; ourselves may be among them
 */
export function broadcastBestEffort(
  link: ReliableLink,
  self: Account,
  members: Iterable<Account>,
  bytes: Uint8Array,
  nowMs: number,
): BroadcastOutcome {
  const accepted = new Map<Account, number>();
  const refused = new Map<Account, LinkCode>();
  for (const member of new Set(members)) {
    if (member === self) continue;
    const outcome = link.send(member, bytes, nowMs);
    if (outcome.kind === 'accepted') accepted.set(member, outcome.id);
    else refused.set(member, outcome.code);
  }
  return { accepted, refused };
}
