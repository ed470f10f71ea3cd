/**
 * Answers STUN on UDP beside the page (R27, RFC 8489): a tab hears which address it has on this network. Browsers hide
 * that address from their pages, behind names that only multicast resolves, and many Wi-Fis filter multicast.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { TokenBucket } from '../lib/net/token-bucket.ts';
import { answerBinding } from './stun-message.ts';

/** A class behind one address, each tab with a dozen links that ask every ten seconds, and all at once when it joins. */
const ADDRESS_RATE = { burst: 2_000, perSecond: 200 } as const;
/** Several such classes; answers are smaller than 64 bytes, so this is under 1 Mbit/s. */
const TOTAL_RATE = { burst: 5_000, perSecond: 1_000 } as const;
/** Addresses that are counted; the one heard first is forgotten first, and the total still holds. */
const ADDRESSES_LIMIT = 1_000;

export interface StunServer {
  readonly port: number;
  /** Requests answered since the start. */
  answered(): number;
  close(): Promise<void>;
}

/**
 * Listens on this port, or on any free one where it is taken.
 * @param host an IP address, or a name of this machine.
 * @returns null where this machine lets us have no such socket; links then open as they do without.
 */
export async function startStunServer(host: string, port: number): Promise<StunServer | null> {
  const socket = (await bind(host, port)) ?? (await bind(host, 0));
  if (socket === null) return null;
  const buckets = new Map<string, TokenBucket>();
  const total = new TokenBucket(TOTAL_RATE.perSecond, TOTAL_RATE.burst, performance.now());
  let answered = 0;

  function mayAnswer(address: string): boolean {
    const nowMs = performance.now();
    let bucket = buckets.get(address);
    if (bucket === undefined) {
      bucket = new TokenBucket(ADDRESS_RATE.perSecond, ADDRESS_RATE.burst, nowMs);
      buckets.set(address, bucket);
      if (buckets.size > ADDRESSES_LIMIT) buckets.delete(buckets.keys().next().value!);
    }
    return bucket.take(nowMs) && total.take(nowMs);
  }

  socket.on('message', (request, from) => {
    const answer = answerBinding(request, from.address, from.port);
    // Only what would be answered counts, so that nobody can spend another's share with rubbish.
    if (answer === null || from.port === 0 || !mayAnswer(from.address)) return;
    answered += 1;
    // An answer that cannot leave is asked for again.
    socket.send(answer, from.port, from.address, () => undefined);
  });
  // Errors of single datagrams, such as an address that is gone, concern nobody else.
  socket.on('error', () => undefined);
  return {
    port: socket.address().port,
    answered: () => answered,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function bind(host: string, port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
