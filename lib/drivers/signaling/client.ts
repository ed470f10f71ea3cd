/**
 * A peer's lasting presence on the signaling server: joins a room, says who else is there, carries signals, and comes
 * back by itself after every loss (R26). While the server is away, the last list stands: nobody is declared gone.
 */
import { addressFrame, readAddress } from '../relay/frame.ts';
import { LONGEST_WAIT_MS, waitBeforeRetryMs } from './backoff.ts';
import {
  CLOSE_CODES,
  MESSAGE_LIMIT_BYTES,
  SILENCE_LIMIT_MS,
  readServerMessage,
  type ClientMessage,
} from './wire.ts';

/** A server that has not welcomed us by then is not going to; networks that swallow packets never say so. */
const CONNECT_LIMIT_MS = 10_000;

/** A connection that lasted this long was a good one, and the next wait is short again. */
const STEADY_AFTER_MS = 10_000;

/** How often the silence is measured; a fraction of its limit. */
const WATCH_INTERVAL_MS = 2_500;

/** More than the largest room of our server; a longer list is no honest server's. */
const PRESENT_LIMIT = 1_024;

/** Refusals that trying again soon cannot mend: the next try waits the longest, and the user is told. */
const STUBBORN_REFUSALS: ReadonlyMap<number, string> = new Map([
  [CLOSE_CODES['bad-message'], 'The signaling server did not understand us. Reload the page.'],
  [CLOSE_CODES['bad-order'], 'The signaling server did not understand us. Reload the page.'],
  [CLOSE_CODES.replaced, 'Another tab or program joined the room with the key of this one.'],
  [CLOSE_CODES['room-full'], 'The room is full: the signaling server lets nobody in.'],
  [CLOSE_CODES['too-many-rooms'], 'The signaling server has too many rooms and opens no other.'],
]);

/**
 * What is used of a WebSocket. The handlers are `unknown` because the browser's type and that of the package `ws`
 * differ in their event types, though not in what is read from them here.
 */
export interface WebSocketLike {
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  /** Set to `arraybuffer`. */
  binaryType: string;
  readonly readyState: number;
  /** Bytes that wait to leave. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** `lost` lasts until the next welcome, through all the tries between. */
export type SignalingState = 'connecting' | 'connected' | 'lost';

export interface SignalingClientOptions {
  /** `ws://host:port/signal`. */
  readonly url: string;
  readonly room: string;
  /** 40 lower-case hex digits. */
  readonly nodeId: string;
  /** The browser's WebSocket, or that of the package `ws`. */
  readonly WebSocket: WebSocketConstructor;
  /** Spreads the retries; a number in [0, 1). */
  readonly random: () => number;
}

export interface SignalingClientEvents {
  state(state: SignalingState): void;
  /** Everyone else in the room, sorted. Called after each change. */
  present(nodeIds: readonly string[]): void;
  /** This node has a new connection to the server: what was sent to it before may be lost. It is not yet `present`. */
  joined(nodeId: string): void;
  signal(from: string, body: string): void;
  /** A frame that the server relayed. */
  relayed(from: string, frame: Uint8Array): void;
  /** A signal or a frame found nobody: the addressee is not in the room now. */
  undeliverable(nodeId: string): void;
  warn(message: string): void;
}

export interface SignalingClient {
  readonly state: SignalingState;
  readonly present: readonly string[];
  /** Whether the server lists this node. */
  has(nodeId: string): boolean;
  /** Hands a signal to the server. False where the server is away, or the signal is over the limit. */
  signal(to: string, body: string): boolean;
  /** Hands a frame to the server, to be relayed. False where the server is away. */
  relay(to: string, frame: Uint8Array): boolean;
  /** Bytes that wait to leave for the server. */
  readonly queuedBytes: number;
  /** Tries a server that was lost at once, also one that has been silent for too long without anyone looking. */
  wake(): void;
  /** Leaves the room. Nothing is called back afterwards. */
  close(): void;
}

const SOCKET_OPEN = 1;

/** Joins the room now and stays in it until `close`. */
export function createSignalingClient(
  options: SignalingClientOptions,
  events: SignalingClientEvents,
): SignalingClient {
  const utf8 = new TextEncoder();
  const present = new Set<string>();
  let state: SignalingState = 'connecting';
  let socket: WebSocketLike | null = null;
  let failures = 0;
  let lastHeardMs = 0;
  let welcomedAtMs: number | null = null;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let lastWarning = '';
  let closed = false;

  const watchTimer = setInterval(() => {
    if (socket === null) return;
    const limitMs = welcomedAtMs === null ? CONNECT_LIMIT_MS : SILENCE_LIMIT_MS;
    if (performance.now() - lastHeardMs > limitMs) lose(null);
  }, WATCH_INTERVAL_MS);
  // Not within this call: its caller has no client in hand yet.
  queueMicrotask(() => {
    if (closed) return;
    events.state('connecting');
    open();
  });

  function open(): void {
    if (closed) return;
    lastHeardMs = performance.now();
    welcomedAtMs = null;
    let opened: WebSocketLike;
    try {
      opened = new options.WebSocket(options.url);
    } catch {
      // A page served over https may not open ws:, and a malformed address opens nowhere.
      warnOnce(`This address of the signaling server cannot be opened: ${options.url}`);
      scheduleRetry(LONGEST_WAIT_MS);
      return;
    }
    opened.binaryType = 'arraybuffer';
    socket = opened;
    // A socket that was given up may still call; only the current one is heard.
    opened.onopen = () => {
      if (socket === opened) post({ type: 'join', room: options.room, nodeId: options.nodeId });
    };
    opened.onmessage = (event: { readonly data: unknown }) => {
      if (socket === opened) hear(event.data);
    };
    opened.onclose = (event: { readonly code: number }) => {
      if (socket === opened) lose(event.code);
    };
    // A close follows each error and says all that matters; without this handler `ws` would throw.
    opened.onerror = () => undefined;
  }

  function hear(data: unknown): void {
    lastHeardMs = performance.now();
    if (data instanceof ArrayBuffer) {
      const addressed = readAddress(new Uint8Array(data));
      if (addressed !== null) events.relayed(addressed.nodeId, addressed.frame);
      return;
    }
    const message = typeof data === 'string' ? readServerMessage(data) : null;
    if (message === null) return;
    switch (message.type) {
      case 'heartbeat':
        // Answered at once rather than by a timer of ours: timers of hidden tabs run once a minute.
        post({ type: 'heartbeat' });
        return;
      case 'welcome':
        welcomedAtMs = lastHeardMs;
        present.clear();
        for (const nodeId of message.nodeIds) add(nodeId);
        setState('connected');
        if (!closed) events.present(list());
        return;
      case 'joined':
        // First: what `present` makes its owner send to the node is not of before.
        events.joined(message.nodeId);
        if (!closed && add(message.nodeId)) events.present(list());
        return;
      case 'left':
        if (present.delete(message.nodeId)) events.present(list());
        return;
      case 'signal':
        events.signal(message.from, message.body);
        return;
      case 'error':
        if (message.code === 'not-here' && message.nodeId !== undefined)
          events.undeliverable(message.nodeId);
        return;
    }
  }

  function add(nodeId: string): boolean {
    if (nodeId === options.nodeId || present.has(nodeId) || present.size >= PRESENT_LIMIT)
      return false;
    present.add(nodeId);
    return true;
  }

  function list(): readonly string[] {
    return [...present].sort();
  }

  function lose(closeCode: number | null): void {
    const steady = welcomedAtMs !== null && performance.now() - welcomedAtMs >= STEADY_AFTER_MS;
    failures = steady ? 0 : failures + 1;
    abandon();
    const refusal = closeCode === null ? undefined : STUBBORN_REFUSALS.get(closeCode);
    if (refusal !== undefined) warnOnce(refusal);
    scheduleRetry(
      refusal === undefined ? waitBeforeRetryMs(failures - 1, options.random) : LONGEST_WAIT_MS,
    );
  }

  function scheduleRetry(waitMs: number): void {
    setState('lost');
    if (!closed) retryTimer = setTimeout(open, waitMs);
  }

  function abandon(): void {
    const old = socket;
    socket = null;
    try {
      old?.close();
    } catch {
      // A socket that never opened may refuse to close; it is no longer heard either way.
    }
  }

  function post(message: ClientMessage): boolean {
    const text = JSON.stringify(message);
    return utf8.encode(text).length <= MESSAGE_LIMIT_BYTES && send(text);
  }

  function send(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (socket === null || socket.readyState !== SOCKET_OPEN) return false;
    try {
      socket.send(data);
      return true;
    } catch {
      return false;
    }
  }

  function setState(next: SignalingState): void {
    if (closed || state === next) return;
    state = next;
    events.state(next);
  }

  function warnOnce(message: string): void {
    if (closed || message === lastWarning) return;
    lastWarning = message;
    events.warn(message);
  }

  return {
    get state() {
      return state;
    },
    get present() {
      return list();
    },
    has: (nodeId) => present.has(nodeId),
    signal: (to, body) => state === 'connected' && post({ type: 'signal', to, body }),
    relay: (to, frame) => state === 'connected' && send(addressFrame(to, frame)),
    get queuedBytes() {
      return socket?.bufferedAmount ?? 0;
    },
    wake() {
      const isHeard = socket !== null && performance.now() - lastHeardMs <= SILENCE_LIMIT_MS;
      if (closed || isHeard) return;
      clearTimeout(retryTimer);
      failures = 0;
      abandon();
      setState('lost');
      open();
    },
    close() {
      if (closed) return;
      closed = true;
      clearInterval(watchTimer);
      clearTimeout(retryTimer);
      abandon();
    },
  };
}
