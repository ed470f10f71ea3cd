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
  /** Messages that the flood has handed to the channels. */
  flooded: number;
}

/** Blocks below a new tip that may have come with it. */
const LOOK_BACK = 3;
const FLOOD_INTERVAL_MS = 5;
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
  flood(messagesPerSecond) {
    clearInterval(flooding);
    if (messagesPerSecond === 0) return;
    let due = 0;
    flooding = setInterval(() => {
      due += (messagesPerSecond * FLOOD_INTERVAL_MS) / 1000;
      const open = [...channels].filter(({ readyState }) => readyState === 'open');
      for (; due >= 1 && open.length > 0; due--) {
        send.call(open[notes.flooded++ % open.length]!, MESSAGE as never);
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
    session.subscribe(() => {
      const { tip } = session.snapshot();
      if (tip === null || notes.heardMs[tip.hash] !== undefined) return;
      if (tip.height > 0) notes.firstBlockMs ??= performance.now();
      const nowMs = performance.timeOrigin + performance.now();
      for (const { hash, onBestChain } of session.blocksBetween(tip.height - LOOK_BACK, tip.height))
        if (onBestChain) notes.heardMs[hash] ??= nowMs;
    });
  },
});
Object.assign(window, { notes });
