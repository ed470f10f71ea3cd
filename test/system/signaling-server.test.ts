/** The signaling server on real sockets (R26). */
import { mkdtempSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import {
  addressFrame,
  readAddress,
  RELAY_FRAME_LIMIT_BYTES,
} from '../../lib/drivers/relay/frame.ts';
import { CLOSE_CODES, readServerMessage } from '../../lib/drivers/signaling/wire.ts';
import {
  startSignalingServer,
  type SignalingServer,
  type SignalingServerOptions,
} from '../../signaling/server.ts';
import { until } from '../drivers/transport-world.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const C = 'c'.repeat(40);

let ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function start(options: Partial<SignalingServerOptions> = {}): Promise<SignalingServer> {
  const outcome = await startSignalingServer({
    host: '127.0.0.1',
    port: 0,
    appDir: null,
    ...options,
  });
  if (!outcome.ok) throw new Error(outcome.message);
  ends.push(() => outcome.server.close());
  return outcome.server;
}

/** A connection that notes what it hears and answers nothing by itself. */
interface Caller {
  readonly socket: WebSocket;
  /** Messages as the protocol reads them, heartbeats left out. */
  readonly heard: unknown[];
  /** Relayed frames, each with its sender. */
  readonly frames: { readonly nodeId: string; readonly frame: Uint8Array }[];
  heartbeats: number;
  closeCode: number | null;
  say(message: object | string | Uint8Array): void;
}

async function call(server: SignalingServer, options: ClientOptions = {}): Promise<Caller> {
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
  ends.push(() => socket.terminate());
  await until('the socket is open or refused', () => socket.readyState !== WebSocket.CONNECTING);
  return caller;
}

async function enter(server: SignalingServer, nodeId: string, room = 'red'): Promise<Caller> {
  const caller = await call(server);
  caller.say({ type: 'join', room, nodeId });
  await until('welcomed', () => caller.heard.length > 0);
  return caller;
}

/** That the server is well: a newcomer is welcomed. */
async function expectWell(server: SignalingServer): Promise<void> {
  const caller = await enter(server, 'f'.repeat(40), 'health');
  expect(caller.heard[0]).toEqual({ type: 'welcome', nodeIds: [] });
}

describe('in a room', () => {
  test('those who are there hear who comes and who goes; a newcomer hears who is there', async () => {
    const server = await start();
    const a = await enter(server, A);
    const b = await enter(server, B);
    expect(b.heard).toEqual([{ type: 'welcome', nodeIds: [A] }]);
    const elsewhere = await enter(server, C, 'green');
    await until('a heard', () => a.heard.length === 2);
    b.socket.close();
    await until('a heard', () => a.heard.length === 3);
    expect(a.heard.slice(1)).toEqual([
      { type: 'joined', nodeId: B },
      { type: 'left', nodeId: B },
    ]);
    expect(elsewhere.heard).toHaveLength(1);
    expect(server.figures()).toMatchObject({ rooms: 2, clients: 2 });
  });

  test('a signal reaches its addressee as it was said; one to nobody is answered', async () => {
    const server = await start();
    const a = await enter(server, A);
    const b = await enter(server, B);
    const body = '{"any":"text","\u00e9":"\\u0000"}';
    a.say({ type: 'signal', to: B, body });
    await until('b heard', () => b.heard.length === 2);
    expect(b.heard[1]).toEqual({ type: 'signal', from: A, body });
    b.say({ type: 'signal', to: C, body });
    await until('b heard', () => b.heard.length === 3);
    expect(b.heard[2]).toMatchObject({ type: 'error', code: 'not-here', nodeId: C });
    expect(b.closeCode).toBeNull();
  });

  test('a node that comes again replaces its old connection, and the others hear of it', async () => {
    const server = await start();
    const a = await enter(server, A);
    const old = await enter(server, B);
    const b = await enter(server, B);
    await until('the old one is closed', () => old.closeCode !== null);
    expect(old.closeCode).toBe(CLOSE_CODES.replaced);
    expect(b.heard).toEqual([{ type: 'welcome', nodeIds: [A] }]);
    await until('a heard twice', () => a.heard.length === 3);
    expect(a.heard.slice(1)).toEqual([
      { type: 'joined', nodeId: B },
      { type: 'joined', nodeId: B },
    ]);
    a.say({ type: 'signal', to: B, body: 'x' });
    await until('the new one hears', () => b.heard.length === 2);
  });

  test('who says nothing is dropped, and the others hear that it left; who answers stays', async () => {
    const server = await start({ limits: { heartbeatIntervalMs: 30, silenceLimitMs: 200 } });
    const a = await enter(server, A);
    a.socket.on('message', (data) => {
      if (String(data).includes('heartbeat')) a.say({ type: 'heartbeat' });
    });
    const silent = await enter(server, B);
    const neverJoined = await call(server);
    const onlyBeats = await call(server);
    const beating = setInterval(() => onlyBeats.say({ type: 'heartbeat' }), 20);
    ends.push(() => clearInterval(beating));
    await until('a heard', () => a.heard.length === 3);
    expect(a.heard[2]).toEqual({ type: 'left', nodeId: B });
    for (const dropped of [silent, neverJoined, onlyBeats]) {
      await until('it was dropped', () => dropped.closeCode !== null);
      expect(dropped.closeCode).toBe(CLOSE_CODES.silent);
    }
    expect(a.closeCode).toBeNull();
    expect(a.heartbeats).toBeGreaterThan(1);
  });
});

describe('what no honest client sends', () => {
  const join = { type: 'join', room: 'red', nodeId: A };
  test.each<[string, (object | string | Uint8Array)[], number]>([
    ['text that is no JSON', ['garbage'], CLOSE_CODES['bad-message']],
    ['JSON that is no message', [[1, 2]], CLOSE_CODES['bad-message']],
    ['bytes without an address', [join, Uint8Array.of(1, 2, 3)], CLOSE_CODES['bad-message']],
    ['a frame before the join', [new Uint8Array(21)], CLOSE_CODES['bad-order']],
    ['a frame over the limit', [join, new Uint8Array(RELAY_FRAME_LIMIT_BYTES + 1)], 1009],
    ['a malformed room code', [{ ...join, room: '../x' }], CLOSE_CODES['bad-message']],
    ['a malformed node id', [{ ...join, nodeId: '__proto__' }], CLOSE_CODES['bad-message']],
    ['a signal before the join', [{ type: 'signal', to: B, body: '' }], CLOSE_CODES['bad-order']],
    ['a second join', [join, { ...join, nodeId: B }], CLOSE_CODES['bad-order']],
    ['a message over the limit', ['x'.repeat(32 * 1024 + 1)], 1009],
    ['brackets all the way down', ['['.repeat(32 * 1024)], CLOSE_CODES['bad-message']],
  ])('%s closes its connection, and harms nobody', async (_name, messages, code) => {
    const server = await start();
    const bystander = await enter(server, C);
    const caller = await call(server);
    for (const message of messages) caller.say(message);
    await until('it is closed', () => caller.closeCode !== null);
    expect(caller.closeCode).toBe(code);
    if (code !== 1009) expect(caller.heard.at(-1)).toMatchObject({ type: 'error' });
    expect(bystander.closeCode).toBeNull();
    await expectWell(server);
  });

  test('text that is no UTF-8, and a torn frame, close their connection', async () => {
    const server = await start();
    const caller = await call(server);
    caller.socket.send(Uint8Array.of(0xff, 0xfe), { binary: false });
    await until('it is closed', () => caller.closeCode !== null);
    expect(caller.closeCode).toBe(1007);

    const torn = connect(server.port, '127.0.0.1');
    let isOver = false;
    torn.on('error', () => undefined).on('close', () => (isOver = true));
    torn.resume();
    torn.write(
      'GET /signal HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    torn.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff));
    await until('it is closed', () => isOver);
    await expectWell(server);
  });

  test('a flood is cut off, and the others go on', async () => {
    const server = await start({ limits: { burstMessages: 50, messagesPerSecond: 10 } });
    const b = await enter(server, B);
    const flood = await enter(server, A);
    for (let i = 0; i < 500; i++) flood.say({ type: 'signal', to: B, body: 'x' });
    await until('it is cut off', () => flood.closeCode !== null);
    expect(flood.closeCode).toBe(CLOSE_CODES['too-many-messages']);
    await until('b heard that it left', () => b.heard.some((one) => isLeft(one)));
    // The join took one token; a slow machine may add a few.
    const signals = b.heard.filter((one) => (one as { type: string }).type === 'signal').length;
    expect(signals).toBeGreaterThanOrEqual(49);
    expect(signals).toBeLessThan(100);
    await expectWell(server);
  });

  test('a client that joins a room of 60 and dials them all is no flood', async () => {
    const server = await start();
    const others = Array.from({ length: 60 }, (_, i) => i.toString(16).padStart(40, '0'));
    const callers = await Promise.all(others.map((nodeId) => enter(server, nodeId)));
    const a = await enter(server, A);
    for (const to of others)
      for (let i = 0; i < 13; i++) a.say({ type: 'signal', to, body: 'x'.repeat(1500) });
    await until('all have arrived', () => server.figures().signals === 60 * 13);
    expect(a.closeCode).toBeNull();
    expect(callers.every((one) => one.closeCode === null)).toBe(true);
  });

  test('who reads nothing is cut off before its queue grows without end', async () => {
    const server = await start({
      limits: { bufferedBytes: 100_000, burstMessages: 100_000 },
    });
    const a = await enter(server, A);
    const b = await enter(server, B);
    b.socket.pause();
    let isLeaving = false;
    a.socket.on('message', (data) => (isLeaving ||= String(data).includes('"left"')));
    for (let i = 0; !isLeaving && i < 5_000; i++) {
      a.say({ type: 'signal', to: B, body: 'x'.repeat(30_000) });
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until('a heard that b left', () => isLeaving);
    await expectWell(server);
  });
});

describe('the relay', () => {
  test('a frame of any size reaches its addressee under the name of its sender; one to nobody is answered', async () => {
    const server = await start();
    const a = await enter(server, A);
    const b = await enter(server, B);
    const frames = [1, 7, RELAY_FRAME_LIMIT_BYTES - 20].map((length, index) =>
      new Uint8Array(length).fill(index + 1),
    );
    for (const frame of frames) a.say(addressFrame(B, frame));
    await until('all have come', () => b.frames.length === frames.length);
    expect(b.frames.map(({ nodeId }) => nodeId)).toEqual([A, A, A]);
    expect(b.frames.map(({ frame }) => [frame.length, frame[0]])).toEqual(
      frames.map((frame) => [frame.length, frame[0]]),
    );
    b.say(addressFrame(C, Uint8Array.of(1)));
    await until('b heard', () => b.heard.length === 2);
    expect(b.heard[1]).toMatchObject({ type: 'error', code: 'not-here', nodeId: C });
    expect(server.figures()).toMatchObject({ relayedFrames: 3 });
  });

  test('who sends faster than its share is read more slowly, loses nothing, and delays nobody', async () => {
    const server = await start({
      limits: { relayBurstBytes: 10_000, relayBytesPerSecond: 500_000 },
    });
    const a = await enter(server, A);
    const b = await enter(server, B);
    const other = await enter(server, C);
    const count = 400;
    for (let index = 0; index < count; index++)
      a.say(addressFrame(B, new Uint8Array(1_000).fill(index % 256)));
    other.say(addressFrame(B, Uint8Array.of(99)));
    await until('the other is heard', () => b.frames.some(({ nodeId }) => nodeId === C));
    expect(b.frames.length).toBeLessThan(count);
    await until('all have come', () => b.frames.length === count + 1);
    const ofA = b.frames.filter(({ nodeId }) => nodeId === A);
    expect(ofA.map(({ frame }) => frame[0])).toEqual(
      [...Array(count).keys()].map((index) => index % 256),
    );
    expect(a.closeCode).toBeNull();
  });
});

describe('limits on how many', () => {
  test('peers of a room, and rooms: who is over hears why', async () => {
    const server = await start({ limits: { peersPerRoom: 1, rooms: 2 } });
    await enter(server, A);
    await enter(server, A, 'green');
    const full = await call(server);
    full.say({ type: 'join', room: 'red', nodeId: B });
    const noRoom = await call(server);
    noRoom.say({ type: 'join', room: 'blue', nodeId: B });
    await until('both are closed', () => full.closeCode !== null && noRoom.closeCode !== null);
    expect(full.closeCode).toBe(CLOSE_CODES['room-full']);
    expect(noRoom.closeCode).toBe(CLOSE_CODES['too-many-rooms']);
  });

  test.each([
    ['connections', { connections: 1 }, 503],
    ['connections of one address', { connectionsPerAddress: 1 }, 429],
  ])('%s; a place that is left is free again', async (_name, limits, status) => {
    const server = await start({ limits });
    const first = await call(server);
    const url = `ws://127.0.0.1:${server.port}/signal`;
    expect(await refusalStatus(new WebSocket(url))).toBe(status);
    first.socket.close();
    await until('it is closed', () => first.closeCode !== null);
    await enter(server, A);
  });
});

describe('origins', () => {
  test.each([
    ['a page of this server', (port: number) => `http://127.0.0.1:${port}`, null],
    ['a page of an allowed origin', () => 'https://class.example', null],
    ['a page of anywhere else', () => 'https://elsewhere.example', 403],
    ['another port of this machine', () => 'http://127.0.0.1:1', 403],
    ['a page without an origin', () => 'null', 403],
  ])('%s', async (_name, origin, refused) => {
    const server = await start({ allowedOrigins: ['https://class.example'] });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/signal`, {
      origin: origin(server.port),
    });
    ends.push(() => socket.terminate());
    expect(await refusalStatus(socket)).toBe(refused);
  });

  test('a WebSocket at another path is refused', async () => {
    const server = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/elsewhere`);
    expect(await refusalStatus(socket)).toBe(404);
  });
});

describe('pages', () => {
  function buildApp(): string {
    const dir = mkdtempSync(join(tmpdir(), 'tabchain-app-'));
    ends.push(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'index.html'), '<!doctype html><title>app</title>');
    mkdirSync(join(dir, 'assets'));
    writeFileSync(join(dir, 'assets', 'index-1a2b.js'), 'export {};');
    writeFileSync(join(dir, '.secret'), 'secret');
    return dir;
  }

  test('the app is served, under a policy that lets it run nothing from elsewhere', async () => {
    const server = await start({ appDir: buildApp() });
    const page = await fetch(`http://127.0.0.1:${server.port}/`);
    expect(await page.text()).toContain('<title>app</title>');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = page.headers.get('content-security-policy')!;
    for (const rule of [
      "default-src 'self'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "worker-src 'self' blob:",
      "connect-src 'self' ws: wss:",
    ])
      expect(policy).toContain(rule);
    const script = await fetch(`http://127.0.0.1:${server.port}/assets/index-1a2b.js`);
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect(script.headers.get('content-type')).toContain('javascript');
  });

  test('a new build is served without a restart, and what is gone is not found', async () => {
    const dir = buildApp();
    const server = await start({ appDir: dir });
    writeFileSync(join(dir, 'index.html'), 'another page, longer than the one before it was');
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toContain('another');
    unlinkSync(join(dir, 'index.html'));
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(404);
  });

  test.each([
    ['a hidden file', 'GET', '/.secret', {}, 404],
    ['a path that climbs', 'GET', '/../../etc/passwd', {}, 404],
    ['an encoded path that climbs', 'GET', '/%2e%2e/%2e%2e/etc/passwd', {}, 404],
    ['a malformed escape', 'GET', '/%zz', {}, 404],
    ['a zero byte', 'GET', '/%00', {}, 404],
    ['a range that runs backwards', 'GET', '/', { range: 'bytes=9-2' }, 200],
    ['another method', 'POST', '/', {}, 405],
    ['a room that is not known', 'GET', '/rooms/nothing', {}, 404],
    ['a room of an inherited name', 'GET', '/rooms/constructor', {}, 404],
  ])('%s is answered and harms nothing', async (_name, method, path, headers, status) => {
    const server = await start({ appDir: buildApp() });
    expect(await rawStatus(server.port, method, path, headers)).toBe(status);
    await expectWell(server);
  });

  test('what is no HTTP at all is cut off', async () => {
    const server = await start();
    expect(await rawStatus(server.port, '\u0000\u0001', ' ', {})).not.toBe(200);
    await expectWell(server);
  });

  test('its owner hears from where each connection comes', async () => {
    const heard: string[] = [];
    const server = await start({ onConnection: (address) => heard.push(address) });
    await fetch(`http://127.0.0.1:${server.port}/health`);
    expect(heard).toEqual(['127.0.0.1']);
  });

  test('a typed code resolves to the whole link, and /health says that the server lives', async () => {
    const server = await start({ roomLinks: [['red', 'r=red&g=new']] });
    const base = `http://127.0.0.1:${server.port}`;
    expect(await (await fetch(`${base}/rooms/RED`)).json()).toEqual({ fragment: 'r=red&g=new' });
    expect(server.registerRoom('blue', { fragment: 'r=blue&g=new' })).toBe(true);
    expect(server.registerRoom('no room', { fragment: 'x' })).toBe(false);
    expect(await (await fetch(`${base}/rooms/blue`)).json()).toEqual({ fragment: 'r=blue&g=new' });
    const missing = await fetch(`${base}/rooms/green`);
    expect([missing.status, await missing.json()]).toEqual([404, { error: 'no-such-room' }]);
    await enter(server, A);
    expect(await (await fetch(`${base}/health`)).json()).toEqual({
      ok: true,
      rooms: 1,
      clients: 1,
      signals: 0,
      relayedFrames: 0,
      relayedBytes: 0,
      relayedBytesPerSecond: 0,
    });
  });
});

describe('starting and stopping', () => {
  test('a port that is taken, and an address that is not ours, are outcomes', async () => {
    const server = await start();
    const taken = await startSignalingServer({
      host: '127.0.0.1',
      port: server.port,
      appDir: null,
    });
    expect(taken).toMatchObject({ ok: false, code: 'port-taken' });
    const foreign = await startSignalingServer({ host: '203.0.113.1', port: 0, appDir: null });
    expect(foreign).toMatchObject({ ok: false, code: 'address-unknown' });
  });

  test('closing ends every connection and frees the port', async () => {
    const server = await start();
    const a = await enter(server, A);
    await server.close();
    await until('a is closed', () => a.closeCode !== null);
    expect(a.closeCode).toBe(1001);
    const again = await start({ port: server.port });
    await enter(again, A);
  });
});

function isLeft(message: unknown): boolean {
  return (message as { type: string }).type === 'left';
}

/** The HTTP status with which a WebSocket was refused, or null where it opened. */
function refusalStatus(socket: WebSocket): Promise<number | null> {
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
function rawStatus(
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
