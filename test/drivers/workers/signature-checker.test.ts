import { afterEach, describe, expect, it } from 'vitest';
import {
  createSignatureChecker,
  RESTARTS_LIMIT,
  type SignatureChecker,
  type SignatureEvents,
} from '../../../lib/drivers/workers/signature-checker.ts';
import type { SignatureAnswer } from '../../../lib/drivers/workers/signature-messages.ts';
import { createThreadSignatureChecker } from '../../../lib/drivers/workers/thread-signature-checker.ts';
import { eventually } from '../../support/eventually.ts';
import { ALICE, BOB, CAROL, makeSigned, note, payment } from '../../support/transactions.ts';

const BODY = payment({ inputs: [`${'a'.repeat(64)}.0`] });
const GOOD = makeSigned(BODY);
const WRONG = makeSigned(BODY, [ALICE, CAROL, BOB]);
const NOTE = makeSigned(note('hello'));

let checker: SignatureChecker | null = null;
let answers: SignatureAnswer[] = [];
const answered = (answer: SignatureAnswer) => void answers.push(answer);

afterEach(() => {
  checker?.close();
  checker = null;
  answers = [];
});

describe('a thread that checks signatures', () => {
  it('tells which transactions all their parties have signed, question by question', async () => {
    checker = createThreadSignatureChecker(answered);
    checker.check(1, [GOOD, WRONG, NOTE]);
    checker.check(2, []);
    checker.check(3, [WRONG, GOOD]);
    await eventually(() => expect(answers).toHaveLength(3));
    expect(answers).toEqual([
      { ticket: 1, good: [true, false, true] },
      { ticket: 2, good: [] },
      { ticket: 3, good: [false, true] },
    ]);
  });

  it('is replaced when it dies, and knows nothing of what it was asked; in the end nobody is', async () => {
    const threads: SignatureEvents[] = [];
    checker = createSignatureChecker((events) => {
      threads.push(events);
      return { post: () => undefined, terminate: () => undefined };
    }, answered);
    for (let ticket = 0; ticket <= RESTARTS_LIMIT; ticket++) {
      checker.check(ticket, [GOOD]);
      threads.at(-1)!.died();
      // What it says after its end, or twice, counts for nothing.
      threads.at(-1)!.died();
      threads.at(-1)!.answered({ ticket, good: [true] });
    }
    checker.check(99, [GOOD]);
    await eventually(() => expect(answers).toHaveLength(RESTARTS_LIMIT + 2));
    expect(threads).toHaveLength(RESTARTS_LIMIT + 1);
    expect(answers.every(({ good }) => good.length === 0)).toBe(true);
  });

  it('answers where no thread can be started at all', async () => {
    checker = createSignatureChecker(() => {
      throw new Error('no threads here');
    }, answered);
    checker.check(1, [GOOD]);
    await eventually(() => expect(answers).toEqual([{ ticket: 1, good: [] }]));
  });

  it('is silent once it is closed', async () => {
    const port = { post: () => undefined, terminate: () => undefined };
    const closed = createSignatureChecker(() => port, answered);
    closed.check(1, [GOOD]);
    closed.close();
    closed.check(2, [GOOD]);
    await Promise.resolve();
    expect(answers).toEqual([]);
  });
});
