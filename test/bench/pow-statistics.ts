/**
 * Whether searches need as many hashes a proof as probability says: a kernel that counts what it does not try, or
 * tries what it has tried, shows here.
 */
import { targetToBytes } from '../../lib/chain/target.ts';
import type { Figure } from './bench.ts';
import { newKernel } from './new-kernel.ts';

const PROOFS = 5000;
/** One hash in so many is a proof. */
const MEAN = 1024;

/** The layout whose mean deviates most, in standard errors: about 2.5 is usual among 64, 4.5 is too much. */
export function measureMeans(): Figure[] {
  return [false, true].map((isFree) => {
    let worst = 0;
    for (let r = 0; r < 64; r++) {
      const mean = meanHashes(64 + ((r + 32) % 64), isFree, r);
      worst = Math.max(worst, Math.abs(mean / MEAN - 1) * Math.sqrt(PROOFS));
    }
    const name = `hashes a proof, worst of 64 layouts${isFree ? ', free bytes' : ''}`;
    return { name, value: worst, unit: 'std errors' };
  });
}

function meanHashes(dataLength: number, isFree: boolean, seed: number): number {
  const kernel = newKernel();
  const template = {
    id: 1,
    data: new Uint8Array(dataLength).fill(seed),
    previousHash: new Uint8Array(32).fill(seed),
    target: targetToBytes((1n << 256n) / BigInt(MEAN) - 1n),
    ...(isFree && { freeBytes: { offset: 0, length: 16 } }),
  };
  kernel.prepare(template, new Uint8Array(8));
  let hashes = 0;
  for (let proofs = 0; proofs < PROOFS;) {
    const result = kernel.search(20_000);
    hashes += result.hashes;
    if (result.proof !== null) proofs++;
  }
  return hashes / PROOFS;
}
