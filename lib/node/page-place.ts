/**
 * Under which addresses the page of a room is reached (R28).
 */
import { isIPv6 } from 'node:net';
import type { LanAddress } from './lan-addresses.ts';

/** Ports that an address need not name. */
const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** Where the page is served. */
export interface PagePlace {
  readonly scheme: 'http' | 'https';
  /** The address that the server listens on, and its port. */
  readonly host: string;
  readonly port: number;
  /** The likeliest first. */
  readonly lanAddresses: readonly LanAddress[];
  /** Where everybody reaches the page, through a proxy of its owner; ends with a slash. Null where there is none. */
  readonly publicUrl: string | null;
}

/** The page's address on this machine. */
export function ownAddress(place: PagePlace): string {
  return writeAddress(place, isWildcard(place.host) ? 'localhost' : place.host);
}

/** Each network address of this machine with the page's address there; none where only one address is served. */
export function networkAddresses(
  place: PagePlace,
): readonly { readonly address: string; readonly lan: LanAddress }[] {
  if (!isWildcard(place.host)) return [];
  return place.lanAddresses.map((lan) => ({ address: writeAddress(place, lan.ip), lan }));
}

/** The page's addresses for others, the likeliest first. */
export function listPageAddresses(place: PagePlace): string[] {
  const network = networkAddresses(place).map(({ address }) => address);
  return place.publicUrl === null ? network : [place.publicUrl, ...network];
}

/** Names and IP addresses by which this machine is reached, for a certificate. */
export function listHostNames({ host, lanAddresses }: Pick<PagePlace, 'host' | 'lanAddresses'>) {
  const own = ['localhost', '127.0.0.1', '::1'];
  const served = isWildcard(host) ? lanAddresses.map(({ ip }) => ip) : [host];
  return [...new Set([...own, ...served])];
}

/** How a server that listens there is reached from this machine. */
export function hostForSelf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return isIPv6(host) ? `[${host}]` : host;
}

/** Whether other machines can reach a server that listens there. */
export function isForOthers(host: string): boolean {
  return host !== 'localhost' && host !== '::1' && !/^127\./.test(host);
}

function writeAddress({ scheme, port }: PagePlace, host: string): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return `${scheme}://${name}${port === DEFAULT_PORTS[scheme] ? '' : `:${port}`}/`;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
