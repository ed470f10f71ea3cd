/**
 * What an engine must find, and no more, before anyone relies on it (R4).
 */
import { hashBlock, NO_PREVIOUS_HASH } from '../chain/block.ts';
import { meetsTarget, targetToBytes } from '../chain/target.ts';
import { SHA_BLOCK_BYTES } from './layout.ts';
import { createKernel, type Engine } from './kernel.ts';
import type { Template } from './template.ts';

/** One hash in 64 is a proof. */
const EASY_TARGET = (1n << 250n) - 1n;
/** How many are tried: 128 proofs are expected, with a standard deviation of 11. */
const EASY_HASHES = 8192;
/** Five standard deviations around that: an engine that skips half its lanes falls out. */
const EASY_PROOFS = { least: 73, most: 183 } as const;

/**
 * So many of them are hashed again by an independent SHA-256; the kernel itself has looked at each. More would make a
 * miner wait: code that runs for the first time is slow.
 */
const CONFIRMED_PROOFS = 4;

/**
 * Null where an engine finds as many proofs as there must be for data of this length, and they are proofs; else a
 * sentence that says what it did.
 */
export function checkEngine(engine: Engine, dataLength: number): string | null {
  const kernel = createKernel([engine]);
  // The layout counts alone; one block in front of the last is enough for free bytes.
  const length = SHA_BLOCK_BYTES + (dataLength % SHA_BLOCK_BYTES);
  const template: Template = {
    id: 0,
    data: Uint8Array.from({ length }, (_, i) => i),
    previousHash: NO_PREVIOUS_HASH,
    target: targetToBytes(EASY_TARGET),
    freeBytes: { offset: 0, length },
  };
  if (!kernel.prepare(template, new Uint8Array(8))) return 'it could not begin';
  let proofs = 0;
  for (let hashes = 0; hashes < EASY_HASHES;) {
    const result = kernel.search(EASY_HASHES - hashes);
    hashes += result.hashes;
    if (result.proof === null) continue;
    proofs++;
    if (proofs > CONFIRMED_PROOFS) continue;
    const hash = hashBlock({ ...template, ...result.proof });
    if (!meetsTarget(hash, EASY_TARGET)) return 'it found a wrong proof';
  }
  return proofs < EASY_PROOFS.least || proofs > EASY_PROOFS.most
    ? `it found ${proofs} proofs where there are about 128`
    : null;
}
