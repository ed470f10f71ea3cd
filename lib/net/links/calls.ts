/**
 * The calling side of remote procedure calls: which calls wait for answers, until when, and whose request has to be
 * sent again (R19).
 */
import type { Account } from '../../ledger/account.ts';
import { ANY_EPOCH } from './rpc-frames.ts';

/** Calls to one peer that wait for answers at a time: as many as it executes for one caller. */
export const CALLS_PER_PEER_LIMIT = 32;
/** Calls to all peers that wait for answers at a time. */
export const CALLS_LIMIT = 1_024;
/** Calls to one peer since the oldest that still waits: as many as the peer remembers. */
export const CALL_SPAN_LIMIT = 256;
/** A delivered request without an answer is sent again after so long: the answer may have been lost with a session. */
export const ASK_AGAIN_MS = 10_000;

export interface Call {
  readonly id: number;
  readonly to: Account;
  readonly bytes: Uint8Array;
  readonly deadlineMs: number;
  /** The life of the peer that was asked first, and that alone may execute it. */
  executor: string;
  /** The link's name for the request while it is under way. */
  messageId: number | null;
  /** When the request is sent again, if it is not under way. */
  askAgainMs: number;
}

export class Calls {
  readonly #calls = new Map<number, Call>();
  readonly #byMessage = new Map<number, Call>();
  /** Ids of the calls to each peer since the oldest that waits, in order. */
  readonly #spans = new Map<Account, number[]>();
  #waitingPerPeer = new Map<Account, number>();
  #nextId = 1;

  get size(): number {
    return this.#calls.size;
  }

  get(id: number): Call | undefined {
    return this.#calls.get(id);
  }

  /** The call whose request this message of the link carries. */
  ofMessage(messageId: number): Call | undefined {
    return this.#byMessage.get(messageId);
  }

  values(): Iterable<Call> {
    return this.#calls.values();
  }

  /** The first time at which a call has to be looked at. */
  get nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { deadlineMs, messageId, askAgainMs } of this.#calls.values()) {
      nextMs = Math.min(nextMs, deadlineMs);
      if (messageId === null) nextMs = Math.min(nextMs, askAgainMs);
    }
    return nextMs;
  }

  /** A new call; null where there are too many. */
  add(to: Account, bytes: Uint8Array, deadlineMs: number): Call | null {
    const span = this.#spans.get(to) ?? [];
    const waiting = this.#waitingPerPeer.get(to) ?? 0;
    if (
      this.#calls.size >= CALLS_LIMIT ||
      waiting >= CALLS_PER_PEER_LIMIT ||
      span.length >= CALL_SPAN_LIMIT
    )
      return null;
    const id = this.#nextId++;
    const call: Call = {
      id,
      to,
      bytes,
      deadlineMs,
      executor: ANY_EPOCH,
      messageId: null,
      askAgainMs: Number.POSITIVE_INFINITY,
    };
    this.#calls.set(id, call);
    span.push(id);
    this.#spans.set(to, span);
    this.#waitingPerPeer.set(to, waiting + 1);
    return call;
  }

  /** The request of a call is under way as this message, or no longer. */
  setMessage(call: Call, messageId: number | null): void {
    if (call.messageId !== null) this.#byMessage.delete(call.messageId);
    call.messageId = messageId;
    if (messageId !== null) this.#byMessage.set(messageId, call);
  }

  /** Forgets a call that has ended. */
  end(call: Call): void {
    if (!this.#calls.delete(call.id)) return;
    this.setMessage(call, null);
    const { to } = call;
    const waiting = this.#waitingPerPeer.get(to)! - 1;
    const span = this.#spans.get(to)!;
    while (span.length > 0 && !this.#calls.has(span[0]!)) span.shift();
    if (waiting === 0) {
      this.#waitingPerPeer.delete(to);
      this.#spans.delete(to);
    } else this.#waitingPerPeer.set(to, waiting);
  }

  /** No call to this peer below this id waits for an answer. */
  floorOf(to: Account): number {
    return this.#spans.get(to)?.[0] ?? this.#nextId;
  }
}
