/**
 * The sentences that a session has for its user: what went wrong, and what becomes of it or what to do.
 */
import { CODES } from '../chain/codes.ts';
import type { PeerEvent } from '../peer/inputs.ts';

/** Sentences kept for the user; older ones have been read or no longer matter. */
export const WARNINGS_LIMIT = 20;

/** The latest sentences, the oldest first. */
export class Warnings {
  readonly #messages: string[] = [];

  /** Keeps a sentence. Returns false where it is the one that was kept last. */
  add(message: string): boolean {
    if (this.#messages.at(-1) === message) return false;
    this.#messages.push(message);
    if (this.#messages.length > WARNINGS_LIMIT) this.#messages.shift();
    return true;
  }

  /** A copy, which does not change. */
  list(): readonly string[] {
    return [...this.#messages];
  }
}

/** What the user should know of an event of the peer; null where that is nothing. */
export function warningOf(event: PeerEvent): string | null {
  switch (event.kind) {
    case 'restored':
      return event.dropped === 0 ? null : describeLosses(event.blocks, event.dropped);
    case 'submitted':
      return event.outcome?.kind === 'refused' || event.outcome?.kind === 'malformed'
        ? `The transaction is not taken. ${CODES[event.outcome.code]}`
        : null;
    case 'payment-refused':
      return `The payment does not begin. ${CODES[event.code]}`;
    default:
      return null;
  }
}

function describeLosses(blocks: number, dropped: number): string {
  const [are, were] = dropped === 1 ? ['is', 'was'] : ['are', 'were'];
  return `${dropped} of the ${blocks} blocks in the store ${are} damaged, or build on a damaged one, and ${were} left out. They are fetched again where another peer has them.`;
}
