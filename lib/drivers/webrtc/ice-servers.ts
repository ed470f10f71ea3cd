/**
 * STUN and TURN servers, which help direct links to open (R26, RFC 8445): as a command line names them, and as a room's
 * server hands them on. Nobody's server is contacted unless it is named here.
 */

/** Browsers become slow with more, and warn from five on. */
export const ICE_SERVERS_LIMIT = 8;
/** A name of the DNS has 253 characters; a password of a day, as TURN servers give, about 30. */
const TEXT_LIMIT_CHARS = 512;

/** As browsers and @roamhq/wrtc take it. */
export interface IceServer {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

export type IceServerResult =
  | { readonly ok: true; readonly server: IceServer }
  /** A clause for the user, that begins with what was written. */
  | { readonly ok: false; readonly reason: string };

/**
 * `stun:host`, `turn:host:port?transport=tcp` (RFC 7064, RFC 7065), and the secure forms of both. Chromium refuses to make
 * any connection where one is otherwise, capital letters before and after the host included.
 */
const ICE_URL =
  /^(?<scheme>stuns?|turns?):(?<host>[a-zA-Z\d](?:[a-zA-Z\d.-]*[a-zA-Z\d])?|\[[\da-fA-F:.]+\])(?::(?<port>\d{1,5}))?(?<transport>\?transport=(?:udp|tcp))?$/;

/**
 * Reads a server as a command line names it: `stun:host:port`, or `turn:user:password@host:port`. What has a special
 * meaning within user and password is percent-encoded.
 */
export function readIceServer(text: string): IceServerResult {
  const wrong = (what: string): IceServerResult => ({ ok: false, reason: `"${text}" ${what}` });
  const parts = /^(\w+):(?:([^@]*)@)?([^@]*)$/.exec(text);
  if (parts === null || text.length > TEXT_LIMIT_CHARS)
    return wrong('is no STUN or TURN server: write stun:host:port or turn:user:password@host:port');
  const [, scheme = '', login, place = ''] = parts;
  const urls = `${scheme.toLowerCase()}:${place}`;
  if (!isIceUrl(urls))
    return wrong('is no STUN or TURN server: write stun:host:port or turn:user:password@host:port');
  if (!urls.startsWith('turn'))
    return login === undefined
      ? { ok: true, server: { urls } }
      : wrong('names a user, which only a TURN server has');
  const names = /^([^:]+):([^:]+)$/
    .exec(login ?? '')
    ?.slice(1)
    .map(decode);
  if (names === undefined || names.includes(null))
    return wrong('names no user and password, as in turn:user:password@host:port');
  return { ok: true, server: { urls, username: names[0]!, credential: names[1]! } };
}

/** Reads what a room's server names; leaves out what no browser would take. */
export function readIceServers(value: unknown): IceServer[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, ICE_SERVERS_LIMIT)
    .map(readServer)
    .filter((server) => server !== null);
}

/** The server at a port of this host, which answers STUN beside a room's page. */
export function stunServerAt(host: string, port: number): IceServer {
  return { urls: `stun:${host}:${port}` };
}

function readServer(value: unknown): IceServer | null {
  if (typeof value !== 'object' || value === null) return null;
  const { urls, username, credential } = value as Record<string, unknown>;
  if (!isShort(urls) || !isIceUrl(urls)) return null;
  if (!urls.startsWith('turn')) return { urls };
  return isShort(username) && isShort(credential) ? { urls, username, credential } : null;
}

function isIceUrl(url: string): boolean {
  const parts = ICE_URL.exec(url)?.groups;
  if (parts === undefined) return false;
  const port = parts['port'] === undefined ? null : Number(parts['port']);
  if (port !== null && (port < 1 || port > 65_535)) return false;
  // The address between brackets is checked by the reader of web addresses, which knows all its forms.
  if (parts['host']!.startsWith('[') && !URL.canParse(`http://${parts['host']}/`)) return false;
  return parts['transport'] === undefined || parts['scheme']!.startsWith('turn');
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= TEXT_LIMIT_CHARS;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
