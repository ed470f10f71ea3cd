/**
 * Answers over HTTP how a miner stands: `/status` as JSON, `/metrics` for Prometheus, and `/chain` as the best chain, one
 * block a line in the spec's JSON, genesis first. Read only.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { AddressInfo } from 'node:net';
import type { Block } from '../chain/block.ts';
import { blockToJson } from '../chain/codec.ts';
import type { SessionSnapshot } from '../drivers/session.ts';
import { writeUdpAddress, type UdpAddress } from '../drivers/udp/address.ts';
import { METRICS_TYPE, writeMetrics } from './metrics.ts';

/** A status page is for a handful of watchers. */
export const CONNECTION_LIMIT = 32;
/** A watcher that takes nothing for so long is gone. */
export const IDLE_LIMIT_MS = 60_000;

const TYPES = new Map([
  ['/status', 'application/json; charset=utf-8'],
  ['/metrics', METRICS_TYPE],
  ['/chain', 'application/x-ndjson; charset=utf-8'],
]);

/** What the server shows: a session, or a part of one in tests. */
export interface StatusSource {
  snapshot(): SessionSnapshot;
  /** The best chain, genesis first. */
  bestChain(): Iterable<Block>;
}

export interface StatusServer {
  /** Where it listens: `http://host:port`. */
  readonly url: string;
  close(): Promise<void>;
}

export type StatusOutcome =
  | { readonly ok: true; readonly server: StatusServer }
  | { readonly ok: false; readonly message: string };

/** Starts to answer. Port 0 takes any free one. */
export async function startStatusServer(
  address: UdpAddress,
  source: StatusSource,
): Promise<StatusOutcome> {
  const server = createServer((request, response) => {
    answer(request, response, source).catch(() => response.destroy());
  });
  server.maxConnections = CONNECTION_LIMIT;
  server.setTimeout(IDLE_LIMIT_MS);
  server.listen(address.port, address.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    return { ok: false, message: describeListenError(error as NodeJS.ErrnoException, address) };
  }
  // From here on errors concern single connections (no descriptor left to accept one), and must not end the miner.
  server.on('error', () => undefined);
  const { address: host, port } = server.address() as AddressInfo;
  return {
    ok: true,
    server: { url: `http://${writeUdpAddress({ host, port })}`, close: () => closeServer(server) },
  };
}

/** The JSON of `/status`. */
export function statusOf(snapshot: SessionSnapshot): object {
  const { tip, room, mining } = snapshot;
  return {
    height: tip?.height ?? null,
    storedHeight: snapshot.storedHeight,
    tip: tip?.hash ?? null,
    work: tip?.work ?? null,
    genesis: room.genesis,
    target: room.target,
    room: room.code,
    rules: room.rules,
    phase: snapshot.phase,
    nodeId: snapshot.self.nodeId,
    name: snapshot.self.name,
    hashRate: snapshot.rates.totalHashesPerSecond,
    threads: snapshot.threads,
    found: mining.found,
    minedOnChain: mining.onChain,
    refused: Object.values(snapshot.refused).reduce((sum, count) => sum + count, 0),
    refusedByCode: snapshot.refused,
    overlay: snapshot.overlay,
    orphans: snapshot.blocks.orphans,
    kept: snapshot.blocks.kept,
    peers: snapshot.peers.map(({ nodeId, name, kind, delayMs, height, trouble }) => ({
      nodeId,
      name,
      kind,
      delayMs,
      height,
      trouble,
    })),
    server: snapshot.server,
    warnings: snapshot.warnings,
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: StatusSource,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const path = (request.url ?? '').split('?', 1)[0];
  const type = TYPES.get(path ?? '');
  if (type === undefined)
    return end(response, 404, 'Nothing is here: ask for /status, /metrics or /chain.\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return end(response, 405, 'Only GET is answered here.\n');
  }
  response.setHeader('Content-Type', type);
  if (request.method === 'HEAD') return void response.end();
  if (path === '/status')
    return void response.end(`${JSON.stringify(statusOf(source.snapshot()))}\n`);
  if (path === '/metrics') return void response.end(writeMetrics(source.snapshot()));
  // The list is taken at once, so that a reorganisation meanwhile does not mix two chains; a pipeline writes the next
  // line only when the reader has taken those before.
  await pipeline(Readable.from(chainLines([...source.bestChain()])), response);
}

function* chainLines(blocks: readonly Block[]): Generator<string> {
  for (const block of blocks) yield `${JSON.stringify(blockToJson(block))}\n`;
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(text);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function describeListenError(error: NodeJS.ErrnoException, address: UdpAddress): string {
  const where = writeUdpAddress(address);
  switch (error.code) {
    case 'EADDRINUSE':
      return `--status: port ${address.port} of ${address.host} is taken: choose another port.`;
    case 'EACCES':
      return `--status: ${where} may not be used by this user: choose a port from 1024 to 65535.`;
    default:
      return `--status: cannot listen on ${where}: it is no address of this machine (${error.code ?? error.message}).`;
  }
}
