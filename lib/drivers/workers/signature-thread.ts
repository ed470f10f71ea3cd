/**
 * The program of a Node thread that checks signatures.
 */
import { parentPort } from 'node:worker_threads';
import { makeSignatureLoop } from './signature-loop.ts';
import type { SignatureQuestion } from './signature-messages.ts';

if (parentPort === null) throw new Error('This program runs in a worker thread only.');
const owner = parentPort;

const answer = makeSignatureLoop();
owner.on('message', (question: SignatureQuestion) => owner.postMessage(answer(question)));
