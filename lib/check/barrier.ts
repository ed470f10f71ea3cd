/**
 * Tells when all has been read that came before a moment: where this process had to wait for a processor, old blocks
 * would else be taken for an answer.
 */
import { randomUUID } from 'node:crypto';
import { readUtf8, writeAscii } from '../chain/bytes.ts';
import type { UdpSocket } from '../drivers/udp/socket.ts';

/** A full buffer may lose even what we send to ourselves. */
const AGAIN_MS = 500;

/** Datagrams that a socket sends to itself; they queue up behind those that came before. */
export class Barrier {
  readonly #socket: UdpSocket;
  /** Nobody else can make them. */
  readonly #secret = randomUUID();
  #raised = 0;
  #passed = 0;

  constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  /** Raises one now; the answer tells, when asked now and then, whether it has been passed. */
  raise(): () => boolean {
    const number = ++this.#raised;
    this.#send(number);
    let sentMs = performance.now();
    return () => {
      if (this.#passed < number && performance.now() - sentMs > AGAIN_MS) {
        this.#send(number);
        sentMs = performance.now();
      }
      return this.#passed >= number;
    };
  }

  /** Takes a datagram, and says whether it was a barrier. */
  takes(bytes: Uint8Array): boolean {
    const [secret, number] = (readUtf8(bytes) ?? '').split(' ');
    if (secret !== this.#secret) return false;
    this.#passed = Math.max(this.#passed, Number(number));
    return true;
  }

  #send(number: number): void {
    const { host, port } = this.#socket.local;
    const self = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
    this.#socket.send(writeAscii(`${this.#secret} ${number}`), self, port);
  }
}
