/** The graphics worker, content with an adapter that is only a program. */
import { startGraphicsLoop } from '../../../lib/drivers/workers/graphics-loop.ts';

self.onmessage = (
  (receive) => (event: MessageEvent) =>
    receive(event.data)
)(
  startGraphicsLoop({
    post: (message) => self.postMessage(message),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    nowMs: () => performance.now(),
    allowSoftware: true,
  }),
);
