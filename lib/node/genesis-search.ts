/**
 * Finds the proof of work of a room's first block, so that the room's link can pin it from the first second (R4).
 */
import { NO_PREVIOUS_HASH, type Block } from '../chain/block.ts';
import { targetToBytes } from '../chain/target.ts';
import { createThreadPool } from '../drivers/workers/thread-pool.ts';

export interface GenesisSearch {
  readonly data: Uint8Array;
  readonly target: bigint;
  readonly threads: number;
  /** Ends the search early. */
  readonly signal: AbortSignal;
  /** Something a person should read. */
  warn(message: string): void;
}

export type GenesisOutcome =
  | { readonly kind: 'found'; readonly block: Block }
  /** The search was ended by its signal. */
  | { readonly kind: 'ended' }
  /** No worker of this machine can search; `warn` has said why. */
  | { readonly kind: 'impossible' };

export function searchGenesis(search: GenesisSearch): Promise<GenesisOutcome> {
  const { data, target, threads, signal, warn } = search;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'ended' });
    const finish = (outcome: GenesisOutcome) => {
      pool.close();
      resolve(outcome);
    };
    const pool = createThreadPool(
      { threads, duty: 1 },
      {
        found: (proof) =>
          finish({
            kind: 'found',
            block: {
              data: proof.data,
              previousHash: NO_PREVIOUS_HASH,
              proofOfWork: proof.proofOfWork,
            },
          }),
        warn,
        stopped: () => finish({ kind: 'impossible' }),
      },
    );
    signal.addEventListener('abort', () => finish({ kind: 'ended' }), { once: true });
    pool.search({ id: 1, data, previousHash: NO_PREVIOUS_HASH, target: targetToBytes(target) });
  });
}
