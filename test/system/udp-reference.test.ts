import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { freeUdpPort } from '../e2e/harness/processes.ts';
import {
  startReferenceMiner,
  type ReferenceMiner,
  type ReferenceMinerOptions,
} from '../reference/reference-miner.ts';
import { eventually } from '../support/eventually.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function start(options: ReferenceMinerOptions): Promise<ReferenceMiner> {
  const miner = await startReferenceMiner(options);
  cleanups.push(() => miner.process.kill());
  return miner;
}

async function send(port: number, ...datagrams: (string | object)[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) {
    const text = typeof datagram === 'string' ? datagram : JSON.stringify(datagram);
    await new Promise<void>((resolve) => socket.send(text, port, '127.0.0.1', () => resolve()));
  }
  await new Promise<void>((resolve) => socket.close(resolve));
}

function block(data: string, previous: string, proof = 0) {
  return {
    data: Buffer.from(data).toString('base64'),
    previous,
    p_o_w: proof.toString(16).padStart(16, '0'),
  };
}

function hash(fields: ReturnType<typeof block>): string {
  return createHash('sha256')
    .update(Buffer.from(fields.data, 'base64'))
    .update(Buffer.from(fields.previous + fields.p_o_w, 'hex'))
    .digest('hex');
}

const zeros = '00'.repeat(32);
/** Every hash meets it. */
const anything = String(2n ** 256n - 1n);
/** No test waits for a hash that meets it. */
const idle = { target: '2**200', hashesPerSecond: 1 };

describe('the reference miner', () => {
  it('extends one chain with another, both with blocks on it', async () => {
    const [one, two] = [await freeUdpPort(), await freeUdpPort()];
    const shared = { target: '2**242', hashesPerSecond: 40_000 };
    const second = await start({ port: two, others: [one], ...shared });
    const first = await start({ port: one, others: [two], genesis: true, ...shared });
    await eventually(() => {
      for (const miner of [first, second]) {
        expect(miner.blocks().filter((found) => found.mine).length).toBeGreaterThan(1);
        expect(miner.tip()!.height).toBeGreaterThan(8);
      }
      const shown = new Set(first.blocks().map((found) => found.hash));
      expect(second.blocks().filter((found) => shown.has(found.hash)).length).toBeGreaterThan(8);
    });
    const [genesis] = first.blocks();
    expect(second.blocks()[0]).toMatchObject({ height: 0, hash: genesis!.hash, mine: false });
  });

  it('takes the first block that it hears as its root, and drops unknown parents', async () => {
    const port = await freeUdpPort();
    const miner = await start({ port, others: [], target: anything, hashesPerSecond: 1e-9 });
    const root = block('not a genesis', '11'.repeat(32));
    const child = block('child', hash(root));
    const orphan = block('orphan', '22'.repeat(32));
    await send(port, root, orphan, child);
    await eventually(() => expect(miner.blocks().length).toBeGreaterThan(0));
    expect(miner.blocks()[0]).toMatchObject({ height: 0, hash: hash(root), mine: false });
    expect(miner.blocks().map((found) => found.hash)).not.toContain(hash(orphan));
  });

  it('is deaf for good after one malformed datagram', async () => {
    const port = await freeUdpPort();
    const miner = await start({ port, others: [], ...idle });
    await send(port, '{"data": "", "previous_hash": "", "p_o_w": ""}');
    await eventually(() => expect(miner.errors()).toContain('KeyError'));
    await send(port, block('root', zeros));
    expect(miner.blocks()).toEqual([]);
  });

  it('refuses a block without a proof of work', async () => {
    const port = await freeUdpPort();
    const miner = await start({ port, others: [], target: '2**255', hashesPerSecond: 1e-9 });
    const root = block('root', zeros);
    const candidates = Array.from({ length: 64 }, (_, i) => block('x', hash(root), i));
    const bad = candidates.find((candidate) => hash(candidate) >= '8')!;
    const good = candidates.find((candidate) => hash(candidate) < '8')!;
    await send(port, root, bad, good);
    await eventually(() => expect(miner.blocks().map((found) => found.hash)).toContain(hash(good)));
    expect(miner.blocks().map((found) => found.hash)).not.toContain(hash(bad));
  });
});
