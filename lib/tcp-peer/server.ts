/**
 * The TCP server of a peer: many clients, each in lockstep, and a turn for each (R22, R23).
 *
 * A connection's next request is looked at only when its last reply is on its way, and connections with a request take
 * turns, so that a client that sends as fast as it can gets its share and no more.
 */
import { createServer, type Socket } from 'node:net';
import { REPLY } from './peer.ts';
import { takeRequest, type Request, type TakenRequest } from './request.ts';

/** Clients and neighbours at once. */
export const CONNECTIONS_LIMIT = 512;
/** When all places are taken, the connection that was silent for longest gives way, but not before this time: three heartbeats. */
export const IDLE_LIMIT_MS = 15_000;
/** Silence that ends a request without a line break. Pieces of one request follow each other much faster. */
export const QUIET_MS = 5;
/** Half a request is waited for no longer. */
export const REQUEST_LIMIT_MS = 5_000;
/** A client that does not take its reply is closed. */
export const REPLY_LIMIT_MS = 30_000;
/** After the last word the client may still be sending; that is thrown away for this long, so that it can read the word. */
export const FAREWELL_MS = 1_000;
/** Requests are answered in slices of this length; in between, other events have their turn. */
const SLICE_MS = 10;

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** The reply; null closes the connection. `origin` names the connection. */
  readonly answer: (request: Request, origin: string) => string | null;
  /** What was refused, and why. */
  readonly onRejected: (origin: string, reason: string) => void;
}

export interface PeerServer {
  readonly port: number;
  /** Connections now. */
  connections(): number;
  /** Says goodbye to all clients, and frees the port. */
  close(): Promise<void>;
}

export type ServerOutcome =
  | { readonly ok: true; readonly server: PeerServer }
  /** A whole sentence. */
  | { readonly ok: false; readonly message: string };

/** Listens, and answers until it is closed. */
export function startPeerServer(options: ServerOptions): Promise<ServerOutcome> {
  const connections = new Set<Connection>();
  const turns = new Turns();
  let count = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (connections.size >= CONNECTIONS_LIMIT && !makeRoom(connections)) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, `client-${++count}`, options, turns);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  return new Promise((resolve) => {
    server.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ ok: false, message: explainListenError(error, options) }),
    );
    server.listen({ host: options.host, port: options.port }, () => {
      const address = server.address();
      resolve({
        ok: true,
        server: {
          port: typeof address === 'object' && address !== null ? address.port : options.port,
          connections: () => connections.size,
          close: () =>
            new Promise((closed) => {
              server.close(() => closed());
              for (const connection of connections) connection.end(null);
            }),
        },
      });
    });
  });
}

function makeRoom(connections: ReadonlySet<Connection>): boolean {
  let oldest: Connection | null = null;
  for (const connection of connections)
    if (oldest === null || connection.activeMs < oldest.activeMs) oldest = connection;
  if (oldest === null || performance.now() - oldest.activeMs < IDLE_LIMIT_MS) return false;
  oldest.destroy();
  return true;
}

function explainListenError(error: NodeJS.ErrnoException, { host, port }: ServerOptions): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `The TCP port ${port} is taken: choose another, or end the program that uses it.`;
    case 'EADDRNOTAVAIL':
      return `Nothing can listen at ${host}: it is no address of this machine.`;
    case 'EACCES':
      return `The TCP port ${port} may not be used by this user: choose one from 1024 on.`;
    default:
      return `The TCP port ${port} cannot be used (${error.code ?? error.message}).`;
  }
}

/** Calls what stands in line, each once around. */
class Turns {
  #line: (() => void)[] = [];
  #running = false;

  join(turn: () => void): void {
    this.#line.push(turn);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    const line = this.#line;
    const startMs = performance.now();
    let place = 0;
    while (place < line.length && performance.now() - startMs < SLICE_MS) line[place++]!();
    this.#line = line.slice(place);
    this.#running = this.#line.length > 0;
    if (this.#running) setImmediate(() => this.#run());
  }
}

/** One client: `reading` until a request is complete, `answering` until its reply has left, `ended` after the last word. */
class Connection {
  /** When anything last came. */
  activeMs = performance.now();
  readonly #socket: Socket;
  readonly #origin: string;
  readonly #options: ServerOptions;
  readonly #turns: Turns;
  #state: 'reading' | 'answering' | 'ended' = 'reading';
  #bytes: Uint8Array = new Uint8Array(0);
  /** The client will send no more. */
  #halfClosed = false;
  /** Counts the looks at what has come. */
  #looks = 0;
  #quietTimer: NodeJS.Timeout | undefined;
  #limitTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, origin: string, options: ServerOptions, turns: Turns) {
    this.#socket = socket;
    this.#origin = origin;
    this.#options = options;
    this.#turns = turns;
    socket.on('data', (chunk) => {
      if (this.#state === 'ended') return;
      this.activeMs = performance.now();
      this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
      this.#look(false);
    });
    socket.on('end', () => {
      this.#halfClosed = true;
      if (this.#state === 'reading') this.#look(true);
    });
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  /** Says a last word, and closes. */
  end(lastWord: string | null): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#clearTimers();
    if (lastWord === null) this.#socket.end();
    else this.#socket.end(lastWord, 'latin1');
    // Closing with bytes unread would make the system throw the last word away.
    this.#socket.resume();
    this.#limitTimer = setTimeout(() => this.destroy(), FAREWELL_MS);
    if (this.#halfClosed) this.#socket.destroySoon();
  }

  destroy(): void {
    this.#state = 'ended';
    this.#clearTimers();
    this.#socket.destroy();
  }

  #look(quiet: boolean): void {
    if (this.#state !== 'reading') return;
    this.#looks++;
    clearTimeout(this.#quietTimer);
    const taken = takeRequest(this.#bytes, quiet || this.#halfClosed);
    if (taken.kind !== 'wait') {
      clearTimeout(this.#limitTimer);
      this.#limitTimer = undefined;
      this.#state = 'answering';
      this.#bytes = taken.rest;
      this.#socket.pause();
      this.#turns.join(() => this.#takeTurn(taken));
      return;
    }
    if (this.#halfClosed) {
      this.end(taken.begun ? REPLY.rejected : null);
      return;
    }
    if (taken.begun)
      this.#limitTimer ??= setTimeout(() => {
        this.#options.onRejected(this.#origin, 'half a request, and silence');
        this.end(REPLY.rejected);
      }, REQUEST_LIMIT_MS);
    // A timer may fire before bytes are read that came while the process was busy: so look after those.
    const look = this.#looks;
    const lookAgain = () => {
      if (look === this.#looks) this.#look(true);
    };
    if (taken.quiet) this.#quietTimer = setTimeout(() => setImmediate(lookAgain), QUIET_MS);
    this.#socket.resume();
  }

  #takeTurn(taken: Exclude<TakenRequest, { kind: 'wait' }>): void {
    if (this.#state !== 'answering') return;
    if (taken.kind === 'rejected') {
      this.#options.onRejected(this.#origin, taken.reason);
      if (taken.fatal) this.end(REPLY.rejected);
      else this.#reply(REPLY.rejected);
      return;
    }
    const reply = this.#options.answer(taken.request, this.#origin);
    if (reply === null) this.end(null);
    else this.#reply(reply);
  }

  #reply(text: string): void {
    const next = () => {
      clearTimeout(this.#limitTimer);
      this.#limitTimer = undefined;
      if (this.#state !== 'answering') return;
      this.#state = 'reading';
      this.#look(false);
    };
    if (this.#socket.write(text, 'latin1')) return next();
    this.#limitTimer = setTimeout(() => this.destroy(), REPLY_LIMIT_MS);
    this.#socket.once('drain', next);
  }

  #clearTimers(): void {
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#limitTimer);
  }
}
