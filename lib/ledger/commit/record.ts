/**
 * The write-ahead record of one payment at one party: what a restart must know to keep its word (R13).
 *
 * What is not here was never promised to anybody. The sender's `begun` says that it has not signed, and what it must
 * not sign any more after a restart; a cohort's `voted` binds it until the sender or the chain decides.
 */
import { readUtf8, writeUtf8, type HashHex } from '../../chain/bytes.ts';
import { isSignatureText } from '../signature.ts';
import { readBody } from '../transaction-codec.ts';
import {
  makeTransaction,
  transactionId,
  type Payment,
  type Transaction,
  type TransactionId,
} from '../transaction.ts';

/** All three have signed. The sender's is the commit point. */
interface Committed {
  readonly phase: 'committed';
  readonly transaction: Transaction;
}

export type SenderRecord = { readonly role: 'sender' } &
  /** It has asked, or will ask, for votes. At a restart this attempt is given up. */
  (
    | { readonly phase: 'begun'; readonly body: Payment }
    /** It has both votes, of receiver and witness, and signs next. */
    | { readonly phase: 'voted'; readonly body: Payment; readonly votes: readonly [string, string] }
    | Committed
  );

export type CohortRecord = { readonly role: 'cohort' } &
  /** It has signed. */
  ({ readonly phase: 'voted'; readonly body: Payment; readonly vote: string } | Committed);

export type CommitRecord = SenderRecord | CohortRecord;

/** What a store keeps: the record of each payment, or null to forget it. */
export interface CommitWrite {
  readonly id: TransactionId;
  readonly record: CommitRecord | null;
}

/** Longest record: a payment with three signatures, and the names of the fields. */
const RECORD_LIMIT_BYTES = 2_048;

export function recordId(record: CommitRecord, genesis: HashHex): TransactionId {
  return record.phase === 'committed' ? record.transaction.id : transactionId(record.body, genesis);
}

export function encodeRecord(record: CommitRecord): Uint8Array {
  const { role, phase } = record;
  const fields =
    phase === 'committed'
      ? { body: record.transaction.body, signatures: record.transaction.signatures }
      : { body: record.body, signatures: signaturesOf(record) };
  return writeUtf8(JSON.stringify({ role, phase, ...fields }));
}

/** The record in these bytes, or null where they are none. */
export function decodeRecord(bytes: Uint8Array, genesis: HashHex): CommitRecord | null {
  const text = bytes.length > RECORD_LIMIT_BYTES ? null : readUtf8(bytes);
  if (text === null) return null;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof fields !== 'object' || fields === null) return null;
  const { role, phase, body: value, signatures } = fields;
  if (role !== 'sender' && role !== 'cohort') return null;
  if (typeof value !== 'object' || value === null) return null;
  const read = readBody(value as Record<string, unknown>);
  if (!read.ok || read.body.kind !== 'pay') return null;
  const { body } = read;
  if (!Array.isArray(signatures) || !signatures.every(isSignatureText)) return null;
  const [first, second] = signatures as string[];
  switch (phase) {
    case 'begun':
      return role === 'sender' && signatures.length === 0 ? { role, phase, body } : null;
    case 'voted':
      if (role === 'cohort')
        return signatures.length === 1 ? { role, phase, body, vote: first! } : null;
      return signatures.length === 2 ? { role, phase, body, votes: [first!, second!] } : null;
    case 'committed':
      if (signatures.length !== 3) return null;
      return { role, phase, transaction: makeTransaction(body, signatures, genesis) };
    default:
      return null;
  }
}

function signaturesOf(record: Exclude<CommitRecord, { phase: 'committed' }>): readonly string[] {
  if (record.phase === 'begun') return [];
  return record.role === 'cohort' ? [record.vote] : record.votes;
}
