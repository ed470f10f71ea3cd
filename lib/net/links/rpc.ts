/**
 * Remote procedure calls over a reliable link: a request has an id and a deadline, is executed at most once, and ends
 * exactly once, with an answer or with the reason why there is none (R19).
 *
 * At most once holds across lost sessions (the called side remembers calls and answers, so the caller may ask again),
 * and across restarts: a request that may have reached one life of the peer is executed by no other life. It is after
 * Birrell and Nelson, "Implementing Remote Procedure Calls" (1984). Besides calls there are notes, which nobody answers.
 */
import type { CallCode, LinkCode } from '../../chain/codes.ts';
import type { Account } from '../../ledger/account.ts';
import { Callers } from './callers.ts';
import { ASK_AGAIN_MS, Calls, type Call } from './calls.ts';
import type { LinkEvent, ReliableLink, SendOutcome, Settlement } from './reliable-link.ts';
import {
  ANY_EPOCH,
  CALL_OVERHEAD_BYTES,
  decodeCallMessage,
  encodeCallMessage,
  type Answer,
  type CallMessage,
  type CallName,
} from './rpc-frames.ts';

/** Longest time that a call may be given: people do not wait longer, and the called side remembers that long. */
export const CALL_TIMEOUT_LIMIT_MS = 600_000;
/** Time that a call gets unless told otherwise: several retransmissions, and a restart of the peer. */
export const CALL_TIMEOUT_MS = 30_000;

export type CallOutcome =
  | { readonly kind: 'called'; readonly id: number }
  | { readonly kind: 'refused'; readonly code: CallCode | LinkCode };

/** A call of another peer, to be given back with its answer. */
export interface AskedCall extends CallName {
  readonly from: Account;
}

export type RpcEvent =
  /** Exactly one for each call that was taken: its answer, or a refusal with its code. */
  | {
      readonly kind: 'ended';
      readonly id: number;
      readonly to: Account;
      readonly answer: Answer;
    }
  /** A call to be executed, and answered by {@link Rpc.answer}. */
  | { readonly kind: 'asked'; readonly call: AskedCall; readonly bytes: Uint8Array }
  /** The caller wants no answer any more; executing it may stop. */
  | { readonly kind: 'cancelled'; readonly call: AskedCall }
  | { readonly kind: 'noted'; readonly from: Account; readonly bytes: Uint8Array }
  /** What became of a note, and what was refused. */
  | (LinkEvent & { readonly kind: 'settled' | 'refused' });

export class Rpc {
  readonly #link: ReliableLink;
  readonly #calls = new Calls();
  readonly #callers = new Callers();
  /** The link's names for notes that are not settled; the link bounds them. */
  readonly #notes = new Set<number>();
  #events: RpcEvent[] = [];

  constructor(link: ReliableLink) {
    this.#link = link;
  }

  /** Longest request or answer, in bytes. */
  get limitBytes(): number {
    return this.#link.limitBytes - CALL_OVERHEAD_BYTES;
  }

  get nextMs(): number {
    return Math.min(this.#link.nextMs, this.#calls.nextMs);
  }

  /** Calls that wait for their answers. */
  get waitingCount(): number {
    return this.#calls.size;
  }

  /**
   * Asks a peer to execute a procedure. Refused with `too-long`, `too-many-calls` or a code of the link.
   *
   * @param bytes the procedure and its arguments, in words of the two peers
   * @param timeoutMs from 0 to {@link CALL_TIMEOUT_LIMIT_MS}
   */
  call(
    to: Account,
    bytes: Uint8Array,
    nowMs: number,
    timeoutMs: number = CALL_TIMEOUT_MS,
  ): CallOutcome {
    if (!(timeoutMs >= 0 && timeoutMs <= CALL_TIMEOUT_LIMIT_MS))
      throw new RangeError(`a call's time-out is from 0 to ${CALL_TIMEOUT_LIMIT_MS} ms`);
    if (bytes.length > this.limitBytes) return { kind: 'refused', code: 'too-long' };
    const call = this.#calls.add(to, bytes, nowMs + timeoutMs);
    if (call === null) return { kind: 'refused', code: 'too-many-calls' };
    const sent = this.#ask(call, nowMs);
    if (sent.kind === 'accepted') return { kind: 'called', id: call.id };
    this.#calls.end(call);
    return sent;
  }

  /** Ends a call as `cancelled`; nothing where it has ended. The peer is told, and may have executed it. */
  cancel(id: number, nowMs: number): RpcEvent[] {
    const call = this.#calls.get(id);
    if (call !== undefined) this.#abandon(call, 'cancelled', nowMs);
    return this.#takeEvents();
  }

  /** Sends a message that is no call. It is settled by an event of the link. */
  note(to: Account, bytes: Uint8Array, nowMs: number): SendOutcome {
    const sent = this.#link.send(to, encodeCallMessage({ kind: 'note', bytes }), nowMs);
    if (sent.kind === 'accepted') this.#notes.add(sent.id);
    return sent;
  }

  /** Answers a call. False where its caller no longer waits, or the answer is too long, which the caller is told. */
  answer(
    call: AskedCall,
    answer: Answer & { readonly kind: 'result' | 'error' },
    nowMs: number,
  ): boolean {
    const fits = answer.bytes.length <= this.limitBytes;
    const told: Answer = fits ? answer : { kind: 'refusal', code: 'too-long' };
    if (!this.#callers.answer(call.from, call, told)) return false;
    this.#sendAnswer(call, told, nowMs);
    return fits;
  }

  /** Takes a datagram from the carrier. */
  receive(from: Account, bytes: Uint8Array, nowMs: number): RpcEvent[] {
    this.#takeAll(this.#link.receive(from, bytes, nowMs), nowMs);
    return this.#takeEvents();
  }

  /** Does what is due. */
  tick(nowMs: number): RpcEvent[] {
    this.#takeAll(this.#link.tick(nowMs), nowMs);
    for (const call of [...this.#calls.values()])
      if (call.deadlineMs <= nowMs) this.#abandon(call, 'timed-out', nowMs);
      else if (call.messageId === null && call.askAgainMs <= nowMs) this.#askAgain(call, nowMs);
    return this.#takeEvents();
  }

  #takeAll(events: readonly LinkEvent[], nowMs: number): void {
    for (const event of events)
      switch (event.kind) {
        case 'delivered': {
          const message = decodeCallMessage(event.bytes);
          if (message === null)
            this.#events.push({ kind: 'refused', from: event.from, code: 'bad-datagram' });
          else this.#take(event.from, message, nowMs);
          break;
        }
        case 'settled': {
          const call = this.#calls.ofMessage(event.id);
          if (call !== undefined) this.#settle(call, event.settlement, nowMs);
          if (this.#notes.delete(event.id)) this.#events.push(event);
          break;
        }
        case 'refused':
          this.#events.push(event);
      }
  }

  #take(from: Account, message: CallMessage, nowMs: number): void {
    switch (message.kind) {
      case 'note':
        this.#events.push({ kind: 'noted', from, bytes: message.bytes });
        return;
      case 'request':
        this.#takeRequest(from, message, nowMs);
        return;
      case 'answer': {
        const { name, answer } = message;
        const call = this.#calls.get(name.id);
        if (name.epoch === this.#link.epoch && call?.to === from) this.#end(call, answer);
        return;
      }
      case 'cancel': {
        const call = { from, ...message.name };
        if (this.#callers.cancel(from, message.name, message.floor, nowMs))
          this.#events.push({ kind: 'cancelled', call });
        return;
      }
    }
  }

  #takeRequest(from: Account, message: CallMessage & { kind: 'request' }, nowMs: number): void {
    const { name, floor, executor, bytes } = message;
    const call = { from, ...name };
    if (executor !== ANY_EPOCH && executor !== this.#link.epoch) {
      this.#sendAnswer(call, { kind: 'refusal', code: 'peer-restarted' }, nowMs);
      return;
    }
    const request = this.#callers.ask(from, name, floor, nowMs);
    if (request.kind === 'execute') this.#events.push({ kind: 'asked', call, bytes });
    if (request.kind === 'answer') this.#sendAnswer(call, request.answer, nowMs);
  }

  /** Where the link does not take the answer just now, the caller asks again. */
  #sendAnswer({ from, epoch, id }: AskedCall, answer: Answer, nowMs: number): void {
    this.#link.send(
      from,
      encodeCallMessage({ kind: 'answer', name: { epoch, id }, answer }),
      nowMs,
    );
  }

  /** What became of a call's request. */
  #settle(call: Call, settlement: Settlement, nowMs: number): void {
    this.#calls.setMessage(call, null);
    // The first life that was asked stays the only one, though a later one acknowledges that it was asked again.
    if (settlement.epoch !== null && call.executor === ANY_EPOCH) call.executor = settlement.epoch;
    if (settlement.kind === 'acknowledged') call.askAgainMs = nowMs + ASK_AGAIN_MS;
    else if (settlement.code === 'session-lost') this.#askAgain(call, nowMs);
    else this.#end(call, { kind: 'refusal', code: settlement.code });
  }

  #ask(call: Call, nowMs: number): SendOutcome {
    const { to, id, executor, bytes } = call;
    const name = { epoch: this.#link.epoch, id };
    const floor = this.#calls.floorOf(to);
    const request = encodeCallMessage({ kind: 'request', name, floor, executor, bytes });
    const sent = this.#link.send(to, request, nowMs);
    if (sent.kind === 'accepted') this.#calls.setMessage(call, sent.id);
    return sent;
  }

  #askAgain(call: Call, nowMs: number): void {
    if (this.#ask(call, nowMs).kind === 'refused') call.askAgainMs = nowMs + ASK_AGAIN_MS;
  }

  #abandon(call: Call, code: CallCode, nowMs: number): void {
    const { id, to, messageId } = call;
    if (messageId !== null) this.#link.cancel(messageId);
    this.#end(call, { kind: 'refusal', code });
    const name = { epoch: this.#link.epoch, id };
    const floor = this.#calls.floorOf(to);
    this.#link.send(to, encodeCallMessage({ kind: 'cancel', name, floor }), nowMs);
  }

  #end(call: Call, answer: Answer): void {
    if (call.messageId !== null) this.#link.cancel(call.messageId);
    this.#calls.end(call);
    this.#events.push({ kind: 'ended', id: call.id, to: call.to, answer });
  }

  #takeEvents(): RpcEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
