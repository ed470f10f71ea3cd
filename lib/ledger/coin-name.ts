/**
 * The name of a coin: what created it, and which of its outputs it is. `<id>.0` or `<id>.1`, the id in base64url.
 *
 * A transaction's coins bear its id, a reward's coin bears its block's hash. Both are SHA-256, so none is met twice.
 */
import { base64urlnopad } from '@scure/base';
import { HASH_WORDS, readHashBytes } from '../chain/hash-words.ts';
import { readHex, type HashHex } from '../chain/bytes.ts';

export type CoinName = string;

/** What the receiver of a payment gets, or the miner of a block. */
export const MAIN_OUTPUT = 0;
/** What comes back to the sender of a payment. */
export const CHANGE_OUTPUT = 1;

/** 32 bytes in base64url without padding: the last of 43 characters has two unused bits, which must be zero. */
const ID_CHARS = 43;
const ID = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const COIN_NAME = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\.[01]$/;

export function coinName(id: string, output: number): CoinName {
  return `${id}.${output}`;
}

/** The name of the coin that a block creates for its miner. */
export function rewardName(blockHash: HashHex): CoinName {
  return coinName(base64urlnopad.encode(readHex(blockHash)!), MAIN_OUTPUT);
}

export function isCoinName(value: unknown): value is CoinName {
  return typeof value === 'string' && COIN_NAME.test(value);
}

/** Whether this can be a transaction's id. */
export function isTransactionId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** The id of what created the coin. */
export function creatorOf(name: CoinName): string {
  return name.slice(0, ID_CHARS);
}

/** Which output of its creator the coin is. */
export function outputOf(name: CoinName): number {
  return name.charCodeAt(ID_CHARS + 1) - 48;
}

/** Reads the eight words of an id into `words`. */
export function readIdWords(id: string, words: Int32Array): void {
  readHashBytes(base64urlnopad.decode(id), words);
}

/** The id of eight words, which begin at `at`. */
export function writeId(words: Int32Array): string {
  const bytes = new Uint8Array(4 * HASH_WORDS);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setInt32(4 * i, word));
  return base64urlnopad.encode(bytes);
}
