import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { TransportEvents } from '../../lib/drivers/transport.ts';
import type { LookUp } from '../../lib/drivers/udp/host-lookup.ts';
import { UDP_STRANGERS_LINK } from '../../lib/peer/neighbour.ts';
import { openUdpSocket, type UdpSocket } from '../../lib/drivers/udp/socket.ts';
import {
  createUdpTransport,
  DATAGRAM_LIMIT_BYTES,
  UDP_PEER_LIMIT,
  type UdpPeer,
} from '../../lib/drivers/udp/transport.ts';
import { eventually } from '../support/eventually.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** A program beside ours that sends and hears datagrams. */
async function startMiner(host = '127.0.0.1') {
  const socket: Socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const heard: string[] = [];
  socket.on('message', (bytes) => heard.push(bytes.toString()));
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  cleanups.push(() => socket.close());
  const tell = (text: string, to: UdpSocket, ip = to.local.host) =>
    socket.send(text, to.local.port, ip);
  return { port: socket.address().port, heard, tell };
}

async function bound(host = '127.0.0.1'): Promise<UdpSocket> {
  const outcome = await openUdpSocket({ host, port: 0 });
  if (!outcome.ok) throw new Error(outcome.message);
  cleanups.push(() => outcome.socket.close());
  return outcome.socket;
}

function start(
  socket: UdpSocket,
  peers: readonly UdpPeer[],
  options: { lookUp?: LookUp; lookUpEveryMs?: number } = {},
) {
  const log: string[] = [];
  const warnings: string[] = [];
  const events: TransportEvents = {
    present: () => log.push('present'),
    connected: (linkId, kind, nodeId) => log.push(`connected ${linkId} ${kind} ${nodeId}`),
    received: (linkId, bytes, among) =>
      log.push(`${among?.join(' or ') ?? linkId} says ${Buffer.from(bytes).toString()}`),
    disconnected: (linkId) => log.push(`disconnected ${linkId}`),
    dialFailed: (nodeId) => log.push(`dial failed ${nodeId}`),
    server: (state) => log.push(`server ${state}`),
    warn: (message) => warnings.push(message),
  };
  const transport = createUdpTransport({ socket, peers, ...options }, events);
  cleanups.push(() => transport.close());
  return { transport, log, warnings };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('a UDP transport', () => {
  it.each(['127.0.0.1', '::1'])('carries datagrams both ways over %s', async (host) => {
    const miner = await startMiner(host);
    const socket = await bound(host);
    const { transport, log } = start(socket, [{ name: host, port: miner.port }]);
    const linkId = `udp:${host}:${miner.port}`;
    await eventually(() => expect(log).toEqual([`connected ${linkId} udp null`]));
    expect(transport.send(linkId, bytesOf('a block'))).toBe(true);
    await eventually(() => expect(miner.heard).toEqual(['a block']));
    miner.tell('another', socket);
    await eventually(() => expect(log.at(-1)).toBe(`${linkId} says another`));
  });

  it('reaches IPv4 miners from a socket that listens on all IPv6 addresses', async () => {
    const miner = await startMiner('127.0.0.1');
    const socket = await bound('::');
    const { transport, log } = start(socket, [{ name: '127.0.0.1', port: miner.port }]);
    const linkId = `udp:127.0.0.1:${miner.port}`;
    await eventually(() => expect(log).toHaveLength(1));
    expect(transport.send(linkId, bytesOf('hello'))).toBe(true);
    await eventually(() => expect(miner.heard).toEqual(['hello']));
    miner.tell('and back', socket, '127.0.0.1');
    await eventually(() => expect(log.at(-1)).toBe(`${linkId} says and back`));
  });

  it('gives a datagram to the miner of that address when it came from another port', async () => {
    const miner = await startMiner();
    const socket = await bound();
    const { log } = start(socket, [{ name: '127.0.0.1', port: 9 }]);
    miner.tell('from elsewhere', socket);
    await eventually(() => expect(log).toContain('udp:127.0.0.1:9 says from elsewhere'));
  });

  it('tells miners of one address apart by their ports, and names all of them where it cannot', async () => {
    const [known, other] = [await startMiner(), await startMiner()];
    const socket = await bound();
    const { log } = start(socket, [
      { name: '127.0.0.1', port: known.port },
      { name: '127.0.0.1', port: 9 },
    ]);
    known.tell('mine', socket);
    other.tell('whose', socket);
    await eventually(() => {
      expect(log).toContain(`udp:127.0.0.1:${known.port} says mine`);
      expect(log).toContain(`udp:127.0.0.1:${known.port} or udp:127.0.0.1:9 says whose`);
    });
  });

  it('hears strangers, and never sends to them', async () => {
    const stranger = await startMiner();
    const socket = await bound();
    const { transport, log } = start(socket, []);
    stranger.tell('listen', socket);
    await eventually(() => expect(log).toEqual([`${UDP_STRANGERS_LINK} says listen`]));
    expect(transport.send(UDP_STRANGERS_LINK, bytesOf('no'))).toBe(false);
    expect(transport.queuedBytes(UDP_STRANGERS_LINK)).toBe(0);
  });

  it('keeps what came before its owner listened', async () => {
    const miner = await startMiner();
    const socket = await bound();
    miner.tell('the genesis', socket);
    const probe = await startMiner();
    await new Promise<void>((resolve) => {
      const watch = setInterval(() => {
        // A round trip over the same interface: what was sent before it has arrived.
        if (probe.heard.length > 0) {
          clearInterval(watch);
          resolve();
        } else socket.send(bytesOf('probe'), '127.0.0.1', probe.port);
      }, 5);
    });
    const { log } = start(socket, []);
    await eventually(() => expect(log).toContain(`${UDP_STRANGERS_LINK} says the genesis`));
  });

  it('warns once of a name without an address, and finds it later', async () => {
    const miner = await startMiner();
    const socket = await bound();
    let lookUps = 0;
    let known = false;
    const lookUp: LookUp = async () => {
      lookUps++;
      if (!known) throw new Error('ENOTFOUND');
      return ['127.0.0.1'];
    };
    const peers = [{ name: 'miner.1', port: miner.port }];
    const { transport, log, warnings } = start(socket, peers, { lookUp, lookUpEveryMs: 5 });
    const linkId = `udp:miner.1:${miner.port}`;
    await eventually(() => expect(lookUps).toBeGreaterThan(3));
    expect(log).toEqual([`connected ${linkId} udp null`]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('miner.1');
    expect(transport.send(linkId, bytesOf('too early'))).toBe(false);
    known = true;
    await eventually(() => expect(transport.send(linkId, bytesOf('now'))).toBe(true));
    await eventually(() => expect(miner.heard).toContain('now'));
    miner.tell('and back', socket);
    await eventually(() => expect(log).toContain(`${linkId} says and back`));
    known = false;
    const before = lookUps;
    await eventually(() => expect(lookUps).toBeGreaterThan(before + 2));
    expect(transport.send(linkId, bytesOf('still'))).toBe(true);
  });

  it('survives miners that do not run, and datagrams of any length', async () => {
    const miner = await startMiner();
    const gone = await startMiner();
    const socket = await bound();
    const { transport, log } = start(socket, [
      { name: '127.0.0.1', port: miner.port },
      { name: '127.0.0.1', port: 9 },
    ]);
    await eventually(() => expect(log).toHaveLength(2));
    for (let i = 0; i < 20; i++) transport.send('udp:127.0.0.1:9', bytesOf('anyone there?'));
    expect(gone.heard).toEqual([]);
    const linkId = `udp:127.0.0.1:${miner.port}`;
    expect(transport.send(linkId, new Uint8Array(DATAGRAM_LIMIT_BYTES + 1))).toBe(false);
    expect(transport.send(linkId, new Uint8Array(DATAGRAM_LIMIT_BYTES).fill(97))).toBe(true);
    await eventually(() => expect(miner.heard[0]?.length).toBe(DATAGRAM_LIMIT_BYTES));
    miner.tell('', socket);
    miner.tell('x'.repeat(DATAGRAM_LIMIT_BYTES), socket);
    await eventually(() =>
      expect(log.slice(2)).toEqual([
        `${linkId} says `,
        `${linkId} says ${'x'.repeat(DATAGRAM_LIMIT_BYTES)}`,
      ]),
    );
  });

  it('opens a link again after it was closed, because a sender can be forged', async () => {
    const socket = await bound();
    const { transport, log } = start(socket, [{ name: '127.0.0.1', port: 9 }], {
      lookUpEveryMs: 5,
    });
    const linkId = 'udp:127.0.0.1:9';
    await eventually(() => expect(log).toHaveLength(1));
    transport.disconnect(linkId, 'some-code');
    expect(transport.send(linkId, bytesOf('x'))).toBe(false);
    transport.disconnect(linkId, null);
    await eventually(() =>
      expect(log).toEqual([
        `connected ${linkId} udp null`,
        `disconnected ${linkId}`,
        `connected ${linkId} udp null`,
      ]),
    );
  });

  it('is silent after close, and dials nobody', async () => {
    const miner = await startMiner();
    const socket = await bound();
    const { transport, log } = start(socket, [{ name: '127.0.0.1', port: miner.port }]);
    transport.dial('ab'.repeat(20));
    await eventually(() => expect(log).toContain(`dial failed ${'ab'.repeat(20)}`));
    const before = [...log];
    transport.close();
    transport.close();
    expect(transport.send(`udp:127.0.0.1:${miner.port}`, bytesOf('x'))).toBe(false);
    expect(log).toEqual(before);
  });

  it('takes a bounded number of miners', async () => {
    const socket = await bound();
    const peers = Array.from({ length: UDP_PEER_LIMIT + 1 }, (_, i) => ({
      name: '127.0.0.1',
      port: i + 1,
    }));
    const { log, warnings } = start(socket, peers);
    await eventually(() => expect(log).toHaveLength(UDP_PEER_LIMIT));
    expect(warnings).toHaveLength(1);
  });
});

describe('a UDP socket', () => {
  it('says that its port is taken', async () => {
    const first = await bound();
    const second = await openUdpSocket(first.local);
    expect(second).toMatchObject({ ok: false, code: 'port-taken' });
  });

  it('says that an address is not of this machine', async () => {
    expect(await openUdpSocket({ host: '192.0.2.1', port: 0 })).toMatchObject({
      ok: false,
      code: 'bad-address',
    });
  });

  it('says that a name has no address', async () => {
    const outcome = await openUdpSocket({ host: 'nobody', port: 0 }, async () => []);
    expect(outcome).toMatchObject({ ok: false, code: 'bad-address' });
    expect(!outcome.ok && outcome.message).toContain('nobody');
  });
});
