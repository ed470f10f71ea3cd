/**
 * Carries blocks to and from UDP miners, one block a datagram (R6). Sends to configured miners only, because a spoofed
 * sender could make us flood a stranger; receives from anyone (R10).
 */
import { isIP, isIPv6 } from 'node:net';
import { UDP_STRANGERS_LINK } from '../../peer/neighbour.ts';
import type { Transport, TransportEvents } from '../transport.ts';
import { canonicalIp } from './address.ts';
import { resolveHost, type LookUp } from './host-lookup.ts';
import type { UdpSocket } from './socket.ts';

/** R6: the largest datagram that UDP over IPv4 carries. */
export const DATAGRAM_LIMIT_BYTES = 65_507;

/** Configured miners; a class has some dozens. Names beyond are left out, with a warning. */
export const UDP_PEER_LIMIT = 256;

/** Containers start in any order and change their addresses, so names are looked up again this often. */
export const LOOKUP_EVERY_MS = 5_000;

/** Beyond this much waiting in our process, the network is slower than we are: the sender tries again later. */
export const SEND_QUEUE_LIMIT_BYTES = 1024 * 1024;

export interface UdpPeer {
  /** Host name or IP address. */
  readonly name: string;
  readonly port: number;
}

export interface UdpTransportOptions {
  /** Bound already; the transport closes it. */
  readonly socket: UdpSocket;
  readonly peers: readonly UdpPeer[];
  /** The system's resolver where absent. */
  readonly lookUp?: LookUp;
  /** {@link LOOKUP_EVERY_MS} where absent. */
  readonly lookUpEveryMs?: number;
}

/** One configured miner. */
interface UdpLink {
  readonly id: string;
  readonly peer: UdpPeer;
  /** Canonical IP addresses, the one to send to first; none until the name resolves. */
  ips: readonly string[];
  /** False from a disconnect until the next look-up. */
  open: boolean;
  warned: boolean;
}

/** The link id of a configured miner. */
export function udpLinkId(peer: UdpPeer): string {
  return `udp:${peer.name}:${peer.port}`;
}

/**
 * Starts to carry datagrams. Those whose sender cannot be told, a stranger or one of several miners that share an
 * address, are received from `UDP_STRANGERS_LINK`, which is never connected and never sent to; with them come the links
 * of all miners at that address. Every configured miner is `connected` in the next microtask, whether it runs yet or
 * not: UDP cannot tell. A name that does not resolve yet is no error: it is warned of once, and tried again for ever.
 */
export function createUdpTransport(
  options: UdpTransportOptions,
  events: TransportEvents,
): Transport {
  const { socket } = options;
  const links = new Map<string, UdpLink>();
  let closed = false;

  /** No event is called within a call of a method, and none after `close`. */
  function later(report: () => void): void {
    queueMicrotask(() => {
      if (!closed) report();
    });
  }

  if (options.peers.length > UDP_PEER_LIMIT)
    later(() => events.warn(`Only the first ${UDP_PEER_LIMIT} UDP miners are used.`));
  for (const peer of options.peers.slice(0, UDP_PEER_LIMIT)) {
    const id = udpLinkId(peer);
    const ips = isIP(peer.name) !== 0 ? [canonicalIp(peer.name)] : [];
    links.set(id, { id, peer, ips, open: false, warned: false });
  }

  function openLinks(): void {
    for (const link of links.values()) {
      if (closed) return;
      if (link.open) continue;
      link.open = true;
      events.connected(link.id, 'udp', null);
    }
  }

  async function lookUpNames(): Promise<void> {
    await Promise.all([...links.values()].map(lookUpName));
  }

  async function lookUpName(link: UdpLink): Promise<void> {
    if (isIP(link.peer.name) !== 0) return;
    const found = await resolveHost(link.peer.name, options.lookUp);
    if (closed) return;
    const usable = found.filter((ip) => canReach(socket, ip)).map(canonicalIp);
    // A resolver that fails for a moment must not make us forget where the miner was.
    if (usable.length > 0) link.ips = usable;
    else if (link.ips.length === 0 && !link.warned) {
      link.warned = true;
      events.warn(
        `The miner "${link.peer.name}" has no address yet: its name is looked up again and again until it has.`,
      );
    }
  }

  let timer: NodeJS.Timeout | null = null;
  async function keepLookingUp(): Promise<void> {
    await lookUpNames();
    if (closed) return;
    timer = setTimeout(() => {
      openLinks();
      void keepLookingUp();
    }, options.lookUpEveryMs ?? LOOKUP_EVERY_MS);
    timer.unref();
  }

  later(() => {
    openLinks();
    socket.listen((bytes, sender) => {
      if (closed) return;
      const ip = canonicalIp(sender.address);
      const atAddress = [...links.values()].filter((link) => link.ips.includes(ip));
      const link = linkOfSender(atAddress, sender.port);
      if (link?.open === true) events.received(link.id, bytes);
      else if (link !== null) return;
      else if (atAddress.length === 0) events.received(UDP_STRANGERS_LINK, bytes);
      else
        events.received(
          UDP_STRANGERS_LINK,
          bytes,
          atAddress.map(({ id }) => id),
        );
    });
  });
  void keepLookingUp();

  return {
    dial(nodeId) {
      later(() => events.dialFailed(nodeId));
    },
    send(linkId, bytes) {
      const link = links.get(linkId);
      const ip = link?.ips[0];
      if (closed || link === undefined || !link.open || ip === undefined) return false;
      if (bytes.length > DATAGRAM_LIMIT_BYTES) return false;
      if (socket.queuedBytes() + bytes.length > SEND_QUEUE_LIMIT_BYTES) return false;
      return socket.send(bytes, reachableForm(socket, ip), link.peer.port);
    },
    queuedBytes: (linkId) => (links.has(linkId) ? socket.queuedBytes() : 0),
    /**
     * Anyone can forge a sender's address, so a configured miner is never shut out for good: its link opens again
     * at the next look-up.
     */
    disconnect(linkId) {
      const link = links.get(linkId);
      if (closed || link === undefined || !link.open) return;
      link.open = false;
      later(() => events.disconnected(linkId));
    },
    close() {
      if (closed) return;
      closed = true;
      if (timer !== null) clearTimeout(timer);
      socket.close();
    },
  };
}

/** R10: of the configured miners at an address the one of that port, else the only one there, else one of them all. */
function linkOfSender(atAddress: readonly UdpLink[], port: number): UdpLink | null {
  const exact = atAddress.filter((link) => link.peer.port === port);
  if (exact.length > 0) return exact[0]!;
  return atAddress.length === 1 ? atAddress[0]! : null;
}

function canReach(socket: UdpSocket, ip: string): boolean {
  if (socket.family === 'udp4') return !isIPv6(ip);
  return isIPv6(ip) || isWildcard(socket);
}

/** An IPv6 socket that listens on all addresses reaches IPv4 ones in their mapped form. */
function reachableForm(socket: UdpSocket, ip: string): string {
  return socket.family === 'udp6' && !isIPv6(ip) ? `::ffff:${ip}` : ip;
}

function isWildcard(socket: UdpSocket): boolean {
  return socket.local.host === '::';
}
