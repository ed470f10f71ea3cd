/** Small carriers and pairs of links for tests that decide themselves what arrives. */
import { Random } from '../../lib/sim/random.ts';
import {
  KEY_SEED_BYTES,
  makeKeyPair,
  type Account,
  type KeyPair,
} from '../../lib/ledger/account.ts';
import { DATAGRAM_LIMIT_BYTES, type FairLossLink } from '../../lib/net/links/fair-loss.ts';
import { readUtf8, writeUtf8 } from '../../lib/chain/bytes.ts';

export interface Sent {
  readonly from: Account;
  readonly to: Account;
  readonly bytes: Uint8Array;
}

/** Keeps every datagram until the test takes it. */
export class Post {
  #sent: Sent[] = [];

  linkOf(from: Account): FairLossLink {
    return {
      limitBytes: DATAGRAM_LIMIT_BYTES,
      send: (to, bytes) => void this.#sent.push({ from, to, bytes: bytes.slice() }),
    };
  }

  /** What was sent since the last call. */
  take(): Sent[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }
}

/** Whoever takes datagrams, and answers with what came of them. */
export interface Receiver<Event> {
  receive(from: Account, bytes: Uint8Array, nowMs: number): Event[];
}

/** Carries datagrams until none is left, and returns what came of it at each receiver. */
export function carryAll<Event>(
  post: Post,
  receivers: ReadonlyMap<Account, Receiver<Event>>,
  nowMs: number,
): Map<Account, Event[]> {
  const events = new Map<Account, Event[]>();
  for (let sent = post.take(); sent.length > 0; sent = post.take())
    for (const { from, to, bytes } of sent) {
      const came = receivers.get(to)?.receive(from, bytes, nowMs) ?? [];
      events.set(to, [...(events.get(to) ?? []), ...came]);
    }
  return events;
}

/** An account of no key, such as links without proofs can have. */
export function accountNumber(number: number): Account {
  return number.toString(16).padStart(40, '0');
}

/** The same keys for the same seed. */
export function keysOf(seed: number): KeyPair {
  return makeKeyPair(new Random(seed).bytes(KEY_SEED_BYTES));
}

export const text = writeUtf8;

/** The texts of the events that deliver or tell bytes. */
export function textsOf(
  events: readonly { readonly kind: string; readonly bytes?: Uint8Array }[],
): string[] {
  return events.flatMap(({ bytes }) => (bytes === undefined ? [] : [readUtf8(bytes)!]));
}
