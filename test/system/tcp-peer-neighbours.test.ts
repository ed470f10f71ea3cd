import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PeerMachine } from '../../lib/tcp-peer/peer.ts';
import { startPeer, type RunningPeer } from '../../lib/tcp-peer/running-peer.ts';
import { CONNECTIONS_LIMIT, startPeerServer } from '../../lib/tcp-peer/server.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { TcpClient } from '../support/tcp-peers.ts';

const LIMIT_MS = 60_000;

/** A neighbour that answers as the test says, and keeps what it was asked. */
class FakeNeighbour {
  readonly requests: string[] = [];
  connections = 0;
  /** A request came before the last one was answered. */
  pipelined = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(answer: (request: string, socket: Socket) => Promise<void> | void) {
    this.#server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
      let busy = false;
      socket.on('data', (chunk) => {
        if (busy) this.pipelined = true;
        busy = true;
        const request = chunk.toString('utf8');
        this.requests.push(request);
        void Promise.resolve(answer(request, socket)).then(() => (busy = false));
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** A chain with one transaction, as a neighbour would have it. */
function someChain(content: string): string {
  const machine = new PeerMachine({ timestampFormat: 'iso', checksHashes: true, nowMs: 1_000 });
  machine.mine(1_000);
  const text = `tx|Abcd1234|${content}`;
  machine.answer({ kind: 'transaction', text }, 'client', 2_000);
  return machine.writeChain();
}

const asRepr = (json: string) =>
  json.replaceAll('null', 'None').replaceAll('"', "'").replaceAll('\\u0027', "\\'");

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function startWith(
  answer: ConstructorParameters<typeof FakeNeighbour>[0],
): Promise<{ peer: RunningPeer; neighbour: FakeNeighbour; notices: string[] }> {
  const neighbour = new FakeNeighbour(answer);
  const port = await neighbour.listen();
  const notices: string[] = [];
  const outcome = await startPeer({
    host: '127.0.0.1',
    port: 0,
    neighbours: [{ id: 'N', host: '127.0.0.1', port }],
    mines: false,
    heartbeatMs: 100,
    pollMs: 1_000,
    timestampFormat: 'iso',
    checksHashes: true,
    onEvent: () => undefined,
    onNotice: (sentence) => notices.push(sentence),
  });
  if (!outcome.ok) throw new Error(outcome.message);
  cleanups.push(
    () => outcome.peer.close(),
    () => neighbour.close(),
  );
  return { peer: outcome.peer, neighbour, notices };
}

const lengthOf = (peer: RunningPeer) => peer.machine.chain.length;
const adopted = (peer: RunningPeer) =>
  waitFor(() => lengthOf(peer) === 2, { timeoutMs: LIMIT_MS, describe: 'the chain is taken' });

describe('a neighbour', () => {
  it('is asked one thing at a time, over one connection, in bytes that are nothing but the request', async () => {
    const { peer, neighbour } = await startWith(async (request, socket) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      socket.write(request === 'hb' ? someChain('x') : 'Accepted');
    });
    const passedOn = () => neighbour.requests.filter((request) => request !== 'hb');
    for (let count = 0; count < 8; count++) expect(peer.submit(`tx|Abcd1234|${count}`)).toBe(true);
    await waitFor(() => passedOn().length >= 8 && neighbour.requests.length >= 12, {
      timeoutMs: LIMIT_MS,
      describe: 'all is passed on, and heartbeats go on',
    });
    expect(neighbour.pipelined).toBe(false);
    expect(neighbour.connections).toBe(1);
    expect(passedOn()).toEqual(Array.from({ length: 8 }, (_, count) => `tx|Abcd1234|${count}`));
  });

  it('may answer byte by byte, in the middle of characters', async () => {
    const reply = Buffer.from(
      asRepr(someChain('ä🦊')).replace(/\\u[0-9a-f]{4}/g, (escape) =>
        String.fromCharCode(parseInt(escape.slice(2), 16)),
      ),
    );
    const { peer } = await startWith(async (_, socket) => {
      for (let place = 0; place < reply.length; place += 7) {
        socket.write(reply.subarray(place, place + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    await adopted(peer);
    expect(peer.machine.chain[1]!.transactions).toEqual(['tx|Abcd1234|ä🦊']);
  });

  it.each([
    ['JSON', (json: string) => json],
    ['the repr of a list', asRepr],
    ['a list within a text', (json: string) => JSON.stringify(asRepr(json))],
    ['JSON with a line break behind', (json: string) => `${json}\r\n`],
  ])('may answer with %s', async (_, write) => {
    const { peer, notices } = await startWith((_request, socket) => {
      socket.write(write(someChain("it's")));
    });
    await adopted(peer);
    expect(notices).toEqual(['Neighbour N answers.']);
  });

  it('may close the connection after each reply', async () => {
    const { peer, neighbour } = await startWith((_, socket) => {
      socket.end(someChain('x'));
    });
    await adopted(peer);
    await waitFor(() => neighbour.connections >= 3, {
      timeoutMs: LIMIT_MS,
      describe: 'it is asked again',
    });
  });

  it.each([
    ['words that nobody knows', 'I do not understand'],
    ['a chain that is forged', someChain('x').replace('|x', '|y')],
    ['binary noise', Buffer.from([0x5b, 0xff, 0x00, 0x5d])],
    ['brackets without end', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['nothing but an empty list', '[]'],
  ])('that answers with %s changes nothing, and its user is told once', async (_, reply) => {
    const { peer, neighbour, notices } = await startWith((_request, socket) => {
      socket.write(reply);
    });
    await waitFor(() => neighbour.requests.length >= 3, {
      timeoutMs: LIMIT_MS,
      describe: 'it is asked again',
    });
    expect(lengthOf(peer)).toBe(1);
    expect(notices.slice(0, 2)).toEqual([
      'Neighbour N answers.',
      expect.stringMatching(/^The chain of neighbour N is refused: .*\.$/),
    ]);
    expect(notices).toHaveLength(2);
  });

  it('that breaks off in the middle is asked again later', async () => {
    let count = 0;
    const { peer } = await startWith((_, socket) => {
      const reply = someChain('x');
      if (count++ < 2) socket.end(reply.slice(0, 50));
      else socket.write(reply);
    });
    await adopted(peer);
  });
});

describe('a peer', () => {
  it('has places for a limited number of clients, and frees them', async () => {
    const outcome = await startPeerServer({
      host: '127.0.0.1',
      port: 0,
      answer: () => 'Accepted',
      onRejected: () => undefined,
    });
    if (!outcome.ok) throw new Error(outcome.message);
    const { server } = outcome;
    cleanups.push(() => server.close());
    const clients: TcpClient[] = [];
    for (let count = 0; count < CONNECTIONS_LIMIT; count++)
      clients.push(await TcpClient.connect(server.port));
    expect(await clients.at(-1)!.ask('gp')).toBe('Accepted');
    const tooMany = await TcpClient.connect(server.port);
    expect(await tooMany.ask('gp')).toBe('');
    clients.pop()!.close();
    await waitFor(() => server.connections() < CONNECTIONS_LIMIT, {
      timeoutMs: LIMIT_MS,
      describe: 'a place is free',
    });
    const next = await TcpClient.connect(server.port);
    expect(await next.ask('gp')).toBe('Accepted');
    for (const client of [next, ...clients]) client.close();
  });

  it('says that its port is taken', async () => {
    const { peer } = await startWith(() => undefined);
    const again = await startPeer({
      host: '127.0.0.1',
      port: peer.port,
      neighbours: [],
      mines: false,
      heartbeatMs: 1_000,
      pollMs: 1_000,
      timestampFormat: 'iso',
      checksHashes: true,
      onEvent: () => undefined,
      onNotice: () => undefined,
    });
    expect(again).toEqual({
      ok: false,
      message: `The TCP port ${peer.port} is taken: choose another, or end the program that uses it.`,
    });
  });
});
