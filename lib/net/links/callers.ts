/**
 * The called side of remote procedure calls: which calls of whom are being executed, and what was answered, so that each
 * is executed at most once, however often it is asked for (R19).
 */
import type { CallCode } from '../../chain/codes.ts';
import type { Account } from '../../ledger/account.ts';
import type { Answer, CallName } from './rpc-frames.ts';

/** Callers remembered at a time: as many as a link hears from. */
export const CALLERS_LIMIT = 256;
/** A caller that has asked for nothing for so long waits for no answer: longer than any call may take. */
export const CALLER_IDLE_MS = 700_000;
/** Calls of one caller that are remembered: all since the oldest one that it still waits for. */
export const REMEMBERED_CALLS_LIMIT = 256;
/** Calls of one caller that are executed at a time. */
export const EXECUTING_PER_CALLER_LIMIT = 32;
/** Calls of all callers that are executed at a time. */
export const EXECUTING_LIMIT = 256;
/** Bytes of answers kept for callers that may ask again. Beyond, the oldest answers are forgotten, not their calls. */
export const ANSWERS_LIMIT_BYTES = 4 * 1024 * 1024;
/** What an answer counts for beside its bytes, so that empty ones are bounded too. */
const ANSWER_OVERHEAD_BYTES = 64;

/** What is to be done with a request. */
export type Request =
  | { readonly kind: 'execute' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** It is being executed, or nobody waits for it any more. */
  | { readonly kind: 'ignore' };

type Call =
  | { readonly kind: 'executing' }
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'cancelled' };

interface Caller {
  readonly epoch: string;
  /** The caller cares for no call below. */
  floor: number;
  readonly calls: Map<number, Call>;
  executing: number;
  askedMs: number;
}

interface KeptAnswer {
  readonly caller: Caller;
  readonly id: number;
  readonly bytes: number;
}

const IGNORE: Request = { kind: 'ignore' };

export class Callers {
  /** In the order in which they last asked. */
  readonly #callers = new Map<Account, Caller>();
  /** Answers with bytes, oldest first. Those of calls that are forgotten count until they come to the front. */
  readonly #kept: KeptAnswer[] = [];
  #keptBytes = 0;
  #executing = 0;

  /** Calls that are being executed. */
  get executingCount(): number {
    return this.#executing;
  }

  /** Judges a request of a caller, and remembers the call where it is to be executed. */
  ask(from: Account, { epoch, id }: CallName, floor: number, nowMs: number): Request {
    const caller = this.#meet(from, epoch, floor, nowMs);
    if (caller === null) return refuse('busy');
    if (id < caller.floor) return IGNORE;
    const call = caller.calls.get(id);
    if (call?.kind === 'answered') return { kind: 'answer', answer: call.answer };
    if (call !== undefined || caller.calls.size >= REMEMBERED_CALLS_LIMIT) return IGNORE;
    if (caller.executing >= EXECUTING_PER_CALLER_LIMIT || this.#executing >= EXECUTING_LIMIT) {
      // Remembered as refused: a copy of the request that comes late shall not be executed after all.
      const refused = refuse('busy');
      caller.calls.set(id, { kind: 'answered', answer: refused.answer });
      return refused;
    }
    caller.calls.set(id, { kind: 'executing' });
    caller.executing++;
    this.#executing++;
    return { kind: 'execute' };
  }

  /** Takes the answer of an executed call. False where nobody waits for it. */
  answer(from: Account, { epoch, id }: CallName, answer: Answer): boolean {
    const caller = this.#callers.get(from);
    if (caller?.epoch !== epoch || caller.calls.get(id)?.kind !== 'executing') return false;
    this.#endExecution(caller);
    caller.calls.set(id, { kind: 'answered', answer });
    if (answer.kind !== 'refusal')
      this.#keep({ caller, id, bytes: answer.bytes.length + ANSWER_OVERHEAD_BYTES });
    return true;
  }

  /**
   * The caller wants no answer. True where the call is being executed, and may be stopped. A request that the
   * cancellation has overtaken is not executed when it comes.
   */
  cancel(from: Account, { epoch, id }: CallName, floor: number, nowMs: number): boolean {
    const caller = this.#meet(from, epoch, Math.min(floor, id), nowMs);
    if (caller === null || id < caller.floor) return false;
    const call = caller.calls.get(id);
    if (call === undefined && caller.calls.size >= REMEMBERED_CALLS_LIMIT) return false;
    if (call?.kind === 'executing') this.#endExecution(caller);
    caller.calls.set(id, { kind: 'cancelled' });
    return call?.kind === 'executing';
  }

  #meet(from: Account, epoch: string, floor: number, nowMs: number): Caller | null {
    let caller = this.#callers.get(from);
    if (caller?.epoch !== epoch) {
      if (caller !== undefined) this.#forget(from, caller);
      else if (!this.#makePlace(nowMs)) return null;
      caller = { epoch, floor: 0, calls: new Map(), executing: 0, askedMs: nowMs };
    }
    caller.askedMs = nowMs;
    this.#callers.delete(from);
    this.#callers.set(from, caller);
    if (floor > caller.floor) {
      caller.floor = floor;
      for (const [id, call] of caller.calls)
        if (id < floor) {
          if (call.kind === 'executing') this.#endExecution(caller);
          caller.calls.delete(id);
        }
    }
    return caller;
  }

  #makePlace(nowMs: number): boolean {
    if (this.#callers.size < CALLERS_LIMIT) return true;
    const [account, caller] = this.#callers.entries().next().value!;
    if (nowMs - caller.askedMs < CALLER_IDLE_MS) return false;
    this.#forget(account, caller);
    return true;
  }

  #forget(account: Account, caller: Caller): void {
    this.#callers.delete(account);
    this.#executing -= caller.executing;
    caller.executing = 0;
    caller.calls.clear();
  }

  #endExecution(caller: Caller): void {
    caller.executing--;
    this.#executing--;
  }

  #keep(kept: KeptAnswer): void {
    this.#kept.push(kept);
    this.#keptBytes += kept.bytes;
    while (this.#kept.length > 0 && this.#isFrontForgettable()) {
      const { caller, id, bytes } = this.#kept.shift()!;
      this.#keptBytes -= bytes;
      if (caller.calls.get(id)?.kind === 'answered')
        caller.calls.set(id, { kind: 'answered', answer: refuse('answer-forgotten').answer });
    }
  }

  #isFrontForgettable(): boolean {
    const { caller, id } = this.#kept[0]!;
    return this.#keptBytes > ANSWERS_LIMIT_BYTES || caller.calls.get(id)?.kind !== 'answered';
  }
}

function refuse(code: CallCode): { readonly kind: 'answer'; readonly answer: Answer } {
  return { kind: 'answer', answer: { kind: 'refusal', code } };
}
