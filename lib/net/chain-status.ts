/**
 * Where a peer's best chain stands, as peers tell each other: in their greetings, in their heartbeats, and by itself when
 * there is another chain (R28).
 */
import { isCount, isHash, isPublicKey } from './message-fields.ts';

/** Decimal digits of a chain's work: below 2^256 there are at most 78. */
const WORK = /^\d{1,78}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

/** A bridge's signature under a genesis block's hash: see peer/genesis.ts. Hex. */
export interface Endorsement {
  readonly publicKey: string;
  readonly signature: string;
}

/** Where a peer's best chain stands. `genesis` is null, and the rest 0, where it has none yet. */
export interface ChainStatus {
  readonly genesis: string | null;
  readonly endorsement: Endorsement | null;
  readonly tip: string | null;
  readonly height: number;
  /** Hashes of work, decimal on the wire. */
  readonly work: bigint;
}

/** Of a peer that has no chain yet. */
export const NO_STATUS: ChainStatus = {
  genesis: null,
  endorsement: null,
  tip: null,
  height: 0,
  work: 0n,
};

/** A status as messages carry it, to be written as JSON. */
export function statusToJson(status: ChainStatus) {
  return { ...status, work: status.work.toString() };
}

/** What was written last: a peer pings all its neighbours with one status. */
let lastStatus = NO_STATUS;
let lastText = JSON.stringify(statusToJson(NO_STATUS));

/** The JSON text of a status. */
export function writeStatus(status: ChainStatus): string {
  if (status !== lastStatus) {
    lastText = JSON.stringify(statusToJson(status));
    lastStatus = status;
  }
  return lastText;
}

/** Reads a status from a message's field; null where it is none. */
export function readStatus(value: unknown): ChainStatus | null {
  if (typeof value !== 'object' || value === null) return null;
  const { genesis, endorsement, tip, height, work } = value as Record<string, unknown>;
  if (!isCount(height) || typeof work !== 'string' || !WORK.test(work)) return null;
  if ((genesis !== null && !isHash(genesis)) || (tip !== null && !isHash(tip))) return null;
  const signed = endorsement === null ? null : readEndorsement(endorsement);
  if (endorsement !== null && signed === null) return null;
  return { genesis, endorsement: signed, tip, height, work: BigInt(work) };
}

function readEndorsement(value: unknown): Endorsement | null {
  if (typeof value !== 'object' || value === null) return null;
  const { publicKey, signature } = value as Record<string, unknown>;
  if (!isPublicKey(publicKey)) return null;
  if (typeof signature !== 'string' || !SIGNATURE.test(signature)) return null;
  return { publicKey, signature };
}
