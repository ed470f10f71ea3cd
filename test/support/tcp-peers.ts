/**
 * TCP peers as processes, and clients that speak to them as the seed's clients do: a request in one go, no framing.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReplyReader } from '../../lib/tcp-peer/reply.ts';
import { pythonPath, startProcess, type Running } from '../e2e/harness/processes.ts';
import { waitFor } from '../e2e/harness/wait.ts';

const PYTHON_PEER = fileURLToPath(new URL('../reference/tcp_peer.py', import.meta.url));
/** Node with a loader, or Python, on two cores under load. */
const START_LIMIT_MS = 60_000;
const REPLY_LIMIT_MS = 60_000;

export interface ChainEntry {
  readonly index: number;
  readonly timestamp: string | number;
  readonly transaction: readonly string[];
  readonly proof: number;
  readonly previousHash: string;
  readonly currentHash: string | null;
}

/** One connection, in lockstep. */
export class TcpClient {
  readonly #socket: Socket;
  #pending: ((reply: string) => void) | null = null;
  #reader = new ReplyReader();
  /** Bytes that came so far. */
  receivedBytes = 0;
  /** Whether the other side has closed. */
  ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
    socket.on('end', () => this.#end());
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.receivedBytes += chunk.length;
      if (this.#pending === null) return;
      const state = this.#reader.push(text);
      if (state.kind === 'complete') this.#answer(state.text);
      // A proof has no end of its own; it comes in one piece.
      else if (/^\d+$/.test(text)) this.#answer(text);
    });
  }

  static connect(port: number): Promise<TcpClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new TcpClient(socket)));
    });
  }

  /** Sends bytes, and returns the reply. The empty text means that the other side has closed. */
  ask(request: string | Uint8Array, limitMs = REPLY_LIMIT_MS): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no reply to ${String(request).slice(0, 40)}`)),
        limitMs,
      );
      this.#reader = new ReplyReader();
      this.#pending = (reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      if (this.ended) this.#answer('');
      else if (request.length > 0) this.#socket.write(request);
    });
  }

  /** Sends, and waits for nothing. */
  write(bytes: string | Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  #answer(reply: string): void {
    const pending = this.#pending;
    this.#pending = null;
    pending?.(reply);
  }

  #end(): void {
    this.ended = true;
    this.#answer('');
  }
}

/** Asks one question on a connection of its own. */
export async function askOnce(port: number, request: string | Uint8Array): Promise<string> {
  const client = await TcpClient.connect(port);
  try {
    return await client.ask(request);
  } finally {
    client.close();
  }
}

/** The chain of a peer of ours, without what waits. */
export async function chainOf(port: number): Promise<ChainEntry[]> {
  return JSON.parse(await askOnce(port, 'hb')) as ChainEntry[];
}

export function transactionsOf(chain: readonly ChainEntry[]): string[] {
  return chain.flatMap(({ transaction }) => transaction);
}

/**
 * The chain of all these peers, once all have one and the same with exactly these transactions, in whatever order.
 * Where others in the network double what reaches them twice, each may stand there more often than it was entered.
 */
export async function waitForAgreement(
  ports: readonly number[],
  transactions: readonly string[],
  timeoutMs: number,
  { mayDouble = false } = {},
): Promise<ChainEntry[]> {
  const listed = (texts: readonly string[]): string =>
    JSON.stringify((mayDouble ? [...new Set(texts)] : [...texts]).sort());
  const wanted = listed(transactions);
  let seen: ChainEntry[][] = [];
  return waitFor(
    async () => {
      seen = await Promise.all(ports.map(chainOf));
      const [first, ...rest] = seen.map((chain) => JSON.stringify(chain));
      if (rest.some((other) => other !== first)) return null;
      return listed(transactionsOf(seen[0]!)) === wanted ? seen[0]! : null;
    },
    {
      timeoutMs,
      describe: () =>
        `all peers have one chain with ${transactions.length} transactions (seen: ${seen
          .map((chain) => `${chain.length} blocks, ${transactionsOf(chain).length} transactions`)
          .join('; ')})`,
    },
  );
}

/** Peers of one network, and their config files. */
export class PeerNetwork {
  readonly #folder: string;
  readonly #running: Running[] = [];
  readonly #proxies: Proxy[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where its config files are; gone when it is closed. */
  get folder(): string {
    return this.#folder;
  }

  static async open(): Promise<PeerNetwork> {
    return new PeerNetwork(await mkdtemp(join(tmpdir(), 'tabchain-peers-')));
  }

  /** Starts a peer of ours that beats each second, and answers when it listens. */
  async start(
    id: string,
    port: number,
    neighbours: Readonly<Record<string, number>>,
    ...flags: string[]
  ): Promise<Running> {
    const words = [id, String(port), await this.#writeConfig(id, neighbours), ...flags];
    const args = ['--import', 'tsx', 'lib/node/cli.ts', 'peer', ...words];
    const running = startProcess(`peer ${id}`, process.execPath, args);
    this.#running.push(running);
    await running.waitForLine(/listens on/, START_LIMIT_MS);
    return running;
  }

  /** Starts a peer in Python. */
  async startPython(
    id: string,
    port: number,
    neighbours: Readonly<Record<string, number>>,
    env: Readonly<Record<string, string>>,
  ): Promise<Running> {
    const words = [PYTHON_PEER, id, String(port), await this.#writeConfig(id, neighbours)];
    const running = startProcess(`python peer ${id}`, pythonPath(), words, { env });
    this.#running.push(running);
    await running.waitForLine(/listening on/, START_LIMIT_MS);
    return running;
  }

  /** A port that leads to another one, until it is cut. */
  async proxy(toPort: number): Promise<Proxy> {
    const proxy = await Proxy.open(toPort);
    this.#proxies.push(proxy);
    return proxy;
  }

  async close(): Promise<void> {
    for (const running of this.#running) await running.kill();
    for (const proxy of this.#proxies) await proxy.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #writeConfig(id: string, neighbours: Readonly<Record<string, number>>): Promise<string> {
    const path = join(this.#folder, `${id}.txt`);
    const lines = Object.entries(neighbours).map(([name, port]) => `${name} ${port}`);
    await writeFile(path, [lines.length, ...lines, ''].join('\n'));
    return path;
  }
}

/** A link of the network that a test can cut and mend. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static open(toPort: number): Promise<Proxy> {
    return new Promise((resolve) => {
      const server = createServer((incoming) => {
        if (proxy.#cut) {
          incoming.destroy();
          return;
        }
        const outgoing = connect(toPort, '127.0.0.1');
        for (const [socket, other] of [
          [incoming, outgoing],
          [outgoing, incoming],
        ] as const) {
          proxy.#sockets.add(socket);
          socket.on('error', () => undefined);
          socket.on('close', () => {
            proxy.#sockets.delete(socket);
            other.destroy();
          });
          socket.pipe(other);
        }
      });
      const proxy = new Proxy(server);
      server.listen(0, '127.0.0.1', () => resolve(proxy));
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
