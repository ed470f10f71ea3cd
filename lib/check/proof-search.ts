/**
 * Finds the proofs of the examiner's own blocks, valid or deliberately not, in slices that leave room for datagrams.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { HASH_BYTES, PROOF_BYTES } from '../chain/block.ts';
import { bytesToBigint, concatBytes } from '../chain/bytes.ts';
import { targetToBytes } from '../chain/target.ts';
import { jsEngineMaker } from '../pow/js-engine.ts';
import { createKernel, type Kernel } from '../pow/kernel.ts';

/** Two or three milliseconds of plain JavaScript, so that the arrival of datagrams is timed well. */
const SLICE_HASHES = 20_000;

/** Which hashes are wanted: above `above`, and at most `atMost`. */
export interface HashRange {
  readonly above: bigint;
  readonly atMost: bigint;
}

/**
 * The 8 bytes behind `prefix` with which the SHA-256 of both lies in the range. The prefix has 32 bytes at least: a
 * kernel knows only data and a previous hash, but to SHA-256 all is one text.
 */
export async function findProof(prefix: Uint8Array, range: HashRange): Promise<Uint8Array> {
  const cut = prefix.length - HASH_BYTES;
  const template = {
    id: 1,
    data: prefix.subarray(0, cut),
    previousHash: prefix.subarray(cut),
    target: targetToBytes(range.atMost),
  };
  const kernel = makeKernel();
  kernel.prepare(template, new Uint8Array(PROOF_BYTES));
  for (;;) {
    const { proof } = kernel.search(SLICE_HASHES);
    if (proof === null) await new Promise((resolve) => setImmediate(resolve));
    else if (bytesToBigint(sha256(concatBytes(prefix, proof.proofOfWork))) > range.above)
      return proof.proofOfWork;
  }
}

function makeKernel(): Kernel {
  const made = jsEngineMaker.make();
  if (!made.ok) throw new Error(made.reason);
  return createKernel([made.engine]);
}
