/**
 * The tiny server behind a room link: introduces peers to each other over WebSockets and serves the built app, on one
 * port (R26). It is not trusted and knows nothing of blocks. Its protocol is in README.md.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { RELAY_FRAME_LIMIT_BYTES } from '../lib/drivers/relay/frame.ts';
import { SIGNAL_PATH } from '../lib/drivers/signaling/wire.ts';
import { ROOM_CODE } from '../lib/net/room-link.ts';
import { createClients, type ClientFigures } from './clients.ts';
import { createRequestListener, type IceHelp, type RoomRecord } from './http.ts';
import { DEFAULT_LIMITS, type SignalingLimits } from './limits.ts';

/** A client that has not finished its greeting over TLS by then is not going to. */
const TLS_GREETING_LIMIT_MS = 10_000;

/** Plain requests beside the WebSockets: a class that loads the page at once. */
const HTTP_CONNECTIONS = 500;

export interface SignalingServerOptions {
  /** Address to listen on; `0.0.0.0` for every network. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Serves https and wss with this certificate and key, both PEM; absent: plain http. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Folder of the built app; null serves none. */
  readonly appDir: string | null;
  /** Room codes that are known from the start, with their link fragments. */
  readonly roomLinks?: Iterable<readonly [code: string, fragment: string]>;
  /** Origins besides our own whose pages may connect, as browsers write them: `https://example.org`. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<SignalingLimits>;
  /** Told of each connection, whatever comes of it: the IP address that it comes from. */
  readonly onConnection?: (address: string) => void;
}

export interface SignalingServer {
  readonly host: string;
  /** The port in use. */
  readonly port: number;
  /**
   * Lets `/rooms/<code>` answer with this record. False where the code is malformed or too many are known.
   */
  registerRoom(code: string, record: RoomRecord): boolean;
  /** Lets `/ice` answer with this. */
  offerIce(help: IceHelp): void;
  figures(): ClientFigures;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

export type StartOutcome =
  | { readonly ok: true; readonly server: SignalingServer }
  | {
      readonly ok: false;
      readonly code: 'port-taken' | 'port-forbidden' | 'address-unknown' | 'cannot-listen';
      /** A sentence for the user. */
      readonly message: string;
    };

/** Starts to listen. A port or an address that cannot be had is an outcome, not an exception. */
export async function startSignalingServer(options: SignalingServerOptions): Promise<StartOutcome> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const roomRecords = new Map<string, RoomRecord>();
  let iceHelp: IceHelp = {};
  const clients = createClients(limits);
  const answer = createRequestListener({
    appDir: options.appDir,
    roomRecord: (code) => roomRecords.get(code),
    iceHelp: () => iceHelp,
    health: () => clients.figures(),
  });
  const http =
    options.tls === undefined
      ? createServer(answer)
      : createSecureServer(
          {
            cert: options.tls.cert,
            key: options.tls.key,
            handshakeTimeout: TLS_GREETING_LIMIT_MS,
          },
          answer,
        );
  http.maxConnections = limits.connections + HTTP_CONNECTIONS;
  http.on('clientError', (_error, socket) => socket.destroy());
  http.on('connection', ({ remoteAddress }) => {
    if (remoteAddress !== undefined) options.onConnection?.(remoteAddress);
  });

  // `ws` itself closes with 1009 what is too long and with 1007 what is no UTF-8, before it is read whole.
  const acceptor = new WebSocketServer({
    noServer: true,
    maxPayload: Math.max(limits.messageBytes, RELAY_FRAME_LIMIT_BYTES),
    perMessageDeflate: false,
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refusal = refuseUpgrade(request);
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    acceptor.handleUpgrade(request, socket, head, (opened) =>
      clients.add(opened, addressOf(request)),
    );
  });

  function refuseUpgrade(request: IncomingMessage): string | null {
    if ((request.url ?? '').split('?', 1)[0] !== SIGNAL_PATH) return '404 Not Found';
    if (!isOriginAllowed(request, options.allowedOrigins ?? [])) return '403 Forbidden';
    switch (clients.admits(addressOf(request))) {
      case 'yes':
        return null;
      case 'too-many-connections':
        return '503 Service Unavailable';
      case 'too-many-of-address':
        return '429 Too Many Requests';
    }
  }

  function registerRoom(code: string, record: RoomRecord): boolean {
    if (!ROOM_CODE.test(code)) return false;
    if (!roomRecords.has(code) && roomRecords.size >= limits.roomLinks) return false;
    roomRecords.set(code, record);
    return true;
  }
  for (const [code, fragment] of options.roomLinks ?? []) registerRoom(code, { fragment });

  const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    http.once('error', resolve);
    http.listen(options.port, options.host, () => {
      http.off('error', resolve);
      resolve(null);
    });
  });
  if (failure !== null) {
    await clients.close();
    return { ok: false, ...explainFailure(failure, options) };
  }
  // After listening, errors concern single connections (no descriptor left to accept one) and pass by themselves.
  http.on('error', () => undefined);

  const { port } = http.address() as AddressInfo;
  return {
    ok: true,
    server: {
      host: options.host,
      port,
      registerRoom,
      offerIce: (help) => void (iceHelp = help),
      figures: () => clients.figures(),
      async close() {
        const ended = new Promise<void>((resolve) => http.close(() => resolve()));
        await clients.close();
        http.closeAllConnections();
        await ended;
      },
    },
  };
}

/** Programs send no Origin. A page may connect to the server that it came from, and where its owner allows it. */
function isOriginAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  try {
    if (host === undefined) return false;
    // The default port of the origin's scheme may stand in the one and be missing in the other.
    const page = new URL(origin);
    return page.host === new URL(`${page.protocol}//${host}`).host;
  } catch {
    return false;
  }
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown';
}

function explainFailure(
  error: NodeJS.ErrnoException,
  { host, port }: SignalingServerOptions,
): Omit<Extract<StartOutcome, { ok: false }>, 'ok'> {
  switch (error.code) {
    case 'EADDRINUSE':
      return {
        code: 'port-taken',
        message: `Port ${port} is taken. Stop the program that uses it, or choose another port.`,
      };
    case 'EACCES':
      return {
        code: 'port-forbidden',
        message: `This user may not listen on port ${port}. Choose one from 1024 up.`,
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        code: 'address-unknown',
        message: `${host} is no address of this machine. Use 0.0.0.0 for all of its addresses.`,
      };
    default:
      return {
        code: 'cannot-listen',
        message: `Cannot listen on ${host}, port ${port}: ${error.message}`,
      };
  }
}
