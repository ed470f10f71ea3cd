/**
 * The program of a Node thread that searches proofs of work.
 */
import { parentPort } from 'node:worker_threads';
import type { OwnerMessage } from './messages.ts';
import { startSearchLoop } from './search-loop.ts';

if (parentPort === null) throw new Error('This program runs in a worker thread only.');
const owner = parentPort;

const receive = startSearchLoop({
  post: (message) => owner.postMessage(message),
  // A channel to oneself would starve the owner's port.
  yieldToMessages: (resume) => void setImmediate(resume),
  sleep: (ms, resume) => void setTimeout(resume, ms),
  nowMs: () => performance.now(),
});
owner.on('message', (message: OwnerMessage) => receive(message));
