/**
 * Reads the messages of one link, and the most frequent of them without a parser: a link at rest carries nothing but
 * pings and pongs, and a ping repeats the status of the one before until a block comes (R14).
 *
 * A short way is taken only for exactly the bytes that `encodeMessage` writes. Whatever else comes, and so whatever is
 * refused, is read by `decodeMessage`; both ways answer alike.
 */
import { equalBytes, readUtf8, writeUtf8, type HashHex } from '../chain/bytes.ts';
import type { ChainStatus } from './chain-status.ts';
import { decodeMessage, encodeMessage, type DecodedMessage } from './messages.ts';

/** Numbers of more digits are left to the parser: up to here they are exact, and within every limit of the grammar. */
const DIGITS_LIMIT = 15;
const HASH_CHARS = 64;
/** Hashes whose text is kept: all neighbours announce the same few blocks. A power of two. */
const TEXTS_LIMIT = 4_096;
/** Statuses that are kept: neighbours are at a handful of tips. */
const STATUSES_LIMIT = 64;
/** Statuses against which the bytes of a ping are held before they are parsed. */
const LATEST_LIMIT = 4;

const PING = writeUtf8('{"type":"ping","id":');
const PONG = writeUtf8('{"type":"pong","id":');
const CLOCK = writeUtf8(',"clockMs":');
const INVENTORY = writeUtf8('{"type":"inventory","hashes":["');
const GET = writeUtf8('{"type":"get","hashes":["');
const END_OF_HASH = writeUtf8('"]}');
const END = 0x7d;
/** Where the messages' types begin to differ, and where those of ping and pong do. */
const [LETTER_AT, SECOND_LETTER_AT] = [9, 10];
const LETTER = { g: 0x67, i: 0x69, o: 0x6f, p: 0x70 } as const;

/** A status, and the bytes from which it was read: all of a ping behind its id. */
interface KnownStatus {
  readonly status: ChainStatus;
  readonly bytes: Uint8Array;
}

export class MessageReader {
  /** What the last ping said. */
  #last: KnownStatus | null = null;
  /** Behind the number that was read last. */
  #at = 0;

  /** Reads a message. Never throws. */
  read(bytes: Uint8Array): DecodedMessage {
    switch (bytes[LETTER_AT]) {
      case LETTER.p:
        return (
          (bytes[SECOND_LETTER_AT] === LETTER.o ? this.#readPong(bytes) : this.#readPing(bytes)) ??
          this.#decode(bytes)
        );
      case LETTER.i:
        return readOneHash(bytes, 'inventory', INVENTORY) ?? decodeMessage(bytes);
      case LETTER.g:
        return readOneHash(bytes, 'get', GET) ?? decodeMessage(bytes);
      default:
        return decodeMessage(bytes);
    }
  }

  #readPong(bytes: Uint8Array): DecodedMessage | null {
    if (!holds(bytes, PONG, 0)) return null;
    const id = this.#readNumber(bytes, PONG.length);
    if (id < 0 || !holds(bytes, CLOCK, this.#at)) return null;
    const clockMs = this.#readNumber(bytes, this.#at + CLOCK.length);
    if (clockMs < 0 || bytes[this.#at] !== END || bytes.length !== this.#at + 1) return null;
    return { ok: true, message: { type: 'pong', id, clockMs } };
  }

  #readPing(bytes: Uint8Array): DecodedMessage | null {
    if (!holds(bytes, PING, 0)) return null;
    const id = this.#readNumber(bytes, PING.length);
    if (id < 0) return null;
    let known = this.#last;
    if (known === null || !endsWith(bytes, known.bytes, this.#at)) {
      known = latest.find((other) => endsWith(bytes, other.bytes, this.#at)) ?? null;
      if (known === null) return null;
      this.#last = known;
    }
    return { ok: true, message: { type: 'ping', id, status: known.status } };
  }

  #decode(bytes: Uint8Array): DecodedMessage {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok || decoded.message.type !== 'ping') return decoded;
    // Other bytes may mean the same, and then their end alone need not: a field that comes twice, for example.
    if (!equalBytes(encodeMessage(decoded.message), bytes)) return decoded;
    if (this.#readNumber(bytes, PING.length) < 0) return decoded;
    this.#last = shareStatus({ status: decoded.message.status, bytes: bytes.slice(this.#at) });
    return decoded;
  }

  /** The number whose digits begin here, as JSON has them, and where it ends; -1 where there is none, or a long one. */
  #readNumber(bytes: Uint8Array, from: number): number {
    let value = 0;
    let at = from;
    for (; at - from <= DIGITS_LIMIT; at++) {
      const digit = bytes[at]! - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = 10 * value + digit;
    }
    this.#at = at;
    const digits = at - from;
    const isPlain = digits > 0 && digits <= DIGITS_LIMIT && (digits === 1 || bytes[from] !== 0x30);
    return isPlain ? value : -1;
  }
}

/** Statuses that were read lately, by the tip that they name: neighbours at one tip say the same. */
const statuses = new Map<HashHex | null, KnownStatus>();

/** Of those the ones that came up last: where a neighbour's status is new, another one has mostly said it before. */
const latest: KnownStatus[] = [];

/** The same status as it was read before, where it was. */
function shareStatus(read: KnownStatus): KnownStatus {
  const { tip } = read.status;
  const known = statuses.get(tip);
  if (known !== undefined && equalBytes(known.bytes, read.bytes)) return known;
  if (statuses.size >= STATUSES_LIMIT) statuses.clear();
  statuses.set(tip, read);
  latest.unshift(read);
  if (latest.length > LATEST_LIMIT) latest.pop();
  return read;
}

function endsWith(bytes: Uint8Array, end: Uint8Array, from: number): boolean {
  return bytes.length === from + end.length && holds(bytes, end, from);
}

/** A message about one block; null where it is anything else. */
function readOneHash(
  bytes: Uint8Array,
  type: 'inventory' | 'get',
  start: Uint8Array,
): DecodedMessage | null {
  const end = start.length + HASH_CHARS;
  if (bytes.length !== end + END_OF_HASH.length) return null;
  if (!holds(bytes, start, 0) || !holds(bytes, END_OF_HASH, end)) return null;
  const hash = readHash(bytes, start.length);
  return hash === null ? null : { ok: true, message: { type, hashes: [hash] } };
}

/** Hashes that were read lately, each in the place that its last digits name. */
const texts = new Array<HashHex>(TEXTS_LIMIT).fill('');

/** The 64 lower-case hex digits from here on, or null. The same hash comes as the same text, as long as it is recent. */
function readHash(bytes: Uint8Array, from: number): HashHex | null {
  const end = from + HASH_CHARS;
  let place = 0;
  for (let at = from; at < end; at++) {
    const code = bytes[at]!;
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return null;
    place = ((place << 4) | (code < 0x3a ? code - 0x30 : code - 0x57)) & (TEXTS_LIMIT - 1);
  }
  const known = texts[place]!;
  let same = known.length === HASH_CHARS;
  for (let i = HASH_CHARS - 1; same && i >= 0; i--) same = known.charCodeAt(i) === bytes[from + i];
  if (same) return known;
  const text = readUtf8(bytes.subarray(from, end))!;
  texts[place] = text;
  return text;
}

/** Whether these bytes stand here. */
function holds(bytes: Uint8Array, part: Uint8Array, from: number): boolean {
  if (bytes.length < from + part.length) return false;
  for (let i = 0; i < part.length; i++) if (bytes[from + i] !== part[i]) return false;
  return true;
}
