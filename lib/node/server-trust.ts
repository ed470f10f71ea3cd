/**
 * Whether a room's server is the one that it should be, for programs that join over https (R27): its certificate is
 * signed by an authority that this machine knows, or it is the very one whose fingerprint the user gave.
 */
import type { Duplex } from 'node:stream';
import { Agent, type RequestOptions } from 'node:https';
import { connect, type ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import type { WebSocketConstructor } from '../drivers/signaling/client.ts';

/** A server that has not finished its greeting by then is not going to. */
const GREETING_LIMIT_MS = 10_000;

/** How OpenSSL says that nobody known has signed a certificate. */
const UNKNOWN_SIGNER_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** A server that shows a certificate which we have no reason to trust. Its message is for the user. */
export class UntrustedServer extends Error {}

/** The connections of one program to one server. */
export interface ServerTrust {
  /** For requests over https; nothing is sent before the server has proved itself. */
  readonly agent: Agent;
  /** The same for WebSockets. `onDistrust` is told each time that the server cannot prove itself. */
  webSocket(onDistrust: (message: string) => void): WebSocketConstructor;
}

/**
 * @param fingerprint SHA-256 of the certificate, 64 upper-case hex digits in pairs with colons between; null trusts
 *   the authorities that this machine knows.
 */
export function trustServer(fingerprint: string | null): ServerTrust {
  const agent = new ProvingAgent(fingerprint);
  return {
    agent,
    webSocket: (onDistrust) =>
      class extends WebSocket {
        constructor(url: string) {
          super(url, url.startsWith('wss:') ? { agent } : {});
          this.on('error', (error) => {
            if (error instanceof UntrustedServer) onDistrust(error.message);
          });
        }
      },
  };
}

/** Hands out a connection only once its certificate is found right. */
class ProvingAgent extends Agent {
  readonly #fingerprint: string | null;

  constructor(fingerprint: string | null) {
    super();
    this.#fingerprint = fingerprint;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    // The check below stands in the place of the one that is switched off here: that one knows no fingerprints.
    const socket = connect({ ...(options as ConnectionOptions), rejectUnauthorized: false });
    const finish = (error: Error | null): void => {
      socket.off('error', finish);
      clearTimeout(timer);
      if (error !== null) socket.destroy();
      callback?.(error, socket);
    };
    const timer = setTimeout(() => {
      socket.destroy(new Error('The server did not answer in time.'));
    }, GREETING_LIMIT_MS);
    socket.once('error', finish);
    socket.once('secureConnect', () => {
      const shown = socket.getPeerCertificate().fingerprint256;
      const isTrusted =
        this.#fingerprint === null ? socket.authorized : shown === this.#fingerprint;
      const host = `${options.host ?? options.hostname}:${options.port ?? 443}`;
      const reason = String(socket.authorizationError);
      finish(isTrusted ? null : new UntrustedServer(this.#explain(host, shown, reason)));
    });
    return undefined;
  }

  #explain(host: string, shown: string, reason: string): string {
    if (this.#fingerprint !== null)
      return `The certificate of ${host} has the fingerprint ${shown}, which is not the one of --fingerprint: the room has a new certificate, or somebody stands in between.`;
    const doubt = UNKNOWN_SIGNER_CODES.has(reason)
      ? 'is signed by nobody that this machine knows, as one that start --https has made'
      : `cannot be trusted (${reason})`;
    return `The certificate of ${host} ${doubt}. If the terminal of that room shows the same fingerprint, add --fingerprint ${shown}`;
  }
}
