/**
 * The receiving half of a perfect link: which sessions it grants, and which of their messages it has delivered (R19).
 *
 * It orders the sessions of a sender by the grants that it numbers itself, so no clock is needed to tell a sender's
 * lives apart: once a message of a newer session is here, those of older ones are dead, however late they come.
 */
import type { Account } from '../../ledger/account.ts';
import type { Session } from './perfect-frames.ts';

/** Senders remembered at a time: neighbours, and those who have business through the overlay. */
export const SENDERS_LIMIT = 256;
/** A sender that has been silent for so long may be forgotten when another one needs the place. */
export const SENDER_IDLE_MS = 60_000;

/** What is to be done with a message's frame. `below`: all messages below it are delivered or given up. */
export type Arrival =
  | { readonly kind: 'new' | 'duplicate'; readonly below: number }
  /** Its session is over, or never was. */
  | { readonly kind: 'unknown-session' }
  /** There is no place for another sender just now. */
  | { readonly kind: 'no-place' };

interface Sender {
  grant: number;
  /** Everything below is delivered or given up. */
  below: number;
  /** What is delivered at `below` and above; frames are only decoded within a window, so it stays within one. */
  readonly delivered: Set<number>;
  heardMs: number;
}

export class Incoming {
  readonly #epoch: string;
  /** In the order in which they were last heard. */
  readonly #senders = new Map<Account, Sender>();
  #lastGrant = 0;
  /** Grants up to this one are dead, unless their sender is remembered: it was forgotten after it. */
  #deadGrant = 0;

  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  get senderCount(): number {
    return this.#senders.size;
  }

  /** A session for whoever asks. Nothing is remembered until its first message comes. */
  grant(): Session {
    return { epoch: this.#epoch, grant: ++this.#lastGrant };
  }

  /** Judges one message of a session, and remembers it as delivered where it is new. */
  take(from: Account, session: Session, sequence: number, floor: number, nowMs: number): Arrival {
    const { grant } = session;
    if (session.epoch !== this.#epoch || grant > this.#lastGrant)
      return { kind: 'unknown-session' };
    let sender = this.#senders.get(from);
    if (grant < (sender?.grant ?? this.#deadGrant + 1)) return { kind: 'unknown-session' };
    if (sender === undefined && !this.#makePlace(nowMs)) return { kind: 'no-place' };
    if (sender?.grant !== grant) sender = { grant, below: 0, delivered: new Set(), heardMs: nowMs };
    sender.heardMs = nowMs;
    this.#senders.delete(from);
    this.#senders.set(from, sender);
    raiseFloor(sender, floor);
    const isNew = sequence >= sender.below && !sender.delivered.has(sequence);
    if (isNew) {
      sender.delivered.add(sequence);
      raiseFloor(sender, sender.below);
    }
    return { kind: isNew ? 'new' : 'duplicate', below: sender.below };
  }

  #makePlace(nowMs: number): boolean {
    if (this.#senders.size < SENDERS_LIMIT) return true;
    const [account, { heardMs }] = this.#senders.entries().next().value!;
    if (nowMs - heardMs < SENDER_IDLE_MS) return false;
    this.#senders.delete(account);
    this.#deadGrant = this.#lastGrant;
    return true;
  }
}

/** Raises what all lies below to at least `floor`, and on over what is delivered. At most a window's steps. */
function raiseFloor(sender: Sender, floor: number): void {
  if (floor > sender.below) {
    for (const sequence of sender.delivered)
      if (sequence < floor) sender.delivered.delete(sequence);
    sender.below = floor;
  }
  while (sender.delivered.delete(sender.below)) sender.below++;
}
