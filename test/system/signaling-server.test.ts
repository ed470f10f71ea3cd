/** The signaling server on real sockets (R26). */
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { addressFrame, RELAY_FRAME_LIMIT_BYTES } from '../../lib/drivers/relay/frame.ts';
import { CLOSE_CODES } from '../../lib/drivers/signaling/wire.ts';
import { startSignalingServer } from '../../signaling/server.ts';
import { until } from '../drivers/transport-world.ts';
import {
  A,
  B,
  C,
  atEnd,
  call,
  enter,
  expectWell,
  refusalStatus,
  start,
} from '../support/signaling-callers.ts';

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
    atEnd(() => clearInterval(beating));
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
