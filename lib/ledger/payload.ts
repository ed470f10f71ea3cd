/**
 * What our miners write into a block's data: UTF-8 JSON that the owner of any homework miner can read.
 *
 * `{"pad":"…","time":1763686800000,"miner":"<account>","name":"…","note":"…","transactions":[]}` and trailing spaces.
 * Consensus reads nothing of it but, in `class` rooms, the time.
 */
import { DATA_LIMIT_BYTES } from '../chain/block.ts';
import { readUtf8, writeUtf8 } from '../chain/bytes.ts';
import { ACCOUNT, type Account } from './account.ts';
import { cleanName, cleanNote } from './text.ts';
import type { TransactionJson } from './transaction.ts';

/** Characters of `pad` that the proof-of-work search may choose; they lie within the first 64 bytes. */
export const PAD_CHARS = 16;
/** Where `pad` begins in the data: behind `{"pad":"`. */
export const PAD_OFFSET_BYTES = 8;
/**
 * Data is filled up with spaces to 15 bytes more than a multiple of 64: then the proof lies where SHA-256 leaves the
 * most to compute once per template instead of once per hash.
 */
const FAST_REMAINDER_BYTES = 15;
/**
 * How small the data of our blocks can be kept, for miners who read little of a datagram (R8): a block of the least fits
 * into 1,024 bytes under both names of its parent, and holds a line of 70 characters beside the longest name.
 */
export const DATA_LIMITS_BYTES = { least: 600, most: DATA_LIMIT_BYTES } as const;
/** Times from 1970 to the year 10889: all that is no safe date is refused before anyone computes with it. */
const TIME_LIMIT_MS = 2 ** 48;

export interface Payload {
  /** Unix time in milliseconds, as its miner claims. */
  readonly timeMs: number;
  readonly miner: Account;
  /** Claimed; at most 24 characters, cleaned. */
  readonly name: string;
  /** At most 280 characters, cleaned. */
  readonly note: string;
}

/**
 * The data of a block: JSON, filled up for the fast proof-of-work layout. About 140 bytes without note and transactions;
 * there must be no more of these than {@link roomForTransactions} says.
 */
export function encodePayload(
  payload: Payload,
  transactions: readonly TransactionJson[] = [],
): Uint8Array {
  return alignForSearch(writePayload(payload, transactions));
}

/** The bytes that the JSON of transactions, with commas between, may take in the data of such a block. */
export function roomForTransactions(payload: Payload, limitBytes = DATA_LIMIT_BYTES): number {
  return alignedLimit(limitBytes) - writePayload(payload, []).length;
}

/** The payload whose note is cut to what fits into so many bytes of data, {@link DATA_LIMITS_BYTES} at least. */
export function shortenNote(payload: Payload, limitBytes: number): Payload {
  const points = [...cleanNote(payload.note)];
  let shortened = payload;
  while (points.length > 0 && roomForTransactions(shortened, limitBytes) < 0) {
    points.pop();
    shortened = { ...payload, note: points.join('').trim() };
  }
  return shortened;
}

/** The longest data of the fast layout that has no more bytes than that. */
function alignedLimit(limitBytes: number): number {
  return limitBytes - ((limitBytes - FAST_REMAINDER_BYTES) % 64);
}

function writePayload(
  { timeMs, miner, name, note }: Payload,
  transactions: readonly TransactionJson[],
): Uint8Array {
  return writeUtf8(
    JSON.stringify({
      pad: '0'.repeat(PAD_CHARS),
      time: timeMs,
      miner,
      ...(name !== '' && { name: cleanName(name) }),
      ...(note !== '' && { note: cleanNote(note) }),
      transactions,
    }),
  );
}

/** The payload of data that any miner wrote, or null where it is none of ours. Texts come cleaned. */
export function readPayload(data: Uint8Array): Payload | null {
  const value = readJsonObject(data);
  if (value === null) return null;
  const { time, miner, name, note } = value;
  if (!isTimeMs(time) || typeof miner !== 'string' || !ACCOUNT.test(miner)) return null;
  return {
    timeMs: time,
    miner,
    name: typeof name === 'string' ? cleanName(name) : '',
    note: typeof note === 'string' ? cleanNote(note) : '',
  };
}

/** The time that data states, for the rules of `class` rooms; null where it states none. */
export function readTimeMs(data: Uint8Array): number | null {
  const time = readJsonObject(data)?.['time'];
  return isTimeMs(time) ? time : null;
}

/** Fills data up with trailing spaces to the layout that the proof-of-work search is fastest at. */
export function alignForSearch(data: Uint8Array): Uint8Array {
  const missing = (FAST_REMAINDER_BYTES - (data.length % 64) + 64) % 64;
  const aligned = new Uint8Array(data.length + missing).fill(0x20);
  aligned.set(data);
  return aligned;
}

/** The JSON object in a block's data, or null. */
export function readJsonObject(data: Uint8Array): Record<string, unknown> | null {
  // Most foreign data is no object; that is seen before anything is decoded.
  if (data[0] !== 0x7b) return null;
  const text = readUtf8(data);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isTimeMs(value: unknown): value is number {
  return (
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < TIME_LIMIT_MS
  );
}
