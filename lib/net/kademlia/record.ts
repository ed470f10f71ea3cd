/**
 * A peer record: what an account says of itself to those who look for it, signed by its key (R11, R30).
 */
import { bytesToHex, readHex } from '../../chain/bytes.ts';
import {
  accountOf,
  signText,
  verifyText,
  type Account,
  type KeyPair,
} from '../../ledger/account.ts';

/** How long a record may say that it holds. A peer that is gone is found for no longer than this. */
export const RECORD_LIFE_MS = 600_000;
/** Clocks of a class differ by so much; a record from further ahead is refused. */
export const RECORD_CLOCK_TOLERANCE_MS = 120_000;
/** What one needs to reach the peer: text of the protocol that uses it. A few addresses take a tenth of this. */
export const REACH_LIMIT_CHARS = 1_024;
const ROOM_LIMIT_CHARS = 64;
const PUBLIC_KEY = /^0[23][0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

export interface PeerRecord {
  /** Compressed, hex; its hash is the account, which is the key under which the record is kept. */
  readonly publicKey: string;
  readonly room: string;
  /** A later record of an account replaces an earlier one. */
  readonly sequence: number;
  /** Unix time in milliseconds. */
  readonly expiresMs: number;
  /** What one needs to reach it. */
  readonly reach: string;
  /** Of all that stands above. */
  readonly signature: string;
}

export type RecordVerdict =
  | { readonly ok: true; readonly account: Account }
  | { readonly ok: false; readonly reason: 'malformed' | 'expired' | 'wrong-room' | 'forged' };

/** A record of our own. */
export function makeRecord(
  fields: Pick<PeerRecord, 'room' | 'sequence' | 'expiresMs' | 'reach'>,
  keys: KeyPair,
): PeerRecord {
  const unsigned = { publicKey: bytesToHex(keys.publicKey), ...fields };
  return { ...unsigned, signature: bytesToHex(signText(signedText(unsigned), keys)) };
}

/** The account of a record from the room, where all of it is as it should be. Never throws. */
export function checkRecord(value: unknown, room: string, wallMs: number): RecordVerdict {
  const record = readRecord(value);
  if (record === null) return { ok: false, reason: 'malformed' };
  if (record.room !== room) return { ok: false, reason: 'wrong-room' };
  const leftMs = record.expiresMs - wallMs;
  if (leftMs <= 0 || leftMs > RECORD_LIFE_MS + RECORD_CLOCK_TOLERANCE_MS)
    return { ok: false, reason: 'expired' };
  const publicKey = readHex(record.publicKey)!;
  const account = accountOf(publicKey);
  const isGenuine = verifyText(signedText(record), readHex(record.signature)!, publicKey, account);
  return isGenuine ? { ok: true, account } : { ok: false, reason: 'forged' };
}

/** The record in parsed JSON, or null where a field is not as described. Its signature is not looked at. */
export function readRecord(value: unknown): PeerRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const { publicKey, room, sequence, expiresMs, reach, signature } = value as Record<
    string,
    unknown
  >;
  if (typeof publicKey !== 'string' || !PUBLIC_KEY.test(publicKey)) return null;
  if (typeof signature !== 'string' || !SIGNATURE.test(signature)) return null;
  if (typeof room !== 'string' || room.length > ROOM_LIMIT_CHARS) return null;
  if (typeof reach !== 'string' || reach.length > REACH_LIMIT_CHARS) return null;
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(expiresMs)) return null;
  return {
    publicKey,
    room,
    sequence: sequence as number,
    expiresMs: expiresMs as number,
    reach,
    signature,
  };
}

function signedText(record: Omit<PeerRecord, 'signature'>): string {
  const { publicKey, room, sequence, expiresMs, reach } = record;
  return JSON.stringify(['tabchain peer record', publicKey, room, sequence, expiresMs, reach]);
}
