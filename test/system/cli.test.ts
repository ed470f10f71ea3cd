import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createSocket } from 'node:dgram';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeBlock } from '../../lib/chain/codec.ts';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { trustServer } from '../../lib/node/server-trust.ts';
import { freeTcpPort, freeUdpPort, startProcess, type Running } from '../e2e/harness/processes.ts';
import { startReferenceMiner } from '../reference/reference-miner.ts';
import { eventually } from '../support/eventually.ts';

/** Starting Node with a loader, and two cores under load. */
const START_LIMIT_MS = 60_000;
const LINK = /http:\/\/127\.0\.0\.1:(\d+)\/#r=(\S+?)&g=(\S+)/;

let folder = '';
const cleanups: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabchain-cli-'));
});
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
  await rm(folder, { recursive: true, force: true });
});

function tabchain(...words: string[]): Running {
  const args = ['--import', 'tsx', 'lib/node/cli.ts', ...words];
  const process = startProcess(words.join(' '), globalThis.process.execPath, args);
  cleanups.push(() => process.kill());
  return process;
}

function linesOf(process: Running, stream: 'out' | 'err'): string[] {
  return process.output.filter((line) => line.stream === stream).map(({ text }) => text);
}

async function start(...words: string[]): Promise<{ process: Running; link: RegExpExecArray }> {
  const where = ['--host', '127.0.0.1', '--state', join(folder, 'state')];
  const process = tabchain('start', ...where, ...words);
  return { process, link: await process.waitForLine(LINK, START_LIMIT_MS) };
}

async function statusOf(port: number) {
  const response = await fetch(`http://127.0.0.1:${port}/status`);
  return (await response.json()) as {
    height: number | null;
    genesis: string;
    minedOnChain: number;
    hashRate: number;
    refused: number;
    peers: { kind: string; height: number | null }[];
  };
}

async function chainOf(port: number): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/chain`);
  const lines = (await response.text()).trimEnd().split('\n');
  return lines.map((line) => {
    const decoded = decodeBlock(new TextEncoder().encode(line));
    if (!decoded.ok) throw new Error(`${decoded.code}: ${line}`);
    return hashBlockHex(decoded.block);
  });
}

describe('the command line', () => {
  it.each([
    [['start', '--nonsense'], 'The flag --nonsense is unknown'],
    [['start', '--target', 'easy'], '--target: "easy" is no target'],
    [['start', '--port', '99999'], '--port "99999" is no port'],
    [['miner', 'a:b', 'c'], '<addr>: "b" in "a:b" is no port'],
    [['miner', '192.0.2.1:6000', 'b'], 'it is no address of this machine'],
    [['mine'], '"mine" is no command'],
  ])('answers %j with one sentence and exit code 2', async (words, sentence) => {
    const process = tabchain(...words);
    expect((await process.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    const lines = linesOf(process, 'err');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(sentence);
    expect(linesOf(process, 'out')).toEqual([]);
  });

  it('prints the usage of miner where arguments are missing', async () => {
    const process = tabchain('miner', '127.0.0.1:6000');
    expect((await process.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    expect(linesOf(process, 'err')[0]).toContain('<addr> <others> [genesis]');
  });

  it.each([
    [['--help'], 'tabchain miner <addr> <others> [genesis]'],
    [['start', '--help'], '--min-spacing'],
    [['help', 'miner'], '--no-mine'],
    [['--version'], '0.'],
  ])('answers %j with a text and exit code 0', async (words, text) => {
    const process = tabchain(...words);
    expect((await process.waitForEnd(START_LIMIT_MS)).code).toBe(0);
    expect(linesOf(process, 'out').join('\n')).toContain(text);
  });
});

describe('start', () => {
  it('makes a room, shows its link, and resumes it until --new', async () => {
    const easy = ['--port', '0', '--target', '2**244'];
    const first = await start(...easy);
    const [, port, room, genesis] = first.link;
    const answer = await fetch(`http://127.0.0.1:${port}/rooms/${room}`);
    const record = (await answer.json()) as { fragment: string; genesis: object };
    expect(record.fragment).toBe(`r=${room}&g=${genesis}`);
    const block = decodeBlock(new TextEncoder().encode(JSON.stringify(record.genesis)));
    expect(block.ok && hashBlockHex(block.block)).toBe(genesis);
    await first.process.stop();
    expect(first.process.ended).toEqual({ code: 0, signal: null });

    const second = await start('--port', '0');
    expect(second.link.slice(2)).toEqual([room, genesis]);
    await second.process.stop();

    const third = await start(...easy, '--new');
    expect(third.link[2]).not.toBe(room);
    await third.process.stop();
  });

  it('refuses flags that contradict the kept room', async () => {
    const { process } = await start('--port', '0', '--target', '2**244');
    await process.stop();
    const again = tabchain('start', '--state', join(folder, 'state'), '--target', '2**243');
    expect((await again.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    expect(linesOf(again, 'err')).toEqual([expect.stringContaining('--new')]);
  });

  it('refuses a damaged room, and leaves it as it is', async () => {
    await writeFile(join(folder, 'room.json'), '{"version": 1, "room"');
    const process = tabchain('start', '--state', folder, '--port', '0');
    expect((await process.waitForEnd(START_LIMIT_MS)).code).toBe(1);
    expect(linesOf(process, 'err')).toEqual([expect.stringContaining('room.json is no JSON')]);
    expect(await readFile(join(folder, 'room.json'), 'utf8')).toBe('{"version": 1, "room"');
  });

  it('says that its port is taken, before it makes a room', async () => {
    const first = await start('--port', '0', '--target', '2**244');
    const elsewhere = join(folder, 'other');
    const where = ['--host', '127.0.0.1', '--state', elsewhere];
    const second = tabchain('start', ...where, '--port', first.link[1]!);
    expect((await second.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    expect(linesOf(second, 'err').at(-1)).toContain(first.link[1]);
    await expect(readdir(elsewhere)).rejects.toThrow();
  });

  it('ends while it still searches the first block', async () => {
    const where = ['--host', '127.0.0.1', '--port', '0', '--state', join(folder, 'state')];
    const process = tabchain('start', ...where, '--target', '1');
    await process.waitForLine(/Searching the first block/, START_LIMIT_MS);
    await process.stop();
    expect(process.ended).toEqual({ code: 0, signal: null });
    await expect(readdir(join(folder, 'state'))).rejects.toThrow();
  });
});

describe('miner', () => {
  it('extends one chain with a reference miner, both with blocks on it', async () => {
    const [own, other, status] = [await freeUdpPort(), await freeUdpPort(), await freeTcpPort()];
    // The homework's own target, and a miner that does not hold back: ours is a hundred times faster as it is.
    const target = '2**235';
    const reference = await startReferenceMiner({
      port: other,
      others: [own],
      target,
      hashesPerSecond: 10_000_000,
    });
    cleanups.push(() => reference.process.kill());
    const logs = join(folder, 'logs');
    const process = tabchain(
      ...['miner', `127.0.0.1:${own}`, `127.0.0.1:${other}`, 'genesis', '--target', target],
      ...['--threads', '1', '--status', `127.0.0.1:${status}`, '--log-dir', logs],
    );
    await process.waitForLine(/Status at/, START_LIMIT_MS);
    await eventually(async () => {
      const chain = new Set(await chainOf(status));
      const shown = reference.blocks().filter(({ hash }) => chain.has(hash));
      expect(shown.filter(({ mine }) => mine).length).toBeGreaterThan(0);
      expect((await statusOf(status)).minedOnChain).toBeGreaterThan(0);
      expect(chain.size - reference.tip()!.height).toBeLessThan(5);
    });
    expect(reference.blocks()[0]!.hash).toBe((await statusOf(status)).genesis);
    expect(reference.errors()).not.toContain('Traceback');
    await process.stop();
    expect(process.ended).toEqual({ code: 0, signal: null });
    expect(linesOf(process, 'out').some((line) => line.startsWith('● '))).toBe(true);
    const [log] = await readdir(logs);
    expect(log).toMatch(/^[0-9a-f]{40}\.txt$/);
    expect(await readFile(join(logs, log!), 'utf8')).toMatch(/ starts\n[^]* found [^]* ends\n$/);
  });

  it('says that its UDP port or its status port is taken', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => socket.close(() => resolve())));
    const taken = socket.address().port;
    const first = tabchain('miner', `127.0.0.1:${taken}`, '127.0.0.1:9');
    expect((await first.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    expect(linesOf(first, 'err')).toEqual([expect.stringContaining(`UDP port ${taken}`)]);

    const server = await start('--port', '0', '--target', '2**244');
    const own = await freeUdpPort();
    const second = tabchain(
      ...['miner', `127.0.0.1:${own}`, '127.0.0.1:9', '--status', `127.0.0.1:${server.link[1]}`],
    );
    expect((await second.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    expect(linesOf(second, 'err').at(-1)).toContain('--status: port');
  });

  it('joins a room by its link and mines there', async () => {
    const { link } = await start('--port', '0', '--target', '2**240', '--spacing', '1s');
    const status = await freeTcpPort();
    const process = tabchain(
      ...['miner', '--room', link[0], '--threads', '1', '--status', `127.0.0.1:${status}`],
    );
    await process.waitForLine(/Status at/, START_LIMIT_MS);
    await eventually(async () => {
      const { height, genesis } = await statusOf(status);
      expect(genesis).toBe(link[3]);
      expect(height).toBeGreaterThan(2);
    });
    await process.stop();
    expect(process.ended).toEqual({ code: 0, signal: null });
  });

  it('refuses to bridge a room whose target changes', async () => {
    const { link } = await start('--port', '0', '--target', '2**240');
    const own = await freeUdpPort();
    const process = tabchain('miner', `127.0.0.1:${own}`, '127.0.0.1:9', '--room', link[0]);
    expect((await process.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    expect(linesOf(process, 'err').at(-1)).toContain('changes its target');
  });

  it('bridges a served room to a reference miner', async () => {
    const [own, other, status] = [await freeUdpPort(), await freeUdpPort(), await freeTcpPort()];
    const target = '2**240';
    const { link, process } = await start(
      ...['--port', '0', '--udp', `127.0.0.1:${own}`, '--miners', `127.0.0.1:${other}`],
      ...['--target', target, '--min-spacing', '300ms', '--status', `127.0.0.1:${status}`],
    );
    expect(link[3]).toMatch(/^udp&bridge=[0-9a-f]{40}/);
    const reference = await startReferenceMiner({
      port: other,
      others: [own],
      genesis: true,
      target,
      hashesPerSecond: 60_000,
    });
    cleanups.push(() => reference.process.kill());
    const member = tabchain('miner', '--room', link[0], '--threads', '1');
    await eventually(async () => {
      const { genesis, height, peers, hashRate } = await statusOf(status);
      expect(genesis).toBe(reference.blocks()[0]?.hash);
      expect(height).toBeGreaterThan(3);
      expect(hashRate).toBe(0);
      expect(peers.map(({ kind }) => kind).sort()).toEqual(['udp', 'webrtc']);
      // Those of the member come to the reference miner through the bridge.
      const chain = new Set(await chainOf(status));
      const onChain = reference.blocks().filter(({ hash }) => chain.has(hash));
      expect(onChain.filter(({ mine }) => mine).length).toBeGreaterThan(1);
      expect(onChain.filter(({ mine }) => !mine).length).toBeGreaterThan(0);
    });
    await member.stop();
    await process.stop();
    expect(process.ended).toEqual({ code: 0, signal: null });

    // The bridge has kept its chain: it knows the room's genesis before any miner speaks.
    await reference.process.kill();
    const again = await start(
      '--port',
      '0',
      '--status',
      `127.0.0.1:${status}`,
      '--udp',
      `127.0.0.1:${own}`,
      '--miners',
      `127.0.0.1:${other}`,
    );
    expect(again.link.slice(2)).toEqual(link.slice(2));
    expect((await statusOf(status)).genesis).toBe(reference.blocks()[0]!.hash);
  });

  it('bridges several rooms of one host, each to its own miner, and takes no port twice', async () => {
    const target = '2**240';
    const openRoom = async (name: string) => {
      const [own, other, status] = [await freeUdpPort(), await freeUdpPort(), await freeTcpPort()];
      const process = tabchain(
        ...['start', '--host', '127.0.0.1', '--port', '0', '--state', join(folder, name)],
        ...['--udp', `127.0.0.1:${own}`, '--miners', `127.0.0.1:${other}`, '--target', target],
        ...['--status', `127.0.0.1:${status}`],
      );
      await process.waitForLine(LINK, START_LIMIT_MS);
      const reference = await startReferenceMiner({
        ...{ port: other, others: [own], genesis: true, target, hashesPerSecond: 60_000 },
      });
      cleanups.push(() => reference.process.kill());
      return { own, status, reference };
    };
    const rooms = await Promise.all(['first', 'second'].map(openRoom));
    await eventually(async () => {
      for (const { status, reference } of rooms) {
        const { genesis, height, peers, refused } = await statusOf(status);
        expect(genesis).toBe(reference.blocks()[0]?.hash);
        expect(height).toBeGreaterThan(2);
        expect(peers).toHaveLength(1);
        expect(refused).toBe(0);
      }
    });
    await eventually(async () => {
      for (const { status, reference } of rooms) {
        const chain = await chainOf(status);
        const found = reference.blocks().flatMap(({ hash, mine }) => (mine ? [hash] : []));
        expect(found).toEqual(expect.arrayContaining(chain));
      }
    });
    const { own } = rooms[0]!;
    const third = tabchain(
      ...['start', '--host', '127.0.0.1', '--port', '0', '--state', join(folder, 'third')],
      ...['--udp', `127.0.0.1:${own}`, '--miners', '127.0.0.1:9'],
    );
    expect((await third.waitForEnd(START_LIMIT_MS)).code).toBe(2);
    expect(linesOf(third, 'err').at(-1)).toContain(`UDP port ${own} of 127.0.0.1 is taken`);
  });

  it('bridges a room that it serves over https itself', async () => {
    const port = await freeTcpPort();
    const where = ['--host', '127.0.0.1', '--state', join(folder, 'state'), '--port', `${port}`];
    const udp = ['--udp', `127.0.0.1:${await freeUdpPort()}`, '--miners', '127.0.0.1:9'];
    const process = tabchain('start', '--https', ...where, ...udp);
    const shown = /^Its SHA-256 fingerprint is (\S+)$/;
    const [, fingerprint = ''] = await process.waitForLine(shown, START_LIMIT_MS);
    const { agent } = trustServer(fingerprint);
    const clients = () =>
      new Promise<number>((resolve, reject) => {
        const request = get(`https://127.0.0.1:${port}/health`, { agent }, async (response) => {
          const text = Buffer.concat(await response.toArray()).toString();
          resolve((JSON.parse(text) as { clients: number }).clients);
        });
        request.on('error', reject);
      });
    await eventually(async () => expect(await clients()).toBe(1));
    await process.stop();
    expect(process.ended).toEqual({ code: 0, signal: null });
  });

  it('refuses a chain that another program uses, or that is damaged, and leaves it as it is', async () => {
    const bridge = ['--port', '0', '--udp', `127.0.0.1:${await freeUdpPort()}`];
    const { process } = await start(...bridge, '--miners', '127.0.0.1:9');
    const state = join(folder, 'state');
    const kept = await readFile(join(state, 'room.json'), 'utf8');
    const where = ['start', '--host', '127.0.0.1', '--state', state, '--port', '0'];
    const second = tabchain(
      ...[...where, '--udp', `127.0.0.1:${await freeUdpPort()}`, '--miners', '127.0.0.1:10'],
    );
    expect((await second.waitForEnd(START_LIMIT_MS)).code).toBe(1);
    expect(linesOf(second, 'err').at(-1)).toContain('Another program uses the chain');
    expect(await readFile(join(state, 'room.json'), 'utf8')).toBe(kept);
    await process.stop();

    const chain = join(
      state,
      (await readdir(state)).find((name) => name.startsWith('chain-'))!,
    );
    await writeFile(join(chain, 'CURRENT'), 'nonsense');
    const third = tabchain(...where);
    expect((await third.waitForEnd(START_LIMIT_MS)).code).toBe(1);
    expect(linesOf(third, 'err').at(-1)).toContain('cannot be read');
    expect(await readFile(join(chain, 'CURRENT'), 'utf8')).toBe('nonsense');
  });
});
