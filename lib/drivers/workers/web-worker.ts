/**
 * The program of a Web Worker that searches proofs of work.
 */
import type { OwnerMessage } from './messages.ts';
import { startSearchLoop } from './search-loop.ts';

const receive = startSearchLoop({
  post: (message) => self.postMessage(message),
  yieldToMessages: createYield(),
  sleep: (ms, resume) => void setTimeout(resume, ms),
  nowMs: () => performance.now(),
});
self.onmessage = (event: MessageEvent<OwnerMessage>) => receive(event.data);

/** Tasks of the scheduler cost least; a timer would cost almost all the time, as it waits for milliseconds. */
function createYield(): (resume: () => void) => void {
  if (globalThis.scheduler?.postTask !== undefined) {
    return (resume) => void globalThis.scheduler.postTask(resume);
  }
  const channel = new MessageChannel();
  let next: (() => void) | null = null;
  channel.port1.onmessage = () => next?.();
  return (resume) => {
    next = resume;
    channel.port2.postMessage(null);
  };
}
