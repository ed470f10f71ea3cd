/**
 * The program of a Web Worker that checks signatures.
 */
import { makeSignatureLoop } from './signature-loop.ts';
import type { SignatureQuestion } from './signature-messages.ts';

const answer = makeSignatureLoop();
self.onmessage = (event: MessageEvent<SignatureQuestion>) => self.postMessage(answer(event.data));
