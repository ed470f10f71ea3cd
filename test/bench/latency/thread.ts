/** The program of a Node thread that searches, with a witness of its batches. */
import { parentPort } from 'node:worker_threads';
import '../../../lib/drivers/workers/thread-worker.ts';
import type { OwnerMessage } from '../../../lib/drivers/workers/messages.ts';
import { createWitness } from './witness.ts';

const owner = parentPort!;
const witness = createWitness((searched) => owner.postMessage(searched));
const original = globalThis.setImmediate;
const witnessed = (resume: () => void) =>
  original(() => {
    witness.resumed();
    resume();
  });
globalThis.setImmediate = witnessed as typeof setImmediate;
owner.on('message', (message: OwnerMessage) => witness.received(message));
