/**
 * The WebSockets of the signaling server: reads each message within its limits, and lets the rooms say what follows (R26).
 */
import { WebSocket, type RawData } from 'ws';
import { addressFrame, readAddress } from '../lib/drivers/relay/frame.ts';
import {
  CLOSE_CODES,
  TOO_LONG_CLOSE_CODE,
  readClientMessage,
  type ErrorCode,
  type FatalCode,
  type ServerMessage,
} from '../lib/drivers/signaling/wire.ts';
import { TokenBucket } from '../lib/net/token-bucket.ts';
import type { SignalingLimits } from './limits.ts';
import { createRelayBudget, type RelayBudget } from './relay-budget.ts';
import { createRooms, type ClientId, type Delivery } from './rooms.ts';

/** A client that does not answer a close by then is cut off. */
const CLOSE_LIMIT_MS = 1_000;

/** The close code that RFC 6455 names for a server that shuts down. */
const GOING_AWAY = 1001;

const EXPLANATIONS: Readonly<Record<ErrorCode, string>> = {
  'bad-message': 'This is no message of the protocol.',
  'bad-order': 'Join a room first, and only one.',
  'too-many-messages': 'Too many messages in a short time.',
  replaced: 'The same node has opened a newer connection.',
  silent: 'Nothing was heard for too long.',
  'room-full': 'The room is full.',
  'too-many-rooms': 'There are too many rooms.',
  'too-slow': 'Too many bytes wait to be read.',
  'not-here': 'This node is not in the room now.',
};

interface Client {
  readonly socket: WebSocket;
  readonly address: string;
  readonly tokens: TokenBucket;
  readonly relayBudget: RelayBudget;
  /** While it sends too fast it is not read. */
  resumeTimer: NodeJS.Timeout | undefined;
  lastHeardMs: number;
  /** Once closing, nothing that it sends matters any more. */
  closing: boolean;
}

export interface ClientFigures {
  readonly rooms: number;
  /** Clients that have joined a room. */
  readonly clients: number;
  /** Signals passed on since the start. */
  readonly signals: number;
  /** Frames relayed since the start. */
  readonly relayedFrames: number;
  readonly relayedBytes: number;
  /** Bytes relayed in the last whole second: the load of now. */
  readonly relayedBytesPerSecond: number;
}

export interface Clients {
  /** Whether one more connection from this address may be opened. */
  admits(address: string): 'yes' | 'too-many-connections' | 'too-many-of-address';
  /** Takes over an open WebSocket. */
  add(socket: WebSocket, address: string): void;
  figures(): ClientFigures;
  /** Ends every connection. */
  close(): Promise<void>;
}

export function createClients(limits: SignalingLimits): Clients {
  const rooms = createRooms(limits);
  const clients = new Map<ClientId, Client>();
  const addresses = new Map<string, number>();
  let lastId: ClientId = 0;
  let signals = 0;
  let relayedFrames = 0;
  let relayedBytes = 0;
  let relayedBytesBefore = 0;
  let relayedBytesPerSecond = 0;

  const loadTimer = setInterval(() => {
    relayedBytesPerSecond = relayedBytes - relayedBytesBefore;
    relayedBytesBefore = relayedBytes;
  }, 1_000);
  const heartbeatTimer = setInterval(() => {
    const nowMs = performance.now();
    for (const [id, client] of clients) {
      if (nowMs - client.lastHeardMs > limits.silenceLimitMs) end(id, 'silent');
      else send(id, { type: 'heartbeat' });
    }
  }, limits.heartbeatIntervalMs);

  function hear(id: ClientId, client: Client, data: RawData, isBinary: boolean): void {
    if (client.closing) return;
    const nowMs = performance.now();
    // The socket's `binaryType` is left at its default, under which everything comes as a Buffer.
    const bytes = data as Buffer;
    if (isBinary) return relay(id, client, bytes, nowMs);
    if (bytes.length > limits.messageBytes) return cut(id, client, TOO_LONG_CLOSE_CODE);
    if (!client.tokens.take(nowMs)) return end(id, 'too-many-messages');
    const message = readClientMessage(String(bytes));
    if (message === null) return end(id, 'bad-message');
    switch (message.type) {
      case 'join': {
        const outcome = rooms.join(id, message.room, message.nodeId);
        if (outcome.kind === 'refused') return end(id, outcome.code);
        client.lastHeardMs = nowMs;
        if (outcome.replaced !== null) end(outcome.replaced, 'replaced');
        return deliver(outcome.deliveries);
      }
      case 'signal': {
        const outcome = rooms.route(id, message.to);
        if (outcome.kind === 'refused') return end(id, outcome.code);
        client.lastHeardMs = nowMs;
        if (outcome.kind === 'not-here') return send(id, explain('not-here', message.to));
        signals += 1;
        return send(outcome.to, { type: 'signal', from: outcome.from, body: message.body });
      }
      case 'heartbeat':
        // Before the join it proves nothing: a connection that never joins must not live by heartbeats.
        if (rooms.has(id)) client.lastHeardMs = nowMs;
        return;
    }
  }

  /** Passes a frame on, unread. */
  function relay(id: ClientId, client: Client, bytes: Uint8Array, nowMs: number): void {
    const addressed = readAddress(bytes);
    if (addressed === null) return end(id, 'bad-message');
    const outcome = rooms.route(id, addressed.nodeId);
    if (outcome.kind === 'refused') return end(id, outcome.code);
    client.lastHeardMs = nowMs;
    const waitMs = client.relayBudget.spend(bytes.length, nowMs);
    if (waitMs > 0) {
      // What has arrived already is still read, so that the wait may become longer.
      client.socket.pause();
      clearTimeout(client.resumeTimer);
      client.resumeTimer = setTimeout(() => client.socket.resume(), waitMs).unref();
    }
    if (outcome.kind === 'not-here') return send(id, explain('not-here', addressed.nodeId));
    relayedFrames += 1;
    relayedBytes += bytes.length;
    sendData(outcome.to, addressFrame(outcome.from, addressed.frame));
  }

  function deliver(deliveries: readonly Delivery[]): void {
    for (const { to, message } of deliveries) send(to, message);
  }

  function send(id: ClientId, message: ServerMessage): void {
    sendData(id, JSON.stringify(message));
  }

  function sendData(id: ClientId, data: string | Uint8Array): void {
    const client = clients.get(id);
    if (client === undefined || client.closing) return;
    if (client.socket.bufferedAmount > limits.bufferedBytes) return end(id, 'too-slow');
    client.socket.send(data);
  }

  /** Says why, closes, and tells the room. The client hears and does nothing more. */
  function end(id: ClientId, code: FatalCode): void {
    const client = clients.get(id);
    if (client === undefined || client.closing) return;
    // More words would only wait behind those that it does not read.
    if (code !== 'too-slow') client.socket.send(JSON.stringify(explain(code)));
    cut(id, client, CLOSE_CODES[code], code);
  }

  function cut(id: ClientId, client: Client, closeCode: number, reason?: string): void {
    // One that is not read would never answer the close.
    client.socket.resume();
    client.socket.close(closeCode, reason);
    expel(id, client);
  }

  /** Of a client that is closing nothing counts any more, and its connection has a last moment to end by itself. */
  function expel(id: ClientId, client: Client): void {
    client.closing = true;
    setTimeout(() => client.socket.terminate(), CLOSE_LIMIT_MS).unref();
    deliver(rooms.leave(id));
  }

  function forget(id: ClientId, client: Client): void {
    client.closing = true;
    clients.delete(id);
    const left = addresses.get(client.address)! - 1;
    if (left === 0) addresses.delete(client.address);
    else addresses.set(client.address, left);
    deliver(rooms.leave(id));
  }

  return {
    admits(address) {
      if (clients.size >= limits.connections) return 'too-many-connections';
      if ((addresses.get(address) ?? 0) >= limits.connectionsPerAddress)
        return 'too-many-of-address';
      return 'yes';
    },

    add(socket, address) {
      const nowMs = performance.now();
      const id = ++lastId;
      const client: Client = {
        socket,
        address,
        tokens: new TokenBucket(limits.messagesPerSecond, limits.burstMessages, nowMs),
        relayBudget: createRelayBudget(limits.relayBurstBytes, limits.relayBytesPerSecond, nowMs),
        resumeTimer: undefined,
        lastHeardMs: nowMs,
        closing: false,
      };
      clients.set(id, client);
      addresses.set(address, (addresses.get(address) ?? 0) + 1);
      socket.on('message', (data, isBinary) => hear(id, client, data, isBinary));
      socket.on('close', () => forget(id, client));
      // A torn frame, one over the limit, or no UTF-8: `ws` closes with the code of RFC 6455.
      socket.on('error', () => expel(id, client));
    },

    figures: () => ({
      rooms: rooms.roomCount,
      clients: rooms.clientCount,
      signals,
      relayedFrames,
      relayedBytes,
      relayedBytesPerSecond,
    }),

    async close() {
      clearInterval(heartbeatTimer);
      clearInterval(loadTimer);
      await Promise.all(
        [...clients.values()].map(
          ({ socket }) =>
            new Promise<void>((resolve) => {
              if (socket.readyState === WebSocket.CLOSED) return resolve();
              socket.once('close', () => resolve());
              socket.close(GOING_AWAY);
              setTimeout(() => socket.terminate(), CLOSE_LIMIT_MS).unref();
            }),
        ),
      );
    },
  };
}

function explain(code: ErrorCode, nodeId?: string): ServerMessage {
  const message = EXPLANATIONS[code];
  return nodeId === undefined
    ? { type: 'error', code, message }
    : { type: 'error', code, message, nodeId };
}
