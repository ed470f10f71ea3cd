/**
 * Stubborn links: a message is sent again and again over a fair-loss link, so that it arrives again and again (R19).
 *
 * Source: "Retransmit Forever", algorithm 2.1 of Cachin, Guerraoui and Rodrigues, with SL1 stubborn delivery and SL2 no
 * creation. The book's link retransmits for ever, which needs unbounded memory and fills the network. Ours retransmits,
 * ever more rarely, until it is told to stop; whoever stands above says so once the message is known to have arrived,
 * or is worth nothing any more. As long as nobody says so the book's promise holds to the letter.
 *
 * It adds nothing to the bytes, and delivers whatever the fair-loss link delivers, so it has no upper end of its own.
 */
import type { LinkCode } from '../../chain/codes.ts';
import type { Account } from '../../ledger/account.ts';
import type { FairLossLink, Randomness } from './fair-loss.ts';

/** Wait before a message is sent a second time: above the round trip of an overlay of several hops. */
export const FIRST_RETRY_MS = 400;
/** Each wait is twice the one before, up to this: a link that heals after a long cut is used again within seconds. */
export const RETRY_LIMIT_MS = 6_000;
/** Share by which each wait is drawn shorter or longer, so that peers do not retransmit in step. */
const RETRY_SPREAD = 0.25;

/** Messages for one peer: those of a perfect link's window, and its handshake, twice over. */
export const STUBBORN_PER_PEER_LIMIT = 128;
/** Messages for all peers together: a tick looks at each of them. */
export const STUBBORN_LIMIT = 4_096;
/** Bytes of all messages together: what a phone's tab can spare. */
export const STUBBORN_LIMIT_BYTES = 8 * 1024 * 1024;

export type StubbornOutcome =
  { readonly ok: true; readonly id: number } | { readonly ok: false; readonly code: LinkCode };

interface Stubborn {
  readonly to: Account;
  readonly bytes: Uint8Array;
  waitMs: number;
  dueMs: number;
}

export class StubbornLink {
  readonly #carrier: FairLossLink;
  readonly #random: Randomness;
  readonly #messages = new Map<number, Stubborn>();
  readonly #countPerPeer = new Map<Account, number>();
  #bytes = 0;
  #nextId = 1;
  /** No message is due earlier. */
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(carrier: FairLossLink, random: Randomness) {
    this.#carrier = carrier;
    this.#random = random;
  }

  /** Longest message, in bytes. */
  get limitBytes(): number {
    return this.#carrier.limitBytes;
  }

  /** Messages that are being retransmitted. */
  get size(): number {
    return this.#messages.size;
  }

  /** When {@link tick} has something to do, in milliseconds of the caller's clock; infinite where nothing waits. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /**
   * Sends a message now, and again until {@link stop} is called with the id that this returns. Refused with
   * `too-long` or `link-full` at the limits; nothing is sent then.
   */
  send(to: Account, bytes: Uint8Array, nowMs: number): StubbornOutcome {
    if (bytes.length > this.limitBytes) return { ok: false, code: 'too-long' };
    const count = this.#countPerPeer.get(to) ?? 0;
    if (
      count >= STUBBORN_PER_PEER_LIMIT ||
      this.#messages.size >= STUBBORN_LIMIT ||
      this.#bytes + bytes.length > STUBBORN_LIMIT_BYTES
    )
      return { ok: false, code: 'link-full' };
    const id = this.#nextId++;
    const dueMs = nowMs + this.#spread(FIRST_RETRY_MS);
    this.#messages.set(id, { to, bytes, waitMs: FIRST_RETRY_MS, dueMs });
    this.#countPerPeer.set(to, count + 1);
    this.#bytes += bytes.length;
    this.#nextMs = Math.min(this.#nextMs, dueMs);
    this.#carrier.send(to, bytes);
    return { ok: true, id };
  }

  /** Sends a message once: an answer, which the other side's retransmission asks for again if it is lost. */
  sendOnce(to: Account, bytes: Uint8Array): void {
    this.#carrier.send(to, bytes);
  }

  /** Retransmits a message no more. Does nothing where that has been said before. */
  stop(id: number): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#messages.delete(id);
    this.#bytes -= message.bytes.length;
    const count = this.#countPerPeer.get(message.to)! - 1;
    if (count === 0) this.#countPerPeer.delete(message.to);
    else this.#countPerPeer.set(message.to, count);
    if (this.#messages.size === 0) this.#nextMs = Number.POSITIVE_INFINITY;
  }

  /** Retransmits what is due. */
  tick(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    let nextMs = Number.POSITIVE_INFINITY;
    const due: Stubborn[] = [];
    for (const message of this.#messages.values()) {
      if (message.dueMs <= nowMs) {
        message.waitMs = Math.min(2 * message.waitMs, RETRY_LIMIT_MS);
        message.dueMs = nowMs + this.#spread(message.waitMs);
        due.push(message);
      }
      nextMs = Math.min(nextMs, message.dueMs);
    }
    this.#nextMs = nextMs;
    for (const { to, bytes } of due) this.#carrier.send(to, bytes);
  }

  #spread(waitMs: number): number {
    return waitMs * (1 + RETRY_SPREAD * (2 * this.#random.uniform() - 1));
  }
}
