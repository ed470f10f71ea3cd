/**
 * Addresses of UDP miners as people write them: `host`, `host:port`, `[IPv6]:port`, or a bare IPv6 address (R6).
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';

/** Where to listen, or whom to send to. The host is an IP address or a name. */
export interface UdpAddress {
  readonly host: string;
  readonly port: number;
}

export type UdpAddressText = { ok: true; address: UdpAddress } | { ok: false; reason: string };

/** DNS allows 253 characters in a name. */
const HOST_LIMIT_CHARS = 253;
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$/;

/** Reads one address; the port is `defaultPort` where the text names none. Port 0 is refused. */
export function readUdpAddress(text: string, defaultPort: number): UdpAddressText {
  const { host, portText } = splitAddress(text.trim());
  if (!isHost(host))
    return { ok: false, reason: `"${text}" names no host: write host or host:port` };
  if (portText === null) return { ok: true, address: { host, port: defaultPort } };
  const port = readPort(portText);
  if (port === null || port === 0)
    return {
      ok: false,
      reason: `"${portText}" in "${text}" is no port: write a number from 1 to 65535`,
    };
  return { ok: true, address: { host, port } };
}

/** A port number from 0 to 65535, or null. */
export function readPort(text: string): number | null {
  if (!/^\d{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port <= 65_535 ? port : null;
}

/** The address as text: IPv6 hosts in brackets. */
export function writeUdpAddress(address: UdpAddress): string {
  return isIPv6(address.host)
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
}

/**
 * One text for each IP address, so that two spellings compare equal: IPv4 addresses that an IPv6 socket shows as
 * `::ffff:a.b.c.d` lose that prefix, and IPv6 addresses are lower case without a scope.
 */
export function canonicalIp(ip: string): string {
  const plain = ip.toLowerCase().replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (mapped !== null) return mapped[1]!;
  return isIPv6(plain) ? new URL(`http://[${plain}]/`).hostname.slice(1, -1) : plain;
}

function splitAddress(text: string): { host: string; portText: string | null } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const host = bracketed[1]!;
    return { host: isIPv6(host) ? host : '', portText: bracketed[2] ?? null };
  }
  if (isIPv6(text)) return { host: text, portText: null };
  const colon = text.indexOf(':');
  if (colon < 0) return { host: text, portText: null };
  return { host: text.slice(0, colon), portText: text.slice(colon + 1) };
}

function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true;
  // Digits and dots alone are a mistyped IPv4 address, never a name.
  if (/^[\d.]+$/.test(host)) return isIPv4(host);
  return host.length <= HOST_LIMIT_CHARS && HOST_NAME.test(host);
}
