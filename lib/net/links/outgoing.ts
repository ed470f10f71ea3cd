/**
 * The sending half of a perfect link to one peer: asks for a session, keeps a window of messages under way, and settles
 * each as it is acknowledged, or given up (R19).
 */
import type { LinkCode } from '../../chain/codes.ts';
import { bytesToHex } from '../../chain/bytes.ts';
import type { Account } from '../../ledger/account.ts';
import type { Randomness } from './fair-loss.ts';
import { NONCE_BYTES } from './fields.ts';
import {
  encodePerfectFrame,
  WINDOW_MESSAGES,
  type PerfectFrame,
  type Session,
} from './perfect-frames.ts';
import type { Settlement } from './reliable-link.ts';
import type { StubbornLink } from './stubborn.ts';

/** A peer from which nothing useful has come for so long is given up: longer than a hidden tab or a reload lasts. */
export const OUTAGE_LIMIT_MS = 300_000;

/**
 * A session from which nothing has come for so long is asked for anew before it is used: the peer may have restarted
 * meanwhile, and a message sent into a session of its earlier life would be lost.
 */
export const SESSION_FRESH_MS = 5_000;

/** The part of a perfect link that its sending halves share. */
export interface Sending {
  readonly stubborn: StubbornLink;
  readonly random: Randomness;
  settle(to: Account, id: number, settlement: Settlement): void;
}

interface Message {
  readonly id: number;
  readonly bytes: Uint8Array;
}

interface UnderWay {
  readonly id: number;
  /** The stubborn link's name for the frame. */
  readonly frameId: number;
}

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'opening'; readonly nonce: string; readonly frameId: number }
  | {
      readonly kind: 'open';
      readonly session: Session;
      nextSequence: number;
      readonly underWay: Map<number, UnderWay>;
    };

const CLOSED: State = { kind: 'closed' };

export class Outgoing {
  readonly #to: Account;
  readonly #sending: Sending;
  readonly #waiting: Message[] = [];
  #state: State = CLOSED;
  /** When something useful came last, or when the first message began to wait. */
  #progressMs = 0;

  constructor(to: Account, sending: Sending) {
    this.#to = to;
    this.#sending = sending;
  }

  /** Messages that are neither acknowledged nor given up. */
  get size(): number {
    return this.#waiting.length + (this.#state.kind === 'open' ? this.#state.underWay.size : 0);
  }

  /** When the peer is to be given up; infinite where nothing waits for it. */
  get deadlineMs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.#progressMs + OUTAGE_LIMIT_MS;
  }

  send(message: Message, nowMs: number): void {
    if (this.size === 0) {
      if (nowMs - this.#progressMs > SESSION_FRESH_MS) this.#close('session-lost');
      this.#progressMs = nowMs;
    }
    this.#waiting.push(message);
    this.flush(nowMs);
  }

  /** Forgets a message. Where it was the last one, no session is asked for any more. */
  cancel(id: number): void {
    const state = this.#state;
    const waiting = this.#waiting.findIndex((message) => message.id === id);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    else if (state.kind === 'open')
      for (const [sequence, message] of state.underWay)
        if (message.id === id) {
          this.#sending.stubborn.stop(message.frameId);
          state.underWay.delete(sequence);
        }
    if (state.kind === 'opening' && this.#waiting.length === 0) {
      this.#sending.stubborn.stop(state.frameId);
      this.#state = CLOSED;
    }
  }

  /** Sends what may be sent: a request for a session, or messages as far as the window goes. */
  flush(nowMs: number): void {
    const state = this.#state;
    if (this.#waiting.length === 0) return;
    if (state.kind === 'closed') this.#open(nowMs);
    if (state.kind !== 'open') return;
    while (this.#waiting.length > 0) {
      const sequence = state.nextSequence;
      const floor = lowestKey(state.underWay) ?? sequence;
      if (sequence >= floor + WINDOW_MESSAGES) return;
      const { id, bytes } = this.#waiting[0]!;
      const frame = { kind: 'data', session: state.session, sequence, floor, bytes } as const;
      const frameId = this.#sendFrame(frame, nowMs);
      if (frameId === null) return;
      this.#waiting.shift();
      state.nextSequence++;
      state.underWay.set(sequence, { id, frameId });
    }
  }

  granted(nonce: string, session: Session, nowMs: number): void {
    if (this.#state.kind !== 'opening' || this.#state.nonce !== nonce) return;
    this.#sending.stubborn.stop(this.#state.frameId);
    this.#state = { kind: 'open', session, nextSequence: 0, underWay: new Map() };
    this.#progressMs = nowMs;
    this.flush(nowMs);
  }

  acknowledged(session: Session, sequence: number, below: number, nowMs: number): void {
    const state = this.#state;
    if (state.kind !== 'open' || !isSame(state.session, session)) return;
    for (const [at, message] of state.underWay) {
      if (at >= below && at !== sequence) continue;
      this.#sending.stubborn.stop(message.frameId);
      state.underWay.delete(at);
      this.#progressMs = nowMs;
      const { epoch } = session;
      this.#sending.settle(this.#to, message.id, { kind: 'acknowledged', epoch });
    }
    this.flush(nowMs);
  }

  /** The receiver knows this session no more: what was under way in it failed, what waits goes into a new one. */
  reset(session: Session, epoch: string, nowMs: number): void {
    if (this.#state.kind !== 'open' || !isSame(this.#state.session, session)) return;
    this.#progressMs = nowMs;
    this.#close(epoch === session.epoch ? 'session-lost' : 'peer-restarted');
    this.flush(nowMs);
  }

  /** Gives the peer up: every message fails. */
  giveUp(code: LinkCode): void {
    this.#close(code);
    for (const { id } of this.#waiting.splice(0))
      this.#sending.settle(this.#to, id, { kind: 'failed', code, epoch: null });
  }

  #open(nowMs: number): void {
    const nonce = bytesToHex(this.#sending.random.bytes(NONCE_BYTES));
    const frameId = this.#sendFrame({ kind: 'open', nonce }, nowMs);
    if (frameId !== null) this.#state = { kind: 'opening', nonce, frameId };
  }

  #close(code: LinkCode): void {
    const state = this.#state;
    this.#state = CLOSED;
    if (state.kind === 'opening') this.#sending.stubborn.stop(state.frameId);
    if (state.kind !== 'open') return;
    const { epoch } = state.session;
    for (const { id, frameId } of state.underWay.values()) {
      this.#sending.stubborn.stop(frameId);
      this.#sending.settle(this.#to, id, { kind: 'failed', code, epoch });
    }
  }

  /** The stubborn link's name for the frame; null where it is full just now, and the next flush tries again. */
  #sendFrame(frame: PerfectFrame, nowMs: number): number | null {
    const outcome = this.#sending.stubborn.send(this.#to, encodePerfectFrame(frame), nowMs);
    return outcome.ok ? outcome.id : null;
  }
}

function isSame(a: Session, b: Session): boolean {
  return a.epoch === b.epoch && a.grant === b.grant;
}

/** Sequences are added in order, so the first is the lowest. */
function lowestKey(map: ReadonlyMap<number, unknown>): number | undefined {
  return map.keys().next().value;
}
