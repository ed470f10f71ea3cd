/**
 * What sender, receiver and witness ask each other, and answer (R13). Each is a JSON object of at most 2 KiB.
 */
import type { HashHex } from '../../chain/bytes.ts';
import { readUtf8, writeUtf8 } from '../../chain/bytes.ts';
import { COMMIT_CODES, MEMPOOL_CODES, TRANSACTION_CODES } from '../../chain/codes.ts';
import type { CommitCode, MempoolCode, TransactionCode } from '../../chain/codes.ts';
import { isTransactionId } from '../coin-name.ts';
import { isSignatureText } from '../signature.ts';
import { decodeTransaction, readBody } from '../transaction-codec.ts';
import {
  transactionToJson,
  type Payment,
  type Transaction,
  type TransactionId,
} from '../transaction.ts';
import { MESSAGE_LIMIT_BYTES, NAMED_ABORTS_LIMIT } from './limits.ts';

/** Why there is no vote, or why a payment has failed. */
export type CommitRefusal = CommitCode | TransactionCode | MempoolCode;

export type CommitRequest =
  /** The sender asks for a vote. `aborted` names attempts of its own that it has given up. */
  | {
      readonly kind: 'prepare';
      readonly body: Payment;
      readonly aborted: readonly TransactionId[];
    }
  /** All three signatures: whoever has them may tell anyone. */
  | { readonly kind: 'commit'; readonly transaction: Transaction }
  /** The sender will never sign this one. */
  | { readonly kind: 'abort'; readonly id: TransactionId }
  /** A cohort that has voted asks what came of it. */
  | { readonly kind: 'inquire'; readonly id: TransactionId };

export type CommitAnswer =
  | { readonly kind: 'vote'; readonly signature: string }
  | { readonly kind: 'refusal'; readonly code: CommitRefusal }
  /** The outcome is on the disk. */
  | { readonly kind: 'done' }
  | { readonly kind: 'committed'; readonly transaction: Transaction }
  | { readonly kind: 'aborted' }
  /** Not decided, or not known. */
  | { readonly kind: 'open' };

export function encodeRequest(request: CommitRequest): Uint8Array {
  return encode(request);
}

export function encodeAnswer(answer: CommitAnswer): Uint8Array {
  return encode(answer);
}

/** The request in these bytes, or null where no honest peer sends them. Signatures are read, not checked. */
export function decodeRequest(bytes: Uint8Array, genesis: HashHex): CommitRequest | null {
  const fields = decode(bytes);
  switch (fields?.['kind']) {
    case 'prepare': {
      const { body, aborted } = fields;
      if (!isObject(body) || !Array.isArray(aborted) || aborted.length > NAMED_ABORTS_LIMIT)
        return null;
      const read = readBody(body);
      if (!read.ok || read.body.kind !== 'pay' || !aborted.every(isTransactionId)) return null;
      return { kind: 'prepare', body: read.body, aborted };
    }
    case 'commit': {
      const transaction = readPayment(fields['transaction'], genesis);
      return transaction === null ? null : { kind: 'commit', transaction };
    }
    case 'abort':
    case 'inquire': {
      const { kind, id } = fields;
      return isTransactionId(id) ? { kind, id } : null;
    }
    default:
      return null;
  }
}

/** The answer in these bytes, or null where no honest peer sends them. Signatures are read, not checked. */
export function decodeAnswer(bytes: Uint8Array, genesis: HashHex): CommitAnswer | null {
  const fields = decode(bytes);
  switch (fields?.['kind']) {
    case 'vote': {
      const { signature } = fields;
      return isSignatureText(signature) ? { kind: 'vote', signature } : null;
    }
    case 'refusal': {
      const { code } = fields;
      return isRefusal(code) ? { kind: 'refusal', code } : null;
    }
    case 'committed': {
      const transaction = readPayment(fields['transaction'], genesis);
      return transaction === null ? null : { kind: 'committed', transaction };
    }
    case 'done':
    case 'aborted':
    case 'open':
      return { kind: fields['kind'] };
    default:
      return null;
  }
}

/** A payment with its signatures, from JSON; null for anything else. */
export function readPayment(value: unknown, genesis: HashHex): Transaction | null {
  const decoded = decodeTransaction(value, genesis);
  return decoded.ok && decoded.transaction.body.kind === 'pay' ? decoded.transaction : null;
}

function encode(message: CommitRequest | CommitAnswer): Uint8Array {
  const json =
    'transaction' in message
      ? { ...message, transaction: transactionToJson(message.transaction) }
      : message;
  return writeUtf8(JSON.stringify(json));
}

function decode(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  const text = bytes.length > MESSAGE_LIMIT_BYTES ? null : readUtf8(bytes);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRefusal(value: unknown): value is CommitRefusal {
  return (
    typeof value === 'string' &&
    [COMMIT_CODES, TRANSACTION_CODES, MEMPOOL_CODES].some((codes) => Object.hasOwn(codes, value))
  );
}
