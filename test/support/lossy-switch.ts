/**
 * A network of this machine that loses datagrams: each member is reached at a port of the switch, and is seen by the
 * others as that port, as if the switch were not there.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { seededRandom } from './random.ts';

const HOST = '127.0.0.1';

export interface LossySwitch {
  /** Joins the member that listens on this port of the loopback; the port under which the others reach it. */
  add(port: number): Promise<number>;
  /** The share of datagrams that is lost from now on, 0 to 1. */
  setLoss(share: number): void;
  /** Datagrams that came in, and those that were lost. */
  counts(): { readonly carried: number; readonly lost: number };
  close(): void;
}

/** @param seed of the losses; their places depend on the order of arrival too */
export function startLossySwitch(seed: number): LossySwitch {
  const random = seededRandom(seed);
  /** By the member's own port. */
  const outside = new Map<number, Socket>();
  let loss = 0;
  const counts = { carried: 0, lost: 0 };
  return {
    async add(port) {
      const socket = createSocket('udp4');
      socket.on('error', () => undefined);
      socket.on('message', (bytes, { port: sender }) => {
        counts.carried++;
        if (random() < loss) counts.lost++;
        else outside.get(sender)?.send(bytes, port, HOST, () => undefined);
      });
      socket.bind(0, HOST);
      await once(socket, 'listening');
      outside.set(port, socket);
      return socket.address().port;
    },
    setLoss(share) {
      loss = share;
    },
    counts: () => ({ ...counts }),
    close() {
      for (const socket of outside.values()) socket.close();
    },
  };
}
