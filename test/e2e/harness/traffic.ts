/**
 * What a tab's connections have carried, as the browser itself counts it.
 */
import type { BrowserContext, Page } from 'playwright-core';

/** Runs in the page before its own code: keeps every connection within reach of the test. */
function keepConnections(): void {
  const kept: RTCPeerConnection[] = [];
  Object.assign(window, { keptConnections: kept });
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      kept.push(this);
    }
  };
}

/** To be called before the profile's first tab opens. */
export async function watchConnections(context: BrowserContext): Promise<void> {
  await context.addInitScript(keepConnections);
}

export interface ChannelFigures {
  readonly openChannels: number;
  readonly bytesReceived: number;
}

/** Sums over all data channels of the page, by getStats. */
export function readChannelFigures(page: Page): Promise<ChannelFigures> {
  return page.evaluate(async () => {
    const { keptConnections } = window as unknown as { keptConnections: RTCPeerConnection[] };
    const figures = { openChannels: 0, bytesReceived: 0 };
    for (const connection of keptConnections)
      for (const report of (
        await connection.getStats()
      ).values() as Iterable<RTCDataChannelStats>) {
        if (report.type !== 'data-channel') continue;
        if (report.state === 'open') figures.openChannels++;
        figures.bytesReceived += report.bytesReceived ?? 0;
      }
    return figures;
  });
}

interface RTCDataChannelStats {
  readonly type: string;
  readonly state: string;
  readonly bytesReceived?: number;
}

/** Every frame of the page's WebSockets, as text, from before its first tab opens. */
export function recordWebSocketFrames(context: BrowserContext): readonly string[] {
  const frames: string[] = [];
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      const keep = ({ payload }: { payload: string | Buffer }): void =>
        void frames.push(payload.toString());
      socket.on('framesent', keep);
      socket.on('framereceived', keep);
    });
  });
  return frames;
}
