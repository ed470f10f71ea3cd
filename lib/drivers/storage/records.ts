/**
 * The records of a stored chain and their keys: the layout's version, the genesis block, every block by number (R28),
 * the payments that the peer takes part in (R13), and its account's own transactions that wait (R12), by their ids.
 */
import { DATA_LIMIT_BYTES, HASH_BYTES, PROOF_BYTES, type Block } from '../../chain/block.ts';
import type { Endorsement } from '../../net/chain-status.ts';

/** Layout of the database; raised when an older one can no longer be read. */
export const STORE_VERSION = 1;
/** Records read in one go: one by one, each would cost a turn of the event loop. */
export const READ_BLOCKS = 1_000;

export const VERSION_KEY = 'version';
export const GENESIS_KEY = 'genesis';
export const BLOCK_PREFIX = 'block:';
/** Sorts behind every key with the prefix. */
export const BLOCK_END = 'block;';
/** Before the id of a payment, whose id is base64url. */
export const PAYMENT_PREFIX = 'payment:';
export const PAYMENT_END = 'payment;';
/** Before the id of a transaction. */
export const TRANSACTION_PREFIX = 'transaction:';
export const TRANSACTION_END = 'transaction;';
const TIME_BYTES = 8;

/** Keys sort as their numbers do. */
export function blockKey(number: number): string {
  return BLOCK_PREFIX + String(number).padStart(12, '0');
}

/** Time (8 bytes, milliseconds) ‖ previous hash ‖ proof of work ‖ data. */
export function writeBlock(block: Block, heardMs: number): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES + HASH_BYTES + PROOF_BYTES + block.data.length);
  new DataView(bytes.buffer).setFloat64(0, heardMs);
  bytes.set(block.previousHash, TIME_BYTES);
  bytes.set(block.proofOfWork, TIME_BYTES + HASH_BYTES);
  bytes.set(block.data, TIME_BYTES + HASH_BYTES + PROOF_BYTES);
  return bytes;
}

/** The block and its time, or null where these bytes are none. */
export function readBlock(bytes: Uint8Array): { block: Block; heardMs: number } | null {
  const fixedBytes = TIME_BYTES + HASH_BYTES + PROOF_BYTES;
  if (bytes.length < fixedBytes || bytes.length > fixedBytes + DATA_LIMIT_BYTES) return null;
  const heardMs = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
  if (!Number.isFinite(heardMs)) return null;
  const previousHash = bytes.slice(TIME_BYTES, TIME_BYTES + HASH_BYTES);
  const proofOfWork = bytes.slice(TIME_BYTES + HASH_BYTES, fixedBytes);
  return { block: { data: bytes.slice(fixedBytes), previousHash, proofOfWork }, heardMs };
}

/** The endorsement's length (2 bytes) ‖ the endorsement as JSON ‖ the block as above. */
export function writeGenesis({
  block,
  endorsement,
}: {
  block: Block;
  endorsement: Endorsement | null;
}): Uint8Array {
  const signed = new TextEncoder().encode(JSON.stringify(endorsement));
  const rest = writeBlock(block, 0);
  const bytes = new Uint8Array(2 + signed.length + rest.length);
  new DataView(bytes.buffer).setUint16(0, signed.length);
  bytes.set(signed, 2);
  bytes.set(rest, 2 + signed.length);
  return bytes;
}

/** The genesis block with its endorsement, or null where these bytes are none. */
export function readGenesis(
  bytes: Uint8Array,
): { genesis: Block; endorsement: Endorsement | null } | null {
  if (bytes.length < 2) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(0);
  const record = readBlock(bytes.subarray(2 + length));
  if (record === null) return null;
  try {
    const text = new TextDecoder().decode(bytes.subarray(2, 2 + length));
    return { genesis: record.block, endorsement: JSON.parse(text) as Endorsement | null };
  } catch {
    return null;
  }
}
