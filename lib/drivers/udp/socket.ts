/**
 * Opens the UDP socket of a miner (R6). What can go wrong on the way is a value with a sentence for the user.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { resolveHost, type LookUp } from './host-lookup.ts';
import { writeUdpAddress, type UdpAddress } from './address.ts';

/**
 * Datagrams kept from the moment the socket is bound until its owner listens: a genesis may come only once, and must
 * not be lost while the peer is still being made. A burst of a short chain fits.
 */
export const EARLY_DATAGRAM_LIMIT = 256;

/** Asked of the system, so that a burst of blocks waits there; systems silently give less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export type UdpListener = (bytes: Uint8Array, sender: RemoteInfo) => void;

/** A bound socket. */
export interface UdpSocket {
  /** Where it listens: an IP address, and the port, which the system chose where 0 was asked for. */
  readonly local: UdpAddress;
  /** `udp4` sends to IPv4 only; `udp6` to both where it listens on `::`. */
  readonly family: 'udp4' | 'udp6';
  /** Gives the datagrams kept so far, then each as it comes. Replaces the listener before. */
  listen(listener: UdpListener): void;
  /** Sends one datagram to an IP address. False where the system refuses it at once. */
  send(bytes: Uint8Array, ip: string, port: number): boolean;
  /** Bytes that wait in this process to be sent. */
  queuedBytes(): number;
  /** Ends the socket; calling it again does nothing. */
  close(): void;
}

export type UdpSocketOutcome =
  | { readonly ok: true; readonly socket: UdpSocket }
  | {
      readonly ok: false;
      readonly code: 'port-taken' | 'port-forbidden' | 'bad-address';
      readonly message: string;
    };

/** Binds a UDP socket to a host name or IP address. Port 0 takes any free port. Never throws. */
export async function openUdpSocket(
  address: UdpAddress,
  lookUp?: LookUp,
): Promise<UdpSocketOutcome> {
  const ips = isIP(address.host) !== 0 ? [address.host] : await resolveHost(address.host, lookUp);
  const ip = ips.find((candidate) => !isIPv6(candidate)) ?? ips[0];
  if (ip === undefined)
    return {
      ok: false,
      code: 'bad-address',
      message: `No address is known for "${address.host}": give the name or IP address of this machine.`,
    };
  return bind(address, ip);
}

function bind(address: UdpAddress, ip: string): Promise<UdpSocketOutcome> {
  const family = isIPv6(ip) ? 'udp6' : 'udp4';
  const socket = createSocket({ type: family });
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve({ ok: false, ...describeBindError(error, address) });
    });
    socket.bind({ address: ip, port: address.port }, () => {
      socket.removeAllListeners('error');
      resolve({ ok: true, socket: wrapSocket(socket, family) });
    });
  });
}

function wrapSocket(socket: Socket, family: 'udp4' | 'udp6'): UdpSocket {
  let early: [Uint8Array, RemoteInfo][] = [];
  let listener: UdpListener = (bytes, sender) => {
    if (early.length < EARLY_DATAGRAM_LIMIT) early.push([bytes, sender]);
  };
  let open = true;
  // An unreachable miner answers by ICMP, which some systems report here: it says nothing about our socket.
  socket.on('error', () => undefined);
  socket.on('message', (bytes, sender) => {
    if (open) listener(bytes, sender);
  });
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system's own size serves too; only long bursts are lost sooner.
  }
  const bound = socket.address();
  return {
    local: { host: bound.address, port: bound.port },
    family,
    listen(next) {
      listener = next;
      const kept = early;
      early = [];
      for (const [bytes, sender] of kept) next(bytes, sender);
    },
    send(bytes, ip, port) {
      if (!open) return false;
      try {
        socket.send(bytes, port, ip, () => undefined);
        return true;
      } catch {
        return false;
      }
    },
    queuedBytes: () => (open ? socket.getSendQueueSize() : 0),
    close() {
      if (!open) return;
      open = false;
      socket.close();
    },
  };
}

function describeBindError(
  error: NodeJS.ErrnoException,
  address: UdpAddress,
): { code: 'port-taken' | 'port-forbidden' | 'bad-address'; message: string } {
  const where = writeUdpAddress(address);
  switch (error.code) {
    case 'EADDRINUSE':
      return {
        code: 'port-taken',
        message: `UDP port ${address.port} of ${address.host} is taken: end the program that uses it, or choose another port.`,
      };
    case 'EACCES':
      return {
        code: 'port-forbidden',
        message: `UDP ${where} may not be used by this user: choose a port from 1024 to 65535.`,
      };
    default:
      return {
        code: 'bad-address',
        message: `Cannot listen on UDP ${where}: it is no address of this machine (${error.code ?? error.message}).`,
      };
  }
}
