/**
 * A company of nodes that perform the six tasks (R18), in whichever world they live: over UDP sockets, or simulated.
 */
import type { KeyPair } from '../../ledger/account.ts';
import type { PeerInput, PeerOutput } from '../../peer/inputs.ts';
import type { Peer } from '../../peer/peer.ts';

export interface CompanyNode {
  readonly index: number;
  readonly keys: KeyPair;
  /** Null while it is not running. */
  readonly peer: Peer | null;
  take(input: PeerInput): void;
  /** Starts it, or starts it again with what its store holds. */
  start(): Promise<void>;
  /** Fail-stop: it says nothing to anyone. */
  crash(): void;
}

/** Sees every step of every node. */
export type Watch = (
  index: number,
  nowMs: number,
  input: PeerInput,
  outputs: readonly PeerOutput[],
) => void;

export interface Company {
  readonly nodes: readonly CompanyNode[];
  /** Milliseconds since the company was made, by its own time. */
  readonly nowMs: number;
  /** Goes on until `done`, or for so long by the company's own time; says whether it was done. */
  until(done: () => boolean, limitMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** What both kinds of company need to know. */
export interface CompanyOptions {
  readonly seed: number;
  readonly peers: number;
  /** The first so many search blocks. */
  readonly miners: number;
  readonly watch: Watch;
}

/** Hashes that a block takes in the mean: the search is real, and leaves the machine free for the rest. */
export const HASHES_PER_BLOCK = 4_096;

/** All miners together find a block so often in the mean: a block has reached everyone long before the next one. */
export function blockSpacingMs(peers: number): number {
  return peers <= 20 ? 750 : 1_500;
}
