/**
 * The program of the child process that runs a Node peer's WebRTC (R9, R29).
 *
 * The native WebRTC of @roamhq/wrtc tears a data channel down on a thread of its own, and a message that is sent in
 * the same moment ends the whole process. Any stranger can bring that moment about by connecting and closing. So it
 * runs here, where only links are lost with it, and the parent starts it anew.
 */
import { drawRandom } from '../clocks.ts';
import type { WrtcModule } from './link.ts';
import type { Order, Report } from './process-messages.ts';
import type { WebRtcTransport } from './contract.ts';
import { createWebRtcTransport } from './transport.ts';

/** Time for the farewells of `close` to leave. */
const FAREWELL_MS = 300;
/** How often queues are looked at while something waits in them. */
const QUEUE_WATCH_MS = 20;
/** Heard bytes that the parent has not taken yet. Beyond, the link that sends them is closed. */
const UNTAKEN_LIMIT_BYTES = 16 * 1024 * 1024;

let transport: WebRtcTransport | null = null;
let untakenBytes = 0;
/** Links whose queue was not empty when it was last reported. */
const queued = new Set<string>();

// Ctrl-C reaches the whole group; the parent says when to end, by closing the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => {
  transport?.close();
  setTimeout(() => process.exit(0), FAREWELL_MS);
});
// The parent may have ended while this program was still being loaded.
if (!process.connected) process.exit(0);
process.on('message', (order: Order) => obey(order));

const wrtc = await loadWrtc();
report({ type: wrtc === null ? 'missing' : 'ready' });
setInterval(() => {
  for (const linkId of queued) reportQueue(linkId, 0);
}, QUEUE_WATCH_MS);

function obey(order: Order): void {
  switch (order.type) {
    case 'work':
      if (wrtc !== null) transport = begin(wrtc, order);
      return;
    case 'hear':
      transport?.hear(order.from, order.signal);
      return;
    case 'rejoined':
      transport?.rejoined(order.nodeId);
      return;
    case 'undeliverable':
      transport?.undeliverable(order.nodeId);
      return;
    case 'dial':
      transport?.dial(order.nodeId);
      return;
    case 'send':
      transport?.send(order.linkId, order.bytes);
      reportQueue(order.linkId, order.bytes.length);
      return;
    case 'disconnect':
      transport?.disconnect(order.linkId, order.code);
      return;
  }
}

function begin(
  wrtc: WrtcModule,
  { nodeId, iceServers, dialLimitMs }: Order & { type: 'work' },
): WebRtcTransport {
  return createWebRtcTransport(
    {
      nodeId,
      iceServers,
      wrtc,
      random: drawRandom,
      ...(dialLimitMs !== undefined && { dialLimitMs }),
    },
    {
      connected: (linkId, kind, other) =>
        report({ type: 'connected', linkId, kind, nodeId: other }),
      received: hear,
      disconnected(linkId) {
        queued.delete(linkId);
        report({ type: 'disconnected', linkId });
      },
      dialFailed: (other) => report({ type: 'dial-failed', nodeId: other }),
      signal: (to, signal) => report({ type: 'signal', to, signal }),
      warn: (message) => report({ type: 'warn', message }),
    },
  );
}

function hear(linkId: string, bytes: Uint8Array): void {
  if (untakenBytes + bytes.length > UNTAKEN_LIMIT_BYTES) {
    transport?.disconnect(linkId, 'flood');
    return;
  }
  untakenBytes += bytes.length;
  report({ type: 'received', linkId, bytes }, () => (untakenBytes -= bytes.length));
}

function reportQueue(linkId: string, taken: number): void {
  const waiting = transport?.queuedBytes(linkId) ?? 0;
  if (waiting > 0) queued.add(linkId);
  else queued.delete(linkId);
  report({ type: 'queue', linkId, taken, queued: waiting });
}

/** `taken` is called when the report has left this process, or when there is nobody to take it. */
function report(what: Report, taken: () => void = () => undefined): void {
  if (process.connected) process.send!(what, undefined, undefined, taken);
  else taken();
}

async function loadWrtc(): Promise<WrtcModule | null> {
  try {
    return ((await import('@roamhq/wrtc')) as { default: WrtcModule }).default;
  } catch {
    return null;
  }
}
