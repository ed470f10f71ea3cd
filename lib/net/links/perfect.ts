/**
 * Perfect links: what a correct process sends to a correct process arrives, once, and nothing else does (R19).
 *
 * Source: "Eliminate Duplicates", algorithm 2.2 of Cachin, Guerraoui and Rodrigues, on a stubborn link, with PL1
 * reliable delivery, PL2 no duplication, PL3 no creation. The book remembers every message for ever; this link numbers
 * them within sessions, so that a window remembers the few that matter, and acknowledges them, so that the stubborn link
 * may stop. A process that restarts has lost its memory: sessions name the receiver's life and are numbered by it, so
 * nothing is delivered twice across a restart, and nothing old after something new.
 *
 * PL1 is bounded as everything real is: a peer that stays out of reach for OUTAGE_LIMIT_MS, restarts, or forgets an idle
 * session under pressure costs the messages under way, and the sender is told so. Messages may overtake each other.
 */
import { bytesToHex } from '../../chain/bytes.ts';
import type { Account } from '../../ledger/account.ts';
import type { FairLossLink, Randomness } from './fair-loss.ts';
import { NONCE_BYTES } from './fields.ts';
import { Incoming } from './incoming.ts';
import { Outgoing, type Sending } from './outgoing.ts';
import {
  DATA_OVERHEAD_BYTES,
  decodePerfectFrame,
  encodePerfectFrame,
  type PerfectFrame,
} from './perfect-frames.ts';
import type { LinkEvent, ReliableLink, SendOutcome } from './reliable-link.ts';
import { StubbornLink } from './stubborn.ts';

/** Peers that are sent to at a time; those without a message under way make room for others. */
export const RECEIVERS_LIMIT = 256;
/** Messages for one peer that are not acknowledged yet, the window included: a burst, not a backlog. */
export const WAITING_LIMIT_MESSAGES = 256;
/** Bytes of all messages that are not acknowledged yet: half of what the stubborn link below can hold. */
export const WAITING_LIMIT_BYTES = 4 * 1024 * 1024;

export class PerfectLink implements ReliableLink {
  readonly epoch: string;
  readonly #stubborn: StubbornLink;
  readonly #incoming: Incoming;
  readonly #sending: Sending;
  /** In the order in which they were last sent to. */
  readonly #receivers = new Map<Account, Outgoing>();
  /** Every message that is neither settled nor cancelled. */
  readonly #messages = new Map<number, { readonly to: Account; readonly bytes: number }>();
  #waitingBytes = 0;
  #nextId = 1;
  #events: LinkEvent[] = [];

  /** @param random must not repeat what it drew in an earlier life: it makes this life's name */
  constructor(carrier: FairLossLink, random: Randomness) {
    this.epoch = bytesToHex(random.bytes(NONCE_BYTES));
    this.#stubborn = new StubbornLink(carrier, random);
    this.#incoming = new Incoming(this.epoch);
    this.#sending = {
      stubborn: this.#stubborn,
      random,
      settle: (to, id, settlement) => {
        this.#forget(id);
        this.#events.push({ kind: 'settled', to, id, settlement });
      },
    };
  }

  get limitBytes(): number {
    return this.#stubborn.limitBytes - DATA_OVERHEAD_BYTES;
  }

  get nextMs(): number {
    let nextMs = this.#stubborn.nextMs;
    for (const { deadlineMs } of this.#receivers.values()) nextMs = Math.min(nextMs, deadlineMs);
    return nextMs;
  }

  /** Messages that are neither settled nor cancelled. */
  get size(): number {
    return this.#messages.size;
  }

  /** Refused with `too-long`, `link-full` or `too-many-peers`; otherwise settled by exactly one event, or cancelled. */
  send(to: Account, bytes: Uint8Array, nowMs: number): SendOutcome {
    if (bytes.length > this.limitBytes) return { kind: 'refused', code: 'too-long' };
    if (this.#waitingBytes + bytes.length > WAITING_LIMIT_BYTES)
      return { kind: 'refused', code: 'link-full' };
    let outgoing = this.#receivers.get(to);
    if (outgoing !== undefined && outgoing.size >= WAITING_LIMIT_MESSAGES)
      return { kind: 'refused', code: 'link-full' };
    if (outgoing === undefined && !this.#makePlace())
      return { kind: 'refused', code: 'too-many-peers' };
    outgoing ??= new Outgoing(to, this.#sending);
    this.#receivers.delete(to);
    this.#receivers.set(to, outgoing);
    const id = this.#nextId++;
    this.#messages.set(id, { to, bytes: bytes.length });
    this.#waitingBytes += bytes.length;
    outgoing.send({ id, bytes }, nowMs);
    return { kind: 'accepted', id };
  }

  cancel(id: number): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#receivers.get(message.to)!.cancel(id);
    this.#forget(id);
  }

  receive(from: Account, bytes: Uint8Array, nowMs: number): LinkEvent[] {
    const frame = decodePerfectFrame(bytes);
    if (frame === null) return [{ kind: 'refused', from, code: 'bad-datagram' }];
    this.#take(from, frame, nowMs);
    return this.#takeEvents();
  }

  tick(nowMs: number): LinkEvent[] {
    this.#stubborn.tick(nowMs);
    for (const outgoing of this.#receivers.values())
      if (outgoing.deadlineMs <= nowMs) outgoing.giveUp('unreachable');
      else outgoing.flush(nowMs);
    return this.#takeEvents();
  }

  #take(from: Account, frame: PerfectFrame, nowMs: number): void {
    switch (frame.kind) {
      case 'open':
        this.#reply(from, {
          kind: 'grant',
          nonce: frame.nonce,
          session: this.#incoming.grant(),
        });
        return;
      case 'grant':
        this.#receivers.get(from)?.granted(frame.nonce, frame.session, nowMs);
        return;
      case 'data':
        this.#takeData(from, frame, nowMs);
        return;
      case 'ack':
        this.#receivers.get(from)?.acknowledged(frame.session, frame.sequence, frame.below, nowMs);
        return;
      case 'reset':
        this.#receivers.get(from)?.reset(frame.session, frame.epoch, nowMs);
        return;
    }
  }

  #takeData(from: Account, frame: PerfectFrame & { kind: 'data' }, nowMs: number): void {
    const { session, sequence, floor, bytes } = frame;
    const arrival = this.#incoming.take(from, session, sequence, floor, nowMs);
    if (arrival.kind === 'no-place') return;
    if (arrival.kind === 'unknown-session') {
      this.#reply(from, { kind: 'reset', session, epoch: this.epoch });
      return;
    }
    // A duplicate is acknowledged again: the first acknowledgement may be lost.
    this.#reply(from, { kind: 'ack', session, sequence, below: arrival.below });
    if (arrival.kind === 'new') this.#events.push({ kind: 'delivered', from, bytes });
  }

  #reply(to: Account, frame: PerfectFrame): void {
    this.#stubborn.sendOnce(to, encodePerfectFrame(frame));
  }

  /** Room for one more receiver, by forgetting one for which nothing waits; its session is simply not used again. */
  #makePlace(): boolean {
    if (this.#receivers.size < RECEIVERS_LIMIT) return true;
    for (const [account, outgoing] of this.#receivers) {
      if (outgoing.size > 0) continue;
      this.#receivers.delete(account);
      return true;
    }
    return false;
  }

  #forget(id: number): void {
    this.#waitingBytes -= this.#messages.get(id)?.bytes ?? 0;
    this.#messages.delete(id);
  }

  #takeEvents(): LinkEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
