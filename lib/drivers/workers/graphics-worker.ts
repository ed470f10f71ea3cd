/**
 * The program of the Web Worker that searches on the graphics processor.
 */
import { startGraphicsLoop } from './graphics-loop.ts';
import type { OwnerMessage } from './messages.ts';

const receive = startGraphicsLoop({
  post: (message) => self.postMessage(message),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  nowMs: () => performance.now(),
  allowSoftware: false,
});
self.onmessage = (event: MessageEvent<OwnerMessage>) => receive(event.data);
