/** The program of a Web Worker that searches, with a witness of its batches. */
import '../../../lib/drivers/workers/web-worker.ts';
import type { OwnerMessage } from '../../../lib/drivers/workers/messages.ts';
import { createWitness } from './witness.ts';

const witness = createWitness((searched) => self.postMessage(searched));
const { scheduler } = globalThis;
const postTask = scheduler.postTask.bind(scheduler);
scheduler.postTask = ((resume: () => void) =>
  postTask(() => {
    witness.resumed();
    resume();
  })) as typeof postTask;
self.addEventListener('message', (event: MessageEvent<OwnerMessage>) =>
  witness.received(event.data),
);
