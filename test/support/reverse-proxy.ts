/**
 * A small reverse proxy, as an owner of a web server sets one up: speaks TLS, and passes what is below one path on to
 * a server that knows of neither.
 */
import { X509Certificate } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { generate } from 'selfsigned';

export interface ReverseProxy {
  /** `https://<host>:<port><prefix>` */
  readonly url: string;
  /** SHA-256 of its certificate. */
  readonly certificate: string;
  /** Sets where requests go. */
  passTo(port: number): void;
  close(): Promise<void>;
}

/** @param prefix begins and ends with a slash. */
export async function startReverseProxy(host: string, prefix: string): Promise<ReverseProxy> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'proxy' }], {
    keyType: 'ec',
    algorithm: 'sha256',
  });
  let upstreamPort = 0;
  const server = createServer({ cert, key });
  /** The server forgets connections that have become WebSockets. */
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  /** The same request, as the server behind sees it; null for what is elsewhere. */
  function passOn(incoming: IncomingMessage) {
    if (incoming.url?.startsWith(prefix) !== true) return null;
    const upstream = `127.0.0.1:${upstreamPort}`;
    return request(`http://${upstream}/${incoming.url.slice(prefix.length)}`, {
      method: incoming.method!,
      headers: { ...incoming.headers, host: upstream },
    });
  }

  server.on('request', (incoming, response) => {
    const outgoing = passOn(incoming);
    if (outgoing === null) {
      response.writeHead(404).end();
      return;
    }
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });

  server.on('upgrade', (incoming: IncomingMessage, client: Duplex) => {
    const outgoing = passOn(incoming);
    if (outgoing === null) {
      client.destroy();
      return;
    }
    const writeHead = (answer: IncomingMessage): void => {
      const lines = answer.rawHeaders.flatMap((name, i, all) =>
        i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : [],
      );
      const status = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`;
      client.write(`${[status, ...lines].join('\r\n')}\r\n\r\n`);
    };
    client.on('error', () => outgoing.destroy());
    outgoing.on('error', () => client.destroy());
    outgoing.on('response', (refusal) => {
      writeHead(refusal);
      client.end();
    });
    outgoing.on('upgrade', (answer, upstream, head) => {
      writeHead(answer);
      client.write(head);
      upstream.on('error', () => client.destroy());
      client.on('close', () => upstream.destroy());
      upstream.pipe(client).pipe(upstream);
    });
    outgoing.end();
  });

  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${host}:${port}${prefix}`,
    certificate: new X509Certificate(cert).fingerprint256,
    passTo: (target) => (upstreamPort = target),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
