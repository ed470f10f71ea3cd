/** A room over https, by the commands that users run (R27). */
import { request } from 'node:https';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { NO_PREVIOUS_HASH } from '../../lib/chain/block.ts';
import { blockToJson } from '../../lib/chain/codec.ts';
import { readRoomLink } from '../../lib/net/room-link.ts';
import { openCertificate } from '../../lib/node/certificate.ts';
import { signalUrlOf } from '../../lib/node/node-session.ts';
import { reachRoomServer } from '../../lib/node/room-server.ts';
import { trustServer, UntrustedServer } from '../../lib/node/server-trust.ts';
import { startSignalingServer } from '../../signaling/server.ts';
import { freeTcpPort, startProcess, type Running } from '../e2e/harness/processes.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { startReverseProxy } from '../support/reverse-proxy.ts';

const START_LIMIT_MS = 60_000;
const JOIN_LIMIT_MS = 60_000;
const GENESIS = blockToJson({
  data: new TextEncoder().encode('Genesis'),
  previousHash: NO_PREVIOUS_HASH,
  proofOfWork: new Uint8Array(8),
});
const OTHER_FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');

let folder = '';
const cleanups: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabchain-https-'));
});
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
  await rm(folder, { recursive: true, force: true });
});

async function serve() {
  const outcome = await openCertificate({ kind: 'own' }, folder, ['localhost', '127.0.0.1']);
  if (outcome.kind !== 'certificate') throw new Error(outcome.message);
  const tls = outcome.certificate;
  const started = await startSignalingServer({ host: '127.0.0.1', port: 0, appDir: null, tls });
  if (!started.ok) throw new Error(started.message);
  cleanups.push(() => started.server.close());
  return { server: started.server, fingerprint: tls.fingerprint };
}

/** The status of the answer, or why there is none. */
function ask(port: number, fingerprint: string | null): Promise<number | Error> {
  return new Promise((resolve) => {
    const { agent } = trustServer(fingerprint);
    const asked = request(`https://127.0.0.1:${port}/health`, { agent }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    asked.on('error', resolve);
    asked.end();
  });
}

function tabchain(...words: string[]): Running {
  const args = ['--import', 'tsx', 'lib/node/cli.ts', ...words];
  const process = startProcess(words.slice(0, 3).join(' '), globalThis.process.execPath, args);
  cleanups.push(() => process.kill());
  return process;
}

const complaints = (process: Running) =>
  process.output.filter(({ stream }) => stream === 'err').map(({ text }) => text);

describe('a server with a certificate that was made for it', () => {
  it('is taken by its fingerprint, for requests and WebSockets', async () => {
    const { server, fingerprint } = await serve();
    expect(await ask(server.port, fingerprint)).toBe(200);
    const Trusting = trustServer(fingerprint).webSocket((message) => expect.fail(message));
    const socket = new Trusting(`wss://127.0.0.1:${server.port}/signal`) as WebSocket;
    await new Promise((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
    });
    socket.terminate();
  });

  it('is not taken without one, nor by another one, and hears nothing from us', async () => {
    const { server, fingerprint } = await serve();
    for (const [pin, sentence] of [
      [null, `add --fingerprint ${fingerprint}`],
      [OTHER_FINGERPRINT, 'which is not the one of --fingerprint'],
    ] as const) {
      const refusal = await ask(server.port, pin);
      expect(refusal).toBeInstanceOf(UntrustedServer);
      expect((refusal as Error).message).toContain(sentence);
      const told: string[] = [];
      const Trusting = trustServer(pin).webSocket((message) => told.push(message));
      const socket = new Trusting(`wss://127.0.0.1:${server.port}/signal`) as WebSocket;
      await new Promise((resolve) => socket.on('close', resolve));
      expect(told).toEqual([expect.stringContaining(sentence)]);
    }
    expect(server.figures().clients).toBe(0);
  });

  it('lets in pages of its own origin, and those of no other', async () => {
    const { server, fingerprint } = await serve();
    const { agent } = trustServer(fingerprint);
    const connect = (origin: string) =>
      new Promise<string>((resolve) => {
        const url = `wss://127.0.0.1:${server.port}/signal`;
        const socket = new WebSocket(url, { agent, origin });
        socket.on('open', () => {
          socket.terminate();
          resolve('open');
        });
        socket.on('error', (error) => resolve(error.message));
      });
    expect(await connect(`https://127.0.0.1:${server.port}`)).toBe('open');
    expect(await connect('https://evil.example')).toContain('403');
  });

  it('outlives strangers who speak plain http, garbage, or nothing', async () => {
    const { server, fingerprint } = await serve();
    await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow();
    await expect(fetch(`https://127.0.0.1:${server.port}/`)).rejects.toThrow();
    expect(await ask(server.port, fingerprint)).toBe(200);
  });
});

describe('a server behind a proxy that speaks TLS below a path', () => {
  it('is joined by programs, and by pages of the address that its owner names', async () => {
    const proxy = await startReverseProxy('127.0.0.1', '/class/tab/');
    cleanups.push(() => proxy.close());
    const started = await startSignalingServer({
      ...{ host: '127.0.0.1', port: 0, appDir: null },
      allowedOrigins: [new URL(proxy.url).origin],
    });
    if (!started.ok) throw new Error(started.message);
    cleanups.push(() => started.server.close());
    proxy.passTo(started.server.port);
    const connect = (origin?: string) =>
      new Promise<string>((resolve) => {
        const { agent } = trustServer(proxy.certificate);
        const socket = new WebSocket(signalUrlOf(`${proxy.url}#r=a`), {
          agent,
          ...(origin !== undefined && { origin }),
        });
        socket.on('open', () => {
          socket.terminate();
          resolve('open');
        });
        socket.on('error', (error) => resolve(error.message));
      });
    expect(await connect()).toBe('open');
    expect(await connect(new URL(proxy.url).origin)).toBe('open');
    expect(await connect('https://evil.example')).toContain('403');

    const link = `${proxy.url}#r=abc&g=new`;
    started.server.registerRoom('abc', { fragment: 'r=abc&g=new', genesis: GENESIS });
    const policy = readRoomLink(link);
    if (!policy.ok) throw new Error(policy.reason);
    const flag = { link, policy: policy.policy, fingerprint: proxy.certificate };
    const reached = await reachRoomServer(flag);
    expect(reached.ok && reached.hints.genesis?.data).toEqual(new TextEncoder().encode('Genesis'));
  });
});

describe('the commands over https', () => {
  it('serve a room, keep its certificate, and let a miner in that knows the fingerprint', async () => {
    const port = await freeTcpPort();
    const where = ['--host', '127.0.0.1', '--port', `${port}`, '--state', join(folder, 'state')];
    const words = ['start', '--https', ...where];
    const first = tabchain(...words, '--target', '2**244', '--spacing', '500ms');
    const [, link = ''] = await first.waitForLine(/(https:\/\/127\S+)/, START_LIMIT_MS);
    const shown = /^Its SHA-256 fingerprint is (\S+)$/;
    const [, fingerprint = ''] = await first.waitForLine(shown, START_LIMIT_MS);

    const stranger = tabchain('miner', '--room', link);
    expect((await stranger.waitForEnd(START_LIMIT_MS)).code).toBe(1);
    expect(complaints(stranger)).toEqual([
      expect.stringMatching(
        new RegExp(`^The certificate of 127.*add --fingerprint ${fingerprint}$`),
      ),
    ]);

    const statusPort = await freeTcpPort();
    const status = ['--status', `127.0.0.1:${statusPort}`, '--threads', '1'];
    tabchain('miner', '--room', link, '--fingerprint', fingerprint, ...status);
    await waitFor(
      async () => {
        const answer = await fetch(`http://127.0.0.1:${statusPort}/status`);
        return ((await answer.json()) as { height: number | null }).height !== null;
      },
      { timeoutMs: JOIN_LIMIT_MS, describe: 'the miner has a chain' },
    );

    await first.stop();
    const again = tabchain(...words);
    expect((await again.waitForLine(shown, START_LIMIT_MS))[1]).toBe(fingerprint);
  });

  it('refuse files that are no certificate, with one sentence', async () => {
    const process = tabchain('start', '--cert', 'package.json', '--key', 'package.json');
    expect((await process.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    expect(complaints(process).at(-1)).toMatch(/^--cert .*package\.json holds no certificate/);
  });
});
