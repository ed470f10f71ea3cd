/**
 * Signatures that are checked outside, off the thread of the peer's steps (R12): what a message is going to make the
 * ledger compute with is asked for beforehand, and the message waits for it. Whoever runs the peer answers with what it
 * found good; all else is checked here, so that a step is right without any answer, and merely takes longer.
 */
import type { SignatureChecks } from '../ledger/signature-checks.ts';
import type { Transaction } from '../ledger/transaction.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';

/** Questions under way, each of a message or a slice of blocks. Beyond, signatures are checked in the step. */
export const QUESTIONS_LIMIT = 32;
/** Many times what the largest slice takes on an old phone. Whoever is silent for longer is asked no more. */
export const ANSWER_LIMIT_MS = 10_000;

interface Question {
  readonly checks: SignatureChecks;
  readonly transactions: readonly Transaction[];
  readonly then: () => void;
  readonly deadlineMs: number;
}

export class SignatureDesk {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #questions = new Map<number, Question>();
  #nextTicket = 1;
  /** Whether an answer is overdue. */
  #isSilent = false;

  constructor(context: PeerContext, keeper: ChainKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  /** Whether a question would be asked. */
  get isOpen(): boolean {
    if (!this.#context.options.checksOutside || this.#isSilent) return false;
    return this.#keeper.ledger !== null && this.#questions.size < QUESTIONS_LIMIT;
  }

  /**
   * Has the signatures checked that have not been yet, and calls `then` in a later step. False where there are none, or
   * nobody is to be asked: then it goes on at once, and `then` is never called.
   */
  ask(transactions: readonly Transaction[], then: () => void): boolean {
    if (!this.isOpen) return false;
    const { checks } = this.#keeper.ledger!;
    const unchecked = transactions.filter((transaction) => checks.cost(transaction) > 0);
    if (unchecked.length === 0) return false;
    const ticket = this.#nextTicket++;
    const deadlineMs = this.#context.nowMs + ANSWER_LIMIT_MS;
    this.#questions.set(ticket, { checks, transactions: unchecked, then, deadlineMs });
    this.#context.outputs.push({ kind: 'check', ticket, transactions: unchecked });
    return true;
  }

  /** Of the transactions that were asked about, in their order, those are good; of the others nothing is known. */
  answered(ticket: number, good: readonly boolean[]): void {
    this.#isSilent = false;
    const question = this.#questions.get(ticket);
    if (question === undefined) return;
    this.#questions.delete(ticket);
    question.transactions.forEach((transaction, i) => {
      if (good[i] === true) question.checks.remember(transaction);
    });
    question.then();
  }

  tick(): void {
    for (const [ticket, { then, deadlineMs }] of this.#questions) {
      if (deadlineMs > this.#context.nowMs) continue;
      this.#isSilent = true;
      this.#questions.delete(ticket);
      then();
    }
  }
}
