/** A signaling server of a test's own, and callers that say to it what the test wants (R26). */
import { connect } from 'node:net';
import { afterEach, expect } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { readAddress } from '../../lib/drivers/relay/frame.ts';
import { readServerMessage } from '../../lib/drivers/signaling/wire.ts';
import {
  startSignalingServer,
  type SignalingServer,
  type SignalingServerOptions,
} from '../../signaling/server.ts';
import { until } from '../drivers/transport-world.ts';

export const A = 'a'.repeat(40);
export const B = 'b'.repeat(40);
export const C = 'c'.repeat(40);

let ends: (() => Promise<void> | void)[] = [];
/** Does this when the test ends, latest first. */
export function atEnd(end: () => Promise<void> | void): void {
  ends.push(end);
}

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

export async function start(
  options: Partial<SignalingServerOptions> = {},
): Promise<SignalingServer> {
  const outcome = await startSignalingServer({
    host: '127.0.0.1',
    port: 0,
    appDir: null,
    ...options,
  });
  if (!outcome.ok) throw new Error(outcome.message);
  atEnd(() => outcome.server.close());
  return outcome.server;
}

/** A connection that notes what it hears and answers nothing by itself. */
export interface Caller {
  readonly socket: WebSocket;
  /** Messages as the protocol reads them, heartbeats left out. */
  readonly heard: unknown[];
  /** Relayed frames, each with its sender. */
  readonly frames: { readonly nodeId: string; readonly frame: Uint8Array }[];
  heartbeats: number;
  closeCode: number | null;
  say(message: object | string | Uint8Array): void;
}

export async function call(server: SignalingServer, options: ClientOptions = {}): Promise<Caller> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/signal`, options);
  const caller: Caller = {
    socket,
    heard: [],
    frames: [],
    heartbeats: 0,
    closeCode: null,
    say: (message) =>
      socket.send(
        typeof message === 'string' || message instanceof Uint8Array
          ? message
          : JSON.stringify(message),
      ),
  };
  socket.on('message', (data, isBinary) => {
    if (isBinary) {
      caller.frames.push(readAddress(new Uint8Array(data as Buffer))!);
      return;
    }
    const message = readServerMessage(String(data));
    if (message?.type === 'heartbeat') caller.heartbeats += 1;
    else caller.heard.push(message);
  });
  socket.on('close', (code) => (caller.closeCode = code));
  socket.on('error', () => undefined);
  atEnd(() => socket.terminate());
  await until('the socket is open or refused', () => socket.readyState !== WebSocket.CONNECTING);
  return caller;
}

export async function enter(
  server: SignalingServer,
  nodeId: string,
  room = 'red',
): Promise<Caller> {
  const caller = await call(server);
  caller.say({ type: 'join', room, nodeId });
  await until('welcomed', () => caller.heard.length > 0);
  return caller;
}

/** That the server is well: a newcomer is welcomed. */
export async function expectWell(server: SignalingServer): Promise<void> {
  const caller = await enter(server, 'f'.repeat(40), 'health');
  expect(caller.heard[0]).toEqual({ type: 'welcome', nodeIds: [] });
}

/** The HTTP status with which a WebSocket was refused, or null where it opened. */
export function refusalStatus(socket: WebSocket): Promise<number | null> {
  return new Promise((resolve) => {
    socket.on('open', () => resolve(null));
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    socket.on('error', () => undefined);
  });
}

/** The status of a request that no well-behaved client would send; null where the connection is cut. */
export function rawStatus(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<number | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += String(data)));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
      resolve(status === undefined ? null : Number(status));
    });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines.join('')}\r\n`,
    );
  });
}
