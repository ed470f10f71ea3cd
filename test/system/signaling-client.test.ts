/** The client of the signaling server, through servers that fail it in every way (R26). */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  createSignalingClient,
  type SignalingClient,
  type SignalingState,
} from '../../lib/drivers/signaling/client.ts';
import { CLOSE_CODES } from '../../lib/drivers/signaling/wire.ts';
import { startSignalingServer, type SignalingServer } from '../../signaling/server.ts';
import { until } from '../drivers/transport-world.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

let ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function start(port = 0): Promise<SignalingServer> {
  const outcome = await startSignalingServer({ host: '127.0.0.1', port, appDir: null });
  if (!outcome.ok) throw new Error(outcome.message);
  ends.push(() => outcome.server.close());
  return outcome.server;
}

interface Hearer {
  readonly client: SignalingClient;
  readonly states: SignalingState[];
  readonly presents: (readonly string[])[];
  readonly joined: string[];
  readonly signals: string[];
  readonly frames: string[];
  readonly undeliverable: string[];
  readonly warnings: string[];
}

function join(port: number, nodeId: string, scheme = 'ws'): Hearer {
  const heard: Omit<Hearer, 'client'> = {
    states: [],
    presents: [],
    joined: [],
    signals: [],
    frames: [],
    undeliverable: [],
    warnings: [],
  };
  const client = createSignalingClient(
    {
      url: `${scheme}://127.0.0.1:${port}/signal`,
      room: 'red',
      nodeId,
      WebSocket,
      random: () => 0,
    },
    {
      state: (state) => heard.states.push(state),
      present: (nodeIds) => heard.presents.push(nodeIds),
      joined: (other) => heard.joined.push(other),
      signal: (from, body) => heard.signals.push(`${from} ${body}`),
      relayed: (from, frame) => heard.frames.push(`${from} ${Buffer.from(frame).toString('hex')}`),
      undeliverable: (other) => heard.undeliverable.push(other),
      warn: (message) => heard.warnings.push(message),
    },
  );
  ends.push(() => client.close());
  return Object.assign(heard, { client });
}

async function portOf(acceptor: WebSocketServer): Promise<number> {
  await until('it listens', () => acceptor.address() !== null);
  return (acceptor.address() as AddressInfo).port;
}

describe('a client of the signaling server', () => {
  test('hears who is there, and carries signals; one to nobody comes back', async () => {
    const server = await start();
    const a = join(server.port, A);
    expect(a.states).toEqual([]);
    await until('a is in', () => a.client.state === 'connected');
    const b = join(server.port, B);
    await until('they see each other', () => a.presents.length + b.presents.length === 3);
    expect(a.presents).toEqual([[], [B]]);
    expect(b.presents).toEqual([[A]]);
    expect(a.joined).toEqual([B]);
    expect(a.client.signal(B, 'hello')).toBe(true);
    expect(a.client.signal('c'.repeat(40), 'hello')).toBe(true);
    await until('both came', () => b.signals.length + a.undeliverable.length === 2);
    expect(b.signals).toEqual([`${A} hello`]);
    expect(a.undeliverable).toEqual(['c'.repeat(40)]);
    expect(a.client.signal(B, 'x'.repeat(32 * 1024))).toBe(false);
    b.client.close();
    await until('b has left', () => a.client.present.length === 0);
  });

  test('keeps the last list while the server is away, and joins again when it is back', async () => {
    const server = await start();
    const a = join(server.port, A);
    const b = join(server.port, B);
    await until(
      'they see each other',
      () => a.client.present.length + b.client.present.length === 2,
    );
    await server.close();
    await until('both noticed', () => [a, b].every(({ client }) => client.state === 'lost'));
    expect(a.client.present).toEqual([B]);
    expect(a.client.signal(B, 'hello')).toBe(false);
    await start(server.port);
    await until('both are back', () => [a, b].every(({ client }) => client.state === 'connected'));
    await until(
      'they see each other',
      () => a.client.present.length + b.client.present.length === 2,
    );
    expect(a.states).toEqual(['connecting', 'connected', 'lost', 'connected']);
    expect(a.warnings).toEqual([]);
  });

  test('keeps trying where no server is yet', async () => {
    const free = await start();
    const { port } = free;
    await free.close();
    const a = join(port, A);
    await until('the first try has failed', () => a.states.includes('lost'));
    await start(port);
    await until('it is in', () => a.client.state === 'connected');
    expect(a.states).toEqual(['connecting', 'lost', 'connected']);
  });

  test('that is replaced tells its user, and does not fight for the place', async () => {
    const server = await start();
    const a = join(server.port, A);
    await until('it is in', () => a.client.state === 'connected');
    const again = join(server.port, A);
    await until('the first is out', () => a.client.state === 'lost');
    expect(a.warnings).toHaveLength(1);
    expect(again.client.state).toBe('connected');
    expect(server.figures().clients).toBe(1);
  });

  test('heeds nothing that its protocol does not know, and survives it', async () => {
    const acceptor = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    ends.push(() => new Promise((resolve) => acceptor.close(() => resolve())));
    const heartbeats: string[] = [];
    acceptor.on('connection', (socket) => {
      for (const text of [
        'garbage',
        '[]',
        '{"type":"welcome","nodeIds":["x"]}',
        '{"type":"error","code":"nothing","message":"x"}',
        '{"type":"heartbeat"}',
        JSON.stringify({ type: 'welcome', nodeIds: [A, B, B] }),
      ])
        socket.send(text);
      socket.send(Uint8Array.of(1, 2, 3));
      socket.on('message', (data) => heartbeats.push(String(data)));
    });
    const a = join(await portOf(acceptor), A);
    await until('it is in', () => a.client.state === 'connected');
    expect(a.presents).toEqual([[B]]);
    await until('it beat back', () => heartbeats.some((text) => text.includes('heartbeat')));
    for (const socket of acceptor.clients) socket.terminate();
  });

  test('where the server refuses for good, tells its user once', async () => {
    const acceptor = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    ends.push(() => new Promise((resolve) => acceptor.close(() => resolve())));
    acceptor.on('connection', (socket) => socket.close(CLOSE_CODES['room-full'], 'room-full'));
    const a = join(await portOf(acceptor), A);
    await until('it is out', () => a.client.state === 'lost');
    expect(a.warnings).toHaveLength(1);
    expect(a.warnings[0]).toContain('full');
  });

  test('of an address that no WebSocket can open says so', async () => {
    const a = join(1, A, 'gopher');
    await until('it said so', () => a.warnings.length === 1);
    expect(a.client.state).toBe('lost');
  });

  test('gives up a server that takes the call and says nothing', async () => {
    let calls = 0;
    const mute: Server = createServer((socket) => {
      calls += 1;
      socket.on('error', () => undefined).resume();
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    ends.push(() => void mute.close());
    const a = join((mute.address() as AddressInfo).port, A);
    await until('it is given up', () => a.client.state === 'lost');
    await until('and tried again', () => calls === 2);
  });

  test('calls nothing back once it is closed', async () => {
    const server = await start();
    const a = join(server.port, A);
    a.client.close();
    const b = join(server.port, B);
    await until('b is in', () => b.client.state === 'connected');
    b.client.close();
    await server.close();
    expect(a.states).toEqual([]);
    expect(b.states).toEqual(['connecting', 'connected']);
  });
});
