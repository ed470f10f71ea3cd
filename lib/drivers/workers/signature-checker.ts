/**
 * The owner of the one thread that checks the signatures of others' transactions (R12), so that a page stays responsive
 * while a full block comes. The thread starts with the first question: a room without transactions costs none.
 */
import type { Transaction } from '../../ledger/transaction.ts';
import type { SignatureAnswer, SignatureQuestion } from './signature-messages.ts';

/** A thread that keeps dying is replaced this often; then the peer checks by itself. */
export const RESTARTS_LIMIT = 3;

/** A thread at work. */
export interface SignaturePort {
  post(question: SignatureQuestion): void;
  terminate(): void;
}

export interface SignatureEvents {
  answered(answer: SignatureAnswer): void;
  /** The thread is gone, or has thrown. */
  died(): void;
}

/** Starts a thread. May throw where that is impossible. */
export type SpawnSignatureThread = (events: SignatureEvents) => SignaturePort;

export interface SignatureChecker {
  /** Every question is answered once, in a task of its own: with nothing good where no thread can be kept. */
  check(ticket: number, transactions: readonly Transaction[]): void;
  close(): void;
}

export type AnswerCallback = (answer: SignatureAnswer) => void;

/** A checker over any kind of thread. `createWebSignatureChecker` and `createThreadSignatureChecker` are for others. */
export function createSignatureChecker(
  spawn: SpawnSignatureThread,
  answered: AnswerCallback,
): SignatureChecker {
  const questions = new Map<number, SignatureQuestion>();
  let port: SignaturePort | null = null;
  /** Counts the threads: what one says after its end means nothing any more. */
  let life = 0;
  let deaths = 0;
  let isClosed = false;

  function start(): void {
    const own = ++life;
    try {
      port = spawn({
        answered(answer) {
          if (own !== life || !questions.delete(answer.ticket)) return;
          answered(answer);
        },
        died: () => {
          if (own === life) end();
        },
      });
    } catch {
      end();
    }
  }

  /** What the thread was asked is asked of nobody else: a question that kills one would kill the next. */
  function end(): void {
    port?.terminate();
    port = null;
    life++;
    deaths++;
    const left = [...questions.keys()];
    questions.clear();
    for (const ticket of left) refuse(ticket);
  }

  function refuse(ticket: number): void {
    queueMicrotask(() => {
      if (!isClosed) answered({ ticket, good: [] });
    });
  }

  return {
    check(ticket, transactions) {
      if (isClosed) return;
      if (port === null && deaths <= RESTARTS_LIMIT) start();
      if (port === null) {
        refuse(ticket);
        return;
      }
      const question = { ticket, transactions };
      questions.set(ticket, question);
      port.post(question);
    },
    close() {
      isClosed = true;
      life++;
      port?.terminate();
      port = null;
      questions.clear();
    },
  };
}
