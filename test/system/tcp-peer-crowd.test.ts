import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freeTcpPort, type Running } from '../e2e/harness/processes.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { askOnce, PeerNetwork, TcpClient, waitForAgreement } from '../support/tcp-peers.ts';

const CLIENTS = 200;
const TRANSACTIONS = 5_000;
const AGREE_LIMIT_MS = 90_000;

const entered: string[] = [];
let network: PeerNetwork;
let ports: [number, number, number];
let peers: Running[];
const halves = ['tx|Abcd12', 'u', 'tx|Abcd1234|'];
/** Asked at the beginning, since their time-out takes a while. */
let halfReplies: Promise<string[]>;

beforeAll(async () => {
  network = await PeerNetwork.open();
  ports = [await freeTcpPort(), await freeTcpPort(), await freeTcpPort()];
  const names = ['A', 'B', 'C'];
  peers = await Promise.all(
    names.map((id, place) => {
      const others = names.map((name, other) => [name, ports[other]!] as const);
      const neighbours = Object.fromEntries(others.filter(([name]) => name !== id));
      return network.start(id, ports[place]!, neighbours, '--heartbeat', '2s');
    }),
  );
  halfReplies = Promise.all(halves.map((half) => askOnce(ports[0], half)));
});
afterAll(() => network.close());

async function expectAlive(): Promise<void> {
  expect(await askOnce(ports[0], 'gp')).toMatch(/^\d+$/);
  expect(peers[0]!.ended).toBeNull();
}

describe('a peer under 200 clients', () => {
  it('takes 5,000 transactions, and all peers come to one order', async () => {
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, (_, client) => TcpClient.connect(ports[client % 3]!)),
    );
    await Promise.all(
      clients.map(async (client, number) => {
        for (let count = 0; count < TRANSACTIONS / CLIENTS; count++) {
          const text = `tx|Many${String(number).padStart(4, '0')}|number ${count}`;
          expect(await client.ask(text)).toBe('Accepted');
          entered.push(text);
        }
      }),
    );
    // All are still connected, and each is answered.
    const proofs = await Promise.all(clients.map((client) => client.ask('gp')));
    expect(proofs.every((proof) => /^\d+$/.test(proof))).toBe(true);
    for (const client of clients) client.close();
    const chain = await waitForAgreement(ports, entered, AGREE_LIMIT_MS);
    expect(chain.length).toBeGreaterThan(TRANSACTIONS / 5);
  });

  it('serves the others while one sends requests as fast as it can', async () => {
    const flood = await TcpClient.connect(ports[0]);
    const requests = 'pb\n'.repeat(1_000);
    for (let count = 0; count < 20; count++) flood.write(requests);
    const noise = await TcpClient.connect(ports[0]);
    // The flood goes on for as long as the others are served, whatever the machine's speed.
    const flooding = setInterval(() => noise.write('gp\n'.repeat(5_000)), 5);
    onTestFinished(() => clearInterval(flooding));
    await waitFor(() => flood.receivedBytes > 0 && noise.receivedBytes > 0, {
      timeoutMs: 60_000,
      describe: 'the floods are being answered',
      pollMs: 5,
    });
    const client = await TcpClient.connect(ports[0]);
    for (let count = 0; count < 25; count++) {
      const text = `tx|Calm0000|number ${count}`;
      expect(await client.ask(text)).toBe('Accepted');
      entered.push(text);
    }
    const answered = noise.receivedBytes;
    await waitFor(() => noise.receivedBytes > answered, {
      timeoutMs: 60_000,
      describe: 'the flood is still being answered, too',
      pollMs: 5,
    });
    clearInterval(flooding);
    client.close();
    flood.close();
    noise.close();
    await waitForAgreement(ports, entered, AGREE_LIMIT_MS);
  });
});

describe('a peer rejects', () => {
  const tx = (sender: string, content: string) => `tx|${sender}|${content}`;

  it.each([
    ['a wrong sender', tx('Abc1234', 'hello')],
    ['a sender of digits first', tx('1234Abcd', 'hello')],
    ['71 characters', tx('Abcd1234', 'x'.repeat(71))],
    ['a bar', tx('Abcd1234', 'a|b')],
    ['a control character', tx('Abcd1234', 'a\x07b')],
    ['a line break', tx('Abcd1234', 'one\ntwo')],
    ['an unknown word', 'hello'],
    ['a proof that is no number', 'up|abc'],
  ])('%s, and goes on listening to the client', async (_, request) => {
    const client = await TcpClient.connect(ports[0]);
    expect(await client.ask(request)).toBe('Rejected');
    expect(await client.ask('gp')).toMatch(/^\d+$/);
    client.close();
  });

  it('accepts 70 characters that are 280 bytes', async () => {
    const text = tx('Abcd1234', '🦊'.repeat(70));
    expect(await askOnce(ports[0], text)).toBe('Accepted');
    entered.push(text);
  });

  it('one megabyte without an end, and closes the connection', async () => {
    const client = await TcpClient.connect(ports[0]);
    expect(await client.ask(Buffer.alloc(1024 * 1024, 'x'))).toBe('Rejected');
    await waitFor(() => client.ended, { timeoutMs: 60_000, describe: 'the connection is closed' });
    await expectAlive();
  });

  it('half a request and silence, after its time-out', async () => {
    expect(await halfReplies).toEqual(halves.map(() => 'Rejected'));
    const slow = await TcpClient.connect(ports[0]);
    expect(slow.write('tx|Abcd')).toBe(true);
    expect(await slow.ask('1234|in two pieces')).toBe('Accepted');
    entered.push('tx|Abcd1234|in two pieces');
    slow.close();
  });

  it('binary noise, and stays alive', async () => {
    for (let count = 0; count < 30; count++) {
      const client = await TcpClient.connect(ports[0]);
      const reply = await client.ask(Buffer.concat([Buffer.of(0xff, 0xfe), randomBytes(500)]));
      expect(['Rejected', '']).toContain(reply);
      client.close();
    }
    await expectAlive();
  });

  it('nothing of all that into the chain', async () => {
    const closed = await TcpClient.connect(ports[0]);
    expect(await closed.ask('cc')).toBe('');
    await waitForAgreement(ports, entered, AGREE_LIMIT_MS);
    await expectAlive();
  });
});
