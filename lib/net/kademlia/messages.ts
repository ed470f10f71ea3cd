/**
 * What nodes of the distributed hash table say to each other, as bodies of datagrams for port `kad` (R11).
 */
import { ACCOUNT, type Account } from '../../ledger/account.ts';
import { BUCKET_SIZE } from './routing-table.ts';
import { readRecord, type PeerRecord } from './record.ts';

export type KadMessage =
  /** Who is nearest to this key? */
  | { readonly type: 'find-node'; readonly id: number; readonly key: Account }
  /** What does this account say of itself? */
  | { readonly type: 'find-value'; readonly id: number; readonly key: Account }
  /** The answer to both: the nearest nodes that the answerer knows, itself among them, nearest first. */
  | {
      readonly type: 'found';
      readonly id: number;
      readonly nodeIds: readonly Account[];
      readonly record: PeerRecord | null;
      /** Hops that the question has taken. */
      readonly hops: number;
    }
  | { readonly type: 'store'; readonly record: PeerRecord }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'pong'; readonly id: number };

/** Reads a body. Null for all that is no message; never throws. */
export function readKadMessage(body: string): KadMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, id, key, nodeIds, record, hops } = value as Record<string, unknown>;
  if (type === 'store') {
    const read = readRecord(record);
    return read && { type, record: read };
  }
  if (!isCount(id)) return null;
  switch (type) {
    case 'find-node':
    case 'find-value':
      return isAccount(key) ? { type, id, key } : null;
    case 'found': {
      if (!Array.isArray(nodeIds) || nodeIds.length > BUCKET_SIZE) return null;
      const read = record === null ? null : readRecord(record);
      if (!nodeIds.every(isAccount) || !isCount(hops)) return null;
      return record !== null && read === null ? null : { type, id, nodeIds, record: read, hops };
    }
    case 'ping':
    case 'pong':
      return { type, id };
    default:
      return null;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAccount(value: unknown): value is Account {
  return typeof value === 'string' && ACCOUNT.test(value);
}
