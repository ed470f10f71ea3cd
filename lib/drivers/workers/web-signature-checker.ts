/**
 * Checks signatures in a Web Worker.
 */
import {
  createSignatureChecker,
  type AnswerCallback,
  type SignatureChecker,
  type SignatureEvents,
  type SignaturePort,
} from './signature-checker.ts';
import type { SignatureAnswer } from './signature-messages.ts';

export function createWebSignatureChecker(answered: AnswerCallback): SignatureChecker {
  return createSignatureChecker(spawnWorker, answered);
}

function spawnWorker(events: SignatureEvents): SignaturePort {
  const worker = new Worker(new URL('./signature-web-worker.ts', import.meta.url), {
    type: 'module',
  });
  worker.onmessage = (event: MessageEvent<SignatureAnswer>) => events.answered(event.data);
  worker.onerror = (event) => {
    event.preventDefault();
    events.died();
  };
  return {
    post: (question) => worker.postMessage(question),
    terminate: () => worker.terminate(),
  };
}
