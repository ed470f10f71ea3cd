/**
 * What a page of the app notes for a benchmark, from before its own scripts run: when blocks came, on the clock that
 * all pages share; and on demand it sends more than any honest peer.
 */
import type { TabSession } from '../../../lib/drivers/tab-session.ts';

export interface PageNotes {
  /** When each block stood on the best chain, by its hash, in milliseconds since 1970. */
  readonly heardMs: Record<string, number>;
  /** The first block after the genesis block, in milliseconds after the page was opened; null until then. */
  firstBlockMs: number | null;
  /** Sends so many messages a second, over all open data channels in turn; 0 stops it. */
  flood(messagesPerSecond: number): void;
  /** Messages of the flood so far. */
  flooded: number;
  /** Those of them that no channel could take: WebRTC carries no more. */
  held: number;
}

/** Blocks below a new tip that may have come with it. */
const LOOK_BACK = 3;
const FLOOD_INTERVAL_MS = 5;
const FLOOD_QUEUE_BYTES = 1024 * 1024;
/** Within every limit, and answered: the dearest of the small messages. */
const MESSAGE = new TextEncoder().encode(
  JSON.stringify({
    type: 'ping',
    id: 1,
    status: { genesis: null, endorsement: null, tip: null, height: 0, work: '0' },
  }),
);

const channels = new Set<RTCDataChannel>();
const send = RTCDataChannel.prototype.send;
RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: never) {
  channels.add(this);
  send.call(this, data);
};

let flooding: ReturnType<typeof setInterval> | undefined;
const notes: PageNotes = {
  heardMs: {},
  firstBlockMs: null,
  flooded: 0,
  held: 0,
  flood(messagesPerSecond) {
    clearInterval(flooding);
    if (messagesPerSecond === 0) return;
    let sinceMs = performance.now();
    flooding = setInterval(() => {
      // By the clock: timers come late on a busy machine. What a second's stall has left undone is not made up for.
      const nowMs = performance.now();
      let due = (messagesPerSecond * Math.min(nowMs - sinceMs, 1_000)) / 1_000;
      sinceMs = nowMs;
      const open = [...channels].filter(({ readyState }) => readyState === 'open');
      for (; due > 0 && open.length > 0; due--) {
        const channel = open[notes.flooded % open.length]!;
        // Beyond some megabytes a channel throws and is lost.
        if (channel.bufferedAmount > FLOOD_QUEUE_BYTES) notes.held++;
        else send.call(channel, MESSAGE as never);
        notes.flooded++;
      }
    }, FLOOD_INTERVAL_MS);
  },
};

let opened: { readonly session: TabSession } | undefined;
Object.defineProperty(window, 'tabchain', {
  configurable: true,
  get: () => opened,
  set(value: { readonly session: TabSession }) {
    opened = value;
    const { session } = value;
    session.setPaused(true);
    let topHeight = -1;
    session.subscribe(() => {
      // A picture for each message would cost more than what is measured; a new tip is higher than all before.
      if (session.blocksBetween(topHeight + 1, topHeight + 1).length === 0) return;
      const { tip } = session.snapshot();
      if (tip === null || tip.height <= topHeight) return;
      topHeight = tip.height;
      if (tip.height > 0) notes.firstBlockMs ??= performance.now();
      const nowMs = performance.timeOrigin + performance.now();
      for (const { hash, onBestChain } of session.blocksBetween(tip.height - LOOK_BACK, tip.height))
        if (onBestChain) notes.heardMs[hash] ??= nowMs;
    });
  },
});
Object.assign(window, { notes });
