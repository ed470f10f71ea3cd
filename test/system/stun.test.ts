/** STUN over real UDP, and the command that offers it (R27). */
import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startStunServer, type StunServer } from '../../signaling/stun.ts';
import { startProcess } from '../e2e/harness/processes.ts';
import { waitFor } from '../e2e/harness/wait.ts';

const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 60_000;
const REQUEST = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex');

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function serve(host: string, port = 0): Promise<StunServer> {
  const server = await startStunServer(host, port);
  if (server === null) throw new Error('no socket');
  cleanups.push(() => server.close());
  return server;
}

async function open(ip: string): Promise<{ socket: Socket; heard: Buffer[] }> {
  const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4');
  const heard: Buffer[] = [];
  socket.on('message', (bytes) => heard.push(bytes));
  await new Promise<void>((resolve) => socket.bind(0, ip, resolve));
  cleanups.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { socket, heard };
}

/** Asks until it is answered, as clients do: a datagram may be lost even here. */
async function ask(port: number, ip = '127.0.0.1') {
  const { socket, heard } = await open(ip);
  await waitFor(
    () => {
      if (heard.length === 0) socket.send(REQUEST, port, ip);
      return heard.length > 0;
    },
    { timeoutMs: ANSWER_LIMIT_MS, describe: 'an answer' },
  );
  return { answer: heard[0]!, port: socket.address().port };
}

describe('a STUN server', () => {
  it.each(['0.0.0.0', 'localhost', '::'])('on %s tells who asks where it is', async (host) => {
    const server = await serve(host);
    const { answer, port } = await ask(server.port);
    expect(answer.subarray(8, 20)).toEqual(REQUEST.subarray(8));
    expect(answer.readUInt16BE(26) ^ 0x2112).toBe(port);
    expect(answer.subarray(28).map((byte, i) => byte ^ answer[4 + i]!)).toEqual(
      Buffer.from([127, 0, 0, 1]),
    );
  });

  it('takes another port where its own is taken, and none where the address is not ours', async () => {
    const first = await serve('127.0.0.1');
    const second = await serve('127.0.0.1', first.port);
    expect(second.port).not.toBe(first.port);
    await ask(second.port);
    expect(await startStunServer('203.0.113.1', 0)).toBeNull();
  });

  it('answers no more than its share, and nothing that is no request', async () => {
    const server = await serve('127.0.0.1');
    const { socket } = await open('127.0.0.1');
    const startedMs = performance.now();
    for (let i = 0; i < 20_000; i++) {
      socket.send(i % 2 === 0 ? REQUEST : Buffer.from('noise'), server.port, '127.0.0.1');
      if (i % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const { answer } = await ask(server.port);
    expect(answer.length).toBe(32);
    const seconds = (performance.now() - startedMs) / 1000;
    expect(server.answered()).toBeLessThanOrEqual(2_001 + 200 * seconds);
  });
});

describe('start', () => {
  it('tells tabs where it answers STUN, and leaves that out with --no-stun', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tabchain-stun-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const where = ['--host', '127.0.0.1', '--port', '0', '--state', folder, '--target', '2**244'];
    const words = ['--import', 'tsx', 'lib/node/cli.ts', 'start', ...where, '--ice', 'stun:a:1'];
    const read = async (...more: string[]) => {
      const command = startProcess('start', process.execPath, [...words, ...more]);
      cleanups.push(() => command.kill());
      const link = /(http:\/\/127\.0\.0\.1:(\d+)\/)#r=([a-z-]+)/;
      const [, page, port, code] = await command.waitForLine(link, START_LIMIT_MS);
      const ask = async (path: string): Promise<unknown> =>
        (await fetch(`${page}${path}`)).json() as Promise<unknown>;
      const [record, ice] = [await ask(`rooms/${code}`), await ask('ice')];
      return { port: Number(port), record, ice, stop: () => command.stop() };
    };
    const { port, record, ice, stop } = await read();
    // The second is for rooms that a tab makes, of which the server knows nothing.
    for (const help of [record, ice])
      expect(help).toMatchObject({ iceServers: [{ urls: 'stun:a:1' }], stunPort: port });
    await ask(port);
    await stop();
    expect((await read('--no-stun')).record).not.toHaveProperty('stunPort');
  });
});
