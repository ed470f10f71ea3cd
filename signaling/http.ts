/**
 * The pages of the signaling server: the built app, the link of a typed room code, and a sign of life (R26, R28).
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import sirv from 'sirv';
import type { IceServer } from '../lib/drivers/webrtc/ice-servers.ts';

/**
 * What a page from here may do. Scripts come from here alone; WebAssembly is emitted at run time, and workers may start
 * from a blob. Styles may stand in elements, where Svelte writes them. WebSockets may go to another signaling server.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "media-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/**
 * They isolate a page and its workers from other origins, for which browsers let them share memory: a new tip reaches
 * a search sooner. Nothing is lost by that, as the policy above keeps what is of other origins away anyway.
 */
const ISOLATION_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const;

/** Names of this machine itself, which browsers trust without TLS. */
const LOOPBACK_HOST = /^(?:localhost|[^:]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Vite names these files by their content, so a stored copy is never stale. */
const HASHED_FILES = /^\/assets\//;

/** What helps direct links to open, whichever room they are for: `/ice` answers it. */
export interface IceHelp {
  /** STUN and TURN servers that the owner names. Everybody who reaches this server can read them. */
  readonly iceServers?: readonly IceServer[];
  /** UDP port where this machine answers STUN. */
  readonly stunPort?: number;
}

/** What `/rooms/<code>` answers. */
export interface RoomRecord extends IceHelp {
  /** The fragment of the room's link. */
  readonly fragment: string;
  /** The room's first block as its maker wrote it, for the first tab. The server does not look inside. */
  readonly genesis?: object;
  /** Addresses of the page on this network, the likeliest first, for a page that was opened on this machine itself. */
  readonly addresses?: readonly string[];
}

export interface PageSources {
  /** Folder of the built app; null serves none. */
  readonly appDir: string | null;
  /** What is known of a room code, or undefined. */
  roomRecord(code: string): RoomRecord | undefined;
  /** For rooms that this server knows nothing of, such as those that a tab makes. */
  iceHelp(): IceHelp;
  /** Figures for `/health`. */
  health(): object;
}

/** Answers every request; whatever is asked, it neither throws nor leaves a request unanswered. */
export function createRequestListener(sources: PageSources): RequestListener {
  const serveApp =
    sources.appDir === null
      ? null
      : sirv(sources.appDir, {
          // The files are looked up at each request, so that a new build is served without a restart.
          dev: true,
          etag: true,
          setHeaders(response, path) {
            if (HASHED_FILES.test(path))
              response.setHeader('Cache-Control', 'public,max-age=31536000,immutable');
          },
        });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (isTrustworthy(request))
      for (const [name, value] of Object.entries(ISOLATION_HEADERS))
        response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      answerJson(request, response, 405, { error: 'method-not-allowed' });
      return;
    }
    const path = (request.url ?? '/').split(/[?#]/, 1)[0]!;
    if (path === '/health') {
      answerJson(request, response, 200, { ok: true, ...sources.health() });
    } else if (path === '/ice') {
      answerJson(request, response, 200, sources.iceHelp());
    } else if (path.startsWith('/rooms/')) {
      const record = sources.roomRecord(path.slice('/rooms/'.length).toLowerCase());
      if (record === undefined) answerJson(request, response, 404, { error: 'no-such-room' });
      else answerJson(request, response, 200, record);
    } else if (serveApp === null || path.includes('/.')) {
      answerJson(request, response, 404, { error: 'not-found' });
    } else {
      // The app is small and always sent whole; a range that runs backwards would throw in the file server.
      delete request.headers.range;
      // A file that vanishes between look-up and reading must end this answer only.
      response.on('pipe', (file) => file.on('error', () => response.destroy()));
      serveApp(request, response, () => answerJson(request, response, 404, { error: 'not-found' }));
    }
  }

  return (request, response) => {
    request.on('error', () => response.destroy());
    response.on('error', () => response.destroy());
    try {
      answer(request, response);
    } catch {
      response.destroy();
    }
  };
}

/**
 * Whether a browser takes the page's address for one that nobody between can have changed. Elsewhere it heeds no
 * isolation, and complains of the headers in its console.
 */
function isTrustworthy({ socket, headers }: IncomingMessage): boolean {
  return (
    socket instanceof TLSSocket ||
    headers['x-forwarded-proto'] === 'https' ||
    LOOPBACK_HOST.test(headers.host ?? '')
  );
}

function answerJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: object,
): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body) + '\n');
}
