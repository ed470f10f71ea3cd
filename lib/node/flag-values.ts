/**
 * Reads the value of one flag of the command line. A wrong value is answered with one sentence that says what to write
 * instead.
 */
import { resolve } from 'node:path';
import type { PreviousField } from '../chain/codec.ts';
import { readTarget } from '../chain/target.ts';
import { readPort, readUdpAddress, type UdpAddress } from '../drivers/udp/address.ts';
import { THREADS_LIMIT } from '../drivers/workers/mining-pool.ts';
import type { UdpRoot } from '../peer/genesis.ts';
import { DATA_LIMITS_BYTES } from '../ledger/payload.ts';
import { NAME_LIMIT_CHARS } from '../ledger/text.ts';
import {
  readDataLimit,
  readRoomLink,
  SPACING_LIMITS_MS,
  type RoomPolicy,
} from '../net/room-link.ts';

/** The real miners' port is not documented; every party can change it (R6). */
export const DEFAULT_UDP_PORT = 5000;

/** `usage` is answered where arguments are missing: the help text follows, and the exit code is 2 as for `wrong`. */
export type FlagsOutcome<Flags> =
  | { readonly kind: 'flags'; readonly flags: Flags }
  | { readonly kind: 'help' }
  | { readonly kind: 'usage' }
  | { readonly kind: 'wrong'; readonly message: string };

/** A word that is not understood, with the sentence for its user. Thrown by the readers of flags, and caught by {@link readWords}. */
export class WrongWord extends Error {}

/** Runs a reader of flags, and answers what it or the parser threw as a value. */
export function readWords<Flags>(
  words: readonly string[],
  readFlags: () => FlagsOutcome<Flags>,
): FlagsOutcome<Flags> {
  try {
    return readFlags();
  } catch (error) {
    if (error instanceof WrongWord) return { kind: 'wrong', message: error.message };
    const sentence = describeParseError(error as NodeJS.ErrnoException, words);
    if (sentence === null) throw error;
    return { kind: 'wrong', message: sentence };
  }
}

function describeParseError(error: NodeJS.ErrnoException, words: readonly string[]): string | null {
  const named = /'(--?[^' ]*)/.exec(error.message)?.[1];
  switch (error.code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `The flag ${named ?? words.join(' ')} is unknown: --help lists the flags.`;
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE': {
      const flag = /--[a-z-]+/.exec(error.message)?.[0] ?? named ?? 'This flag';
      return error.message.includes('does not take')
        ? `The flag ${flag} takes no value.`
        : `The flag ${flag} needs a value.`;
    }
    default:
      return null;
  }
}

/** The target, or null where the flag is absent. */
export function readTargetFlag(text: string | undefined): bigint | null {
  if (text === undefined) return null;
  const result = readTarget(text);
  if (!result.ok) throw new WrongWord(`--target: ${result.reason}.`);
  return result.target;
}

const SPACING_UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** A time such as `500ms`, `10s` or `2m`, in milliseconds; a bare number is milliseconds. */
export function readSpacingFlag(
  text: string | undefined,
  flag: string,
  zeroIsOff: boolean,
): number | null {
  if (text === undefined) return null;
  const parts = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)?$/.exec(text);
  if (parts !== null) {
    const unit = (parts[2] ?? 'ms') as keyof typeof SPACING_UNITS_MS;
    const spacingMs = Math.round(Number(parts[1]) * SPACING_UNITS_MS[unit]);
    if (zeroIsOff && spacingMs === 0) return 0;
    if (spacingMs >= SPACING_LIMITS_MS.least && spacingMs <= SPACING_LIMITS_MS.most)
      return spacingMs;
  }
  const off = zeroIsOff ? ', or 0 for none' : '';
  throw new WrongWord(
    `${flag} "${text}" is no time between blocks: write 500ms, 10s or 2m, from 100ms to 24h${off}.`,
  );
}

/** The port of addresses that name none. */
export function readDefaultPort(text: string | undefined): number {
  return text === undefined ? DEFAULT_UDP_PORT : readPortFlag(text, '--default-port', false);
}

/** A port; 0 where the system may choose. */
export function readPortFlag(text: string, flag: string, zeroIsAny: boolean): number {
  const port = readPort(text);
  if (port !== null && (port > 0 || zeroIsAny)) return port;
  throw new WrongWord(
    `${flag} "${text}" is no port: write a number from ${zeroIsAny ? '0 (any free one)' : '1'} to 65535.`,
  );
}

/** One UDP address. */
export function readAddress(text: string, defaultPort: number, where: string): UdpAddress {
  const result = readUdpAddress(text, defaultPort);
  if (!result.ok) throw new WrongWord(`${where}: ${result.reason}.`);
  return result.address;
}

/** Which block becomes the root of a chain that UDP miners bring: `--genesis-hash` and `--any-root`. */
export function readUdpRoot(hash: string | undefined, any: boolean | undefined): UdpRoot {
  if (hash !== undefined && !/^[\da-f]{64}$/i.test(hash))
    throw new WrongWord(`--genesis-hash "${hash}" is no hash of a block: write its 64 hex digits.`);
  if (hash !== undefined && any === true)
    throw new WrongWord(
      '--genesis-hash and --any-root exclude each other: the one names the root, the other takes the first.',
    );
  return { hash: hash?.toLowerCase() ?? null, any: any === true };
}

/** UDP addresses separated by commas; empty parts are skipped. */
export function readAddresses(text: string, defaultPort: number, where: string): UdpAddress[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => readAddress(part, defaultPort, where));
}

/** Port 0 is allowed here, for any free one, and a port is needed. */
export function readStatus(text: string | undefined): UdpAddress | null {
  if (text === undefined) return null;
  const parts = /^(.*):(\d{1,5})$/.exec(text);
  if (parts === null)
    throw new WrongWord(`--status "${text}" names no port: write host:port, as in 127.0.0.1:7000.`);
  const port = readPortFlag(parts[2]!, '--status', true);
  return { host: readAddress(parts[1]!, 1, '--status').host, port };
}

/** The field name of our blocks (R2). */
export function readField(text: string | undefined): PreviousField {
  if (text === undefined) return 'previous';
  if (text === 'previous' || text === 'previous_hash' || text === 'both') return text;
  throw new WrongWord(`--field "${text}" is unknown: write previous, previous_hash or both.`);
}

/** Bytes of data that our blocks have at most; null where the flag is absent. */
export function readDataLimitFlag(text: string | undefined): number | null {
  if (text === undefined) return null;
  const { least, most } = DATA_LIMITS_BYTES;
  const bytes = readDataLimit(text);
  if (bytes === null)
    throw new WrongWord(`--data-limit "${text}" is no number from ${least} to ${most}.`);
  return bytes;
}

/** A number of search threads. */
export function readThreads(text: string | undefined): number | null {
  if (text === undefined) return null;
  const threads = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (threads >= 1 && threads <= THREADS_LIMIT) return threads;
  throw new WrongWord(`--threads "${text}" is no number from 1 to ${THREADS_LIMIT}.`);
}

/** The share of their time that search threads work, from 0.01 to 1; absent is all of it. */
export function readPower(text: string | undefined): number {
  if (text === undefined) return 1;
  const percent = /^\d{1,3}%?$/.test(text) ? parseInt(text, 10) : 0;
  if (percent >= 1 && percent <= 100) return percent / 100;
  throw new WrongWord(`--power "${text}" is no number from 1 to 100.`);
}

/** A folder, as an absolute path. */
export function readFolder(text: string | undefined, flag: string): string | null {
  if (text === undefined) return null;
  if (text === '') throw new WrongWord(`${flag} needs the name of a folder.`);
  return resolve(text);
}

/** A room to join: its policy, and the address of its page, whose server introduces peers. */
export interface RoomFlag {
  readonly link: string;
  readonly policy: RoomPolicy;
  /** SHA-256 of the server's certificate, 64 upper-case hex digits in pairs with colons between; null: an authority's word. */
  readonly fingerprint: string | null;
}

/** The whole link of a room, and the fingerprint of its server's certificate; null where no room is named. */
export function readRoomFlag(
  link: string | undefined,
  fingerprint: string | undefined,
): RoomFlag | null {
  if (fingerprint !== undefined && link?.startsWith('https://') !== true)
    throw new WrongWord('--fingerprint belongs to a --room whose link begins with https://.');
  if (link === undefined) return null;
  const result = readRoomLink(link);
  if (!result.ok) throw new WrongWord(`--room: ${result.reason}.`);
  if (!/^https?:\/\/[^/#]+/.test(link))
    throw new WrongWord('--room needs the whole link of the room, from http:// on, in quotes.');
  return { link, policy: result.policy, fingerprint: readFingerprint(fingerprint) };
}

/** As terminals and browsers show it, in either case; the colons may be left out. */
function readFingerprint(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^([\da-f]{2}:?){31}[\da-f]{2}$/i.test(text))
    throw new WrongWord(
      `--fingerprint "${text}" is no SHA-256 of a certificate: write its 64 hex digits, with or without colons.`,
    );
  return text.replaceAll(':', '').toUpperCase().match(/../g)!.join(':');
}

/** The name that others see. */
export function readName(text: string | undefined): string | null {
  if (text === undefined) return null;
  const length = [...text].length;
  if (length >= 1 && length <= NAME_LIMIT_CHARS) return text;
  throw new WrongWord(`--name should have 1 to ${NAME_LIMIT_CHARS} characters.`);
}
