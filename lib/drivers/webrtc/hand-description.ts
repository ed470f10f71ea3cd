/**
 * A session description that is short enough for a QR code: what cannot be known without it, as one line of text; the
 * rest of the SDP (RFC 8841) is the same for every data channel and is written anew by whoever reads the line.
 *
 *     ufrag~pwd~fingerprint~type,address,port,priority~…
 */
import { base64urlnopad } from '@scure/base';
import { bytesToHex, readHex } from '../../chain/bytes.ts';

/** Candidates taken along of each type; a laptop with VPN, containers and IPv6 has a dozen, of which few lead anywhere. */
export const HAND_CANDIDATES_LIMIT = { host: 4, srflx: 2, relay: 2 } as const;
/** The longest description: eight candidates with names of 42 characters. */
export const HAND_DESCRIPTION_LIMIT_CHARS = 800;

/** As RFC 8839 has it; browsers write 4 to 8 and 24 to 32 characters. */
const UFRAG = /^[\w+/]{4,32}$/;
const PASSWORD = /^[\w+/]{22,64}$/;
/** An IP address, or a name that only multicast resolves. */
const ADDRESS = /^[\da-zA-Z.:-]{2,64}$/;
const SHA256_BYTES = 32;
const TYPES = ['host', 'srflx', 'relay'] as const;

export interface HandCandidate {
  readonly type: (typeof TYPES)[number];
  readonly address: string;
  /** Of UDP. */
  readonly port: number;
  /** A whole number below 2^31. */
  readonly priority: number;
}

export interface HandDescription {
  readonly ufrag: string;
  readonly password: string;
  /** SHA-256 of the DTLS certificate. */
  readonly fingerprint: Uint8Array;
  readonly candidates: readonly HandCandidate[];
}

/** What is particular in a browser's SDP; null where that is not as browsers write it, or names no way to reach them. */
export function condenseSdp(sdp: string): HandDescription | null {
  const valueOf = (name: string): string =>
    new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1] ?? '';
  const [algorithm, digits = ''] = valueOf('fingerprint').split(' ');
  const fingerprint = readHex(digits.replaceAll(':', '').toLowerCase());
  if (algorithm?.toLowerCase() !== 'sha-256' || fingerprint === null) return null;
  const all = [...sdp.matchAll(/^a=(candidate:.*?)\r?$/gm)]
    .map(([, line]) => readCandidateLine(line!))
    .filter((candidate) => candidate !== null)
    .sort((a, b) => b.priority - a.priority);
  const candidates = TYPES.flatMap((type) =>
    all.filter((one) => one.type === type).slice(0, HAND_CANDIDATES_LIMIT[type]),
  );
  return checked({
    ufrag: valueOf('ice-ufrag'),
    password: valueOf('ice-pwd'),
    fingerprint,
    candidates,
  });
}

/**
 * The SDP for a browser. Whoever makes the offer also begins the DTLS handshake: the other end may have to wait for
 * minutes until its answer has been carried over, and a handshake does not wait that long.
 */
export function expandSdp(kind: 'offer' | 'answer', description: HandDescription): string {
  const { ufrag, password, fingerprint, candidates } = description;
  const digits = bytesToHex(fingerprint).toUpperCase().match(/../g)!.join(':');
  return [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    ...candidates.map((candidate, index) => `a=${writeCandidateLine(candidate, index)}`),
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:sha-256 ${digits}`,
    `a=setup:${kind === 'offer' ? 'active' : 'passive'}`,
    'a=mid:0',
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    '',
  ].join('\r\n');
}

export function writeHandDescription(description: HandDescription): string {
  const { ufrag, password, fingerprint, candidates } = description;
  return [
    ufrag,
    password,
    base64urlnopad.encode(fingerprint),
    ...candidates.map(({ type, address, port, priority }) =>
      [TYPES.indexOf(type), address, port, priority.toString(36)].join(','),
    ),
  ].join('~');
}

/** Reads the line; null where it is none, or over a limit. Nothing in it can become a line of SDP of its own. */
export function readHandDescription(text: string): HandDescription | null {
  if (text.length > HAND_DESCRIPTION_LIMIT_CHARS) return null;
  const [ufrag = '', password = '', digits = '', ...rest] = text.split('~');
  const fingerprint = readBase64url(digits);
  const candidates = rest.map(readCandidateText);
  if (fingerprint === null || candidates.includes(null)) return null;
  return checked({
    ufrag,
    password,
    fingerprint,
    candidates: candidates.filter((candidate) => candidate !== null),
  });
}

function checked(description: HandDescription): HandDescription | null {
  const { ufrag, password, fingerprint, candidates } = description;
  const isRight =
    UFRAG.test(ufrag) &&
    PASSWORD.test(password) &&
    fingerprint.length === SHA256_BYTES &&
    candidates.length > 0 &&
    TYPES.every(
      (type) => candidates.filter((one) => one.type === type).length <= HAND_CANDIDATES_LIMIT[type],
    );
  return isRight ? description : null;
}

/** `candidate:<foundation> <component> <protocol> <priority> <address> <port> typ <type> …`, of RFC 8839. */
function readCandidateLine(line: string): HandCandidate | null {
  const [, component, protocol = '', priority, address = '', port, , type] = line.split(' ');
  if (component !== '1' || protocol.toLowerCase() !== 'udp') return null;
  return candidateOf(TYPES.indexOf(type as never), address, Number(port), Number(priority));
}

function readCandidateText(text: string): HandCandidate | null {
  const [type = '', address = '', port = '', priority = '', more] = text.split(',');
  if (more !== undefined || !/^\d$/.test(type) || !/^\d{1,5}$/.test(port)) return null;
  if (!/^[\da-z]{1,6}$/.test(priority)) return null;
  return candidateOf(Number(type), address, Number(port), parseInt(priority, 36));
}

function candidateOf(
  typeIndex: number,
  address: string,
  port: number,
  priority: number,
): HandCandidate | null {
  const type = TYPES[typeIndex];
  if (type === undefined || !ADDRESS.test(address)) return null;
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) return null;
  return Number.isInteger(priority) && priority > 0 && priority < 2 ** 31
    ? { type, address, port, priority }
    : null;
}

function writeCandidateLine(candidate: HandCandidate, index: number): string {
  const { type, address, port, priority } = candidate;
  const related = type === 'host' ? '' : ' raddr 0.0.0.0 rport 0';
  return `candidate:${index + 1} 1 udp ${priority} ${address} ${port} typ ${type}${related}`;
}

/** The bytes; null where the text is none of base64url. */
export function readBase64url(text: string): Uint8Array | null {
  try {
    return base64urlnopad.decode(text);
  } catch {
    return null;
  }
}
