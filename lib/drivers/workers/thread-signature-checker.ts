/**
 * Checks signatures in a thread of Node's.
 */
import {
  createSignatureChecker,
  type AnswerCallback,
  type SignatureChecker,
  type SignatureEvents,
  type SignaturePort,
} from './signature-checker.ts';
import type { SignatureAnswer } from './signature-messages.ts';
import { startThread } from './start-thread.ts';

export function createThreadSignatureChecker(answered: AnswerCallback): SignatureChecker {
  return createSignatureChecker(spawnThread, answered);
}

function spawnThread(events: SignatureEvents): SignaturePort {
  const thread = startThread('signature-worker', './signature-thread.ts');
  // A peer that waits for nothing else may end.
  thread.unref();
  thread.on('message', (answer: SignatureAnswer) => events.answered(answer));
  thread.on('error', () => events.died());
  thread.on('exit', () => events.died());
  return {
    post: (question) => thread.postMessage(question),
    terminate: () => void thread.terminate(),
  };
}
