/**
 * The proof of work of seed 004: sha256(str(new² − previous²)) begins with `00` (R24).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { writeUtf8 } from '../chain/bytes.ts';

/** The proof of every genesis block. From here the search finds 5, 33, 155, 389, 227, 81 … and, after 14 steps, 100 again. */
export const GENESIS_PROOF = 100;
/** Proofs known to the search: it comes to the same fifteen again and again, and others come with foreign chains. */
const KNOWN_PROOFS_LIMIT = 1_000;

const known = new Map<number, number>();

/** SHA-256 of a text's UTF-8 bytes, as 64 lower-case hex digits. */
export function hashText(text: string): string {
  return bytesToHex(sha256(writeUtf8(text)));
}

/** Whether `proof` is a proof of work after `previous`. */
export function isProof(proof: number, previous: number): boolean {
  if (!isProofNumber(proof) || !isProofNumber(previous)) return false;
  const first = sha256(writeUtf8(String(BigInt(proof) ** 2n - BigInt(previous) ** 2n)));
  return first[0] === 0;
}

/** Whether a number can be a proof at all: a whole one that is not negative and keeps its digits in JSON. */
export function isProofNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The least proof of work after `previous`. About 256 hashes, or none where it was searched before. */
export function findProof(previous: number): number {
  const found = known.get(previous);
  if (found !== undefined) return found;
  let proof = 0;
  while (!isProof(proof, previous)) proof++;
  if (known.size >= KNOWN_PROOFS_LIMIT) known.clear();
  known.set(previous, proof);
  return proof;
}
