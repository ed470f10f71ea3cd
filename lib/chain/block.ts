/**
 * The block of the homework: data, the hash of the block before, and a proof of work (R1).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, type HashHex } from './bytes.ts';

/** R1: data is 0 to 4096 bytes. */
export const DATA_LIMIT_BYTES = 4096;
/** R1: a SHA-256 hash. */
export const HASH_BYTES = 32;
/** R1: the proof of work, called p_o_w on the wire. */
export const PROOF_BYTES = 8;

/** A block's three fields. Treat the arrays as immutable: blocks are shared, never copied. */
export interface Block {
  /** 0 to {@link DATA_LIMIT_BYTES} bytes; consensus does not look inside. */
  readonly data: Uint8Array;
  /** {@link HASH_BYTES} bytes; all zero in a genesis block. */
  readonly previousHash: Uint8Array;
  /** {@link PROOF_BYTES} bytes. */
  readonly proofOfWork: Uint8Array;
}

/** The previous hash of every genesis block: 32 zero bytes (R3). */
export const NO_PREVIOUS_HASH = new Uint8Array(HASH_BYTES);

/** A hasher that has read nothing, and one that is set back to it for each block: half of a short hash is making one. */
const fresh = sha256.create();
const hasher = sha256.create();

/** SHA-256(data ‖ previous_hash ‖ p_o_w), 32 bytes (R1). */
export function hashBlock({ data, previousHash, proofOfWork }: Block): Uint8Array {
  return fresh._cloneInto(hasher).update(data).update(previousHash).update(proofOfWork).digest();
}

/** The same hash as 64 lower-case hex digits. */
export function hashBlockHex(block: Block): HashHex {
  return bytesToHex(hashBlock(block));
}

/** True where the fields have the lengths of R1. For blocks made by code; the codec checks what comes in. */
export function isBlockShape(block: Block): boolean {
  return (
    block.data.length <= DATA_LIMIT_BYTES &&
    block.previousHash.length === HASH_BYTES &&
    block.proofOfWork.length === PROOF_BYTES
  );
}

/** True where the previous hash is all zero, as only a genesis block's is (R3). */
export function isGenesisShape({ previousHash }: Block): boolean {
  for (let i = 0; i < previousHash.length; i++) if (previousHash[i] !== 0) return false;
  return true;
}
