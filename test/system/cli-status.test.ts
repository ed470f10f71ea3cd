import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { request, type IncomingMessage, type Server } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NO_PREVIOUS_HASH, type Block } from '../../lib/chain/block.ts';
import { decodeBlock } from '../../lib/chain/codec.ts';
import { startStatusServer, type StatusSource } from '../../lib/node/status-server.ts';
import { snapshotExample } from '../support/snapshots.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

function block(number: number): Block {
  return {
    data: new TextEncoder().encode(`block ${number}`.padEnd(4096)),
    previousHash: NO_PREVIOUS_HASH,
    proofOfWork: new Uint8Array(8),
  };
}

async function start(blocks: Iterable<Block>): Promise<string> {
  const source: StatusSource = { snapshot: () => snapshotExample, bestChain: () => blocks };
  const outcome = await startStatusServer({ host: '127.0.0.1', port: 0 }, source);
  if (!outcome.ok) throw new Error(outcome.message);
  cleanups.push(() => outcome.server.close());
  return outcome.server.url;
}

describe('the status server', () => {
  it('answers how the miner stands', async () => {
    const url = await start([]);
    const response = await fetch(`${url}/status?again`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({
      height: 7,
      storedHeight: 6,
      tip: '0b'.repeat(32),
      genesis: '0a'.repeat(32),
      target: 'ff'.repeat(32),
      hashRate: 5e6,
      minedOnChain: 2,
      refused: 5,
      refusedByCode: { 'bad-json': 2, 'no-work': 3 },
      orphans: 4,
      peers: [{ name: 'miner.1:5000', kind: 'udp', height: 7 }],
    });
  });

  it('answers Prometheus in its format', async () => {
    const response = await fetch(`${await start([])}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('\ntabchain_height 7\n');
  });

  it('streams the best chain, genesis first, one block a line', async () => {
    const blocks = [block(0), block(1), block(2)];
    const response = await fetch(`${await start(blocks)}/chain`);
    const lines = (await response.text()).trimEnd().split('\n');
    const decoded = lines.map((line) => decodeBlock(new TextEncoder().encode(line)));
    expect(decoded).toEqual(
      blocks.map((expected) => ({ ok: true, block: expected, field: 'previous' })),
    );
  });

  it('encodes no more blocks than a slow reader has room for', async () => {
    let encoded = 0;
    const blocks = Array.from({ length: 20_000 }, (_, i) => ({
      ...block(i),
      get data() {
        encoded++;
        return block(i).data;
      },
    }));
    encoded = 0;
    const reader = request(`${await start(blocks)}/chain`);
    reader.on('error', () => undefined);
    reader.end();
    const response = await new Promise<IncomingMessage>((resolve) =>
      reader.on('response', resolve),
    );
    response.pause();
    // The count stands still once all buffers between the two are full.
    let before = -1;
    await vi.waitUntil(
      () => {
        const stands = encoded > 0 && encoded === before;
        before = encoded;
        return stands;
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(encoded).toBeLessThan(10_000);
    reader.destroy();
  });

  it('refuses other paths and methods', async () => {
    const url = await start([]);
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${url}/status/`)).status).toBe(404);
    const posted = await fetch(`${url}/status`, { method: 'POST', body: 'x' });
    expect(posted.status).toBe(405);
    expect(posted.headers.get('allow')).toBe('GET, HEAD');
    const head = await fetch(`${url}/chain`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('goes on where a connection cannot be accepted, for want of descriptors', async () => {
    const url = await start([]);
    const servers = new Set<Server>();
    const note = (message: unknown) => void servers.add((message as { server: Server }).server);
    subscribe('http.server.request.start', note);
    await fetch(`${url}/status`);
    unsubscribe('http.server.request.start', note);
    expect(servers.size).toBe(1);
    for (const server of servers) server.emit('error', new Error('accept EMFILE'));
    expect((await fetch(`${url}/status`)).status).toBe(200);
  });

  it('says that its port is taken, or its address is not of this machine', async () => {
    const port = Number(new URL(await start([])).port);
    const source: StatusSource = { snapshot: () => snapshotExample, bestChain: () => [] };
    expect(await startStatusServer({ host: '127.0.0.1', port }, source)).toMatchObject({
      ok: false,
      message: expect.stringContaining('is taken'),
    });
    expect(await startStatusServer({ host: '192.0.2.1', port: 0 }, source)).toMatchObject({
      ok: false,
      message: expect.stringContaining('no address of this machine'),
    });
  });
});
