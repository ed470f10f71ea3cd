/** What the signaling server serves besides signals: the page, the rooms' links, and to whom (R26, R28). */
import { get, type IncomingHttpHeaders } from 'node:http';
import { mkdtempSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  A,
  atEnd,
  enter,
  expectWell,
  rawStatus,
  refusalStatus,
  start,
} from '../support/signaling-callers.ts';

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
    atEnd(() => socket.terminate());
    expect(await refusalStatus(socket)).toBe(refused);
  });

  test('a WebSocket at another path is refused', async () => {
    const server = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/elsewhere`);
    expect(await refusalStatus(socket)).toBe(404);
  });
});

/** The headers of an answer; `fetch` lets nobody choose the host. */
function rawHeaders(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume();
      resolve(response.headers);
    }).on('error', reject);
  });
}

describe('pages', () => {
  function buildApp(): string {
    const dir = mkdtempSync(join(tmpdir(), 'tabchain-app-'));
    atEnd(() => rmSync(dir, { recursive: true }));
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

  test.each([
    ['localhost:8080', {}, true],
    ['127.0.0.1', {}, true],
    ['[::1]:8080', {}, true],
    ['class.example', { 'x-forwarded-proto': 'https' }, true],
    ['192.168.1.5:8080', {}, false],
    ['127.0.0.1.example', {}, false],
    ['class.example', { 'x-forwarded-proto': 'http' }, false],
  ])(
    'browsers that ask for %s %o are told to isolate page and workers: %s',
    async (host, headers, isTold) => {
      const server = await start({ appDir: buildApp() });
      for (const path of ['/', '/assets/index-1a2b.js']) {
        const answer = await rawHeaders(server.port, path, { host, ...headers });
        expect([
          answer['cross-origin-opener-policy'],
          answer['cross-origin-embedder-policy'],
        ]).toEqual(isTold ? ['same-origin', 'require-corp'] : [undefined, undefined]);
      }
    },
  );

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
