/**
 * Reads a transaction from a JSON value that anybody wrote: the grammar, with a code for each field (R12).
 *
 * Nothing here depends on an engine's tables, as those of Unicode: all peers must read alike for ever.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { TransactionCode } from '../chain/codes.ts';
import { ACCOUNT, type Account } from './account.ts';
import { isCoinName, type CoinName } from './coin-name.ts';
import { isSignatureText } from './signature.ts';
import { NOTE_LIMIT_CHARS } from './text.ts';
import {
  AMOUNT_LIMIT,
  EXPIRY_LIMIT,
  INPUTS_LIMIT,
  makeTransaction,
  MERGE_INPUTS_LIMIT,
  partiesOf,
  TRANSACTION_LIMIT_BYTES,
  type Merge,
  type Note,
  type Payment,
  type Transaction,
  type TransactionBody,
} from './transaction.ts';

export type DecodedTransaction =
  | { readonly ok: true; readonly transaction: Transaction }
  | { readonly ok: false; readonly code: TransactionCode };

const PAYMENT_FIELDS = new Set([
  ...['kind', 'from', 'to', 'witness', 'inputs', 'amount', 'change', 'expiry', 'signatures'],
]);
const MERGE_FIELDS = new Set(['kind', 'from', 'inputs', 'amount', 'expiry', 'signatures']);
const NOTE_FIELDS = new Set(['kind', 'from', 'text', 'expiry', 'signatures']);

/** Control characters, line separators, and halves of characters, which no UTF-8 can carry. */
// eslint-disable-next-line no-control-regex -- these are the ones that are looked for
const UNWANTED = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/u;

type Fields = Readonly<Record<string, unknown>>;
type ReadBody =
  | { readonly ok: true; readonly body: TransactionBody }
  | { readonly ok: false; readonly code: TransactionCode };

/** The transaction that a JSON value stands for, its signatures' form checked but not whose they are. Never throws. */
export function decodeTransaction(value: unknown, genesis: HashHex): DecodedTransaction {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('not-a-transaction');
  const fields = value as Fields;
  const read = readBody(fields);
  if (!read.ok) return read;
  const { signatures } = fields;
  const count = partiesOf(read.body).length;
  if (!Array.isArray(signatures) || signatures.length !== count) return refuse('bad-signatures');
  if (!signatures.every(isSignatureText)) return refuse('bad-signatures');
  const transaction = makeTransaction(read.body, signatures, genesis);
  if (transaction.sizeBytes > TRANSACTION_LIMIT_BYTES) return refuse('transaction-too-large');
  return { ok: true, transaction };
}

/** The body alone, as parties see it before all have signed. */
export function readBody(fields: Fields): ReadBody {
  if (fields['kind'] === 'pay') return readPayment(fields);
  if (fields['kind'] === 'merge') return readMerge(fields);
  if (fields['kind'] === 'note') return readNote(fields);
  return refuse('bad-kind');
}

function readPayment(fields: Fields): ReadBody {
  if (hasOtherFields(fields, PAYMENT_FIELDS)) return refuse('unknown-field');
  const { from, to, witness, inputs, amount, change, expiry } = fields;
  if (!isAccount(from)) return refuse('bad-from');
  if (!isAccount(to)) return refuse('bad-to');
  if (!isAccount(witness)) return refuse('bad-witness');
  if (from === to || from === witness || to === witness) return refuse('same-party');
  if (!isIntegerWithin(amount, 1, AMOUNT_LIMIT)) return refuse('bad-amount');
  if (!isIntegerWithin(change, 0, AMOUNT_LIMIT)) return refuse('bad-change');
  if (!isIntegerWithin(expiry, 1, EXPIRY_LIMIT)) return refuse('bad-expiry');
  const code = judgeInputs(inputs, 1, INPUTS_LIMIT);
  if (code !== null) return refuse(code);
  const names = inputs as readonly CoinName[];
  const body: Payment = { kind: 'pay', from, to, witness, inputs: names, amount, change, expiry };
  return { ok: true, body };
}

function readMerge(fields: Fields): ReadBody {
  if (hasOtherFields(fields, MERGE_FIELDS)) return refuse('unknown-field');
  const { from, inputs, amount, expiry } = fields;
  if (!isAccount(from)) return refuse('bad-from');
  if (!isIntegerWithin(amount, 1, AMOUNT_LIMIT)) return refuse('bad-amount');
  if (!isIntegerWithin(expiry, 1, EXPIRY_LIMIT)) return refuse('bad-expiry');
  const code = judgeInputs(inputs, 2, MERGE_INPUTS_LIMIT);
  if (code !== null) return refuse(code);
  const names = inputs as readonly CoinName[];
  const body: Merge = { kind: 'merge', from, inputs: names, amount, expiry };
  return { ok: true, body };
}

/** Null where these are so many different names of coins. */
function judgeInputs(inputs: unknown, least: number, most: number): TransactionCode | null {
  if (!Array.isArray(inputs) || inputs.length < least || inputs.length > most) return 'bad-inputs';
  if (!inputs.every(isCoinName)) return 'bad-inputs';
  return new Set(inputs).size === inputs.length ? null : 'duplicate-input';
}

function readNote(fields: Fields): ReadBody {
  if (hasOtherFields(fields, NOTE_FIELDS)) return refuse('unknown-field');
  const { from, text, expiry } = fields;
  if (!isAccount(from)) return refuse('bad-from');
  if (!isIntegerWithin(expiry, 1, EXPIRY_LIMIT)) return refuse('bad-expiry');
  if (typeof text !== 'string' || !isNoteText(text)) return refuse('bad-text');
  const body: Note = { kind: 'note', from, text, expiry };
  return { ok: true, body };
}

/** Whether a text may stand in a note. What is safe to show is for the screen to decide, which cleans it. */
export function isNoteText(text: string): boolean {
  // A text of 280 characters has at most 560 units, so that longer ones need not be counted.
  if (text === '' || text.length > 2 * NOTE_LIMIT_CHARS || UNWANTED.test(text)) return false;
  return [...text].length <= NOTE_LIMIT_CHARS;
}

function hasOtherFields(fields: Fields, known: ReadonlySet<string>): boolean {
  return Object.keys(fields).some((name) => !known.has(name));
}

function isAccount(value: unknown): value is Account {
  return typeof value === 'string' && ACCOUNT.test(value);
}

function isIntegerWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function refuse(code: TransactionCode): { readonly ok: false; readonly code: TransactionCode } {
  return { ok: false, code };
}
