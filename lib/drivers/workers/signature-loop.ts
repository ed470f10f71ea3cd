/**
 * What a thread does that checks signatures, in a page as in Node.
 */
import { SignatureChecks } from '../../ledger/signature-checks.ts';
import type { SignatureAnswer, SignatureQuestion } from './signature-messages.ts';

/** Returns what answers a question. One that comes twice, over two links, is computed once. */
export function makeSignatureLoop(): (question: SignatureQuestion) => SignatureAnswer {
  const checks = new SignatureChecks();
  return ({ ticket, transactions }) => ({
    ticket,
    good: transactions.map((transaction) => checks.check(transaction)),
  });
}
