/**
 * A transaction (R12): a payment with inputs, outputs, change and a witness; a merge, which makes one coin of an account's
 * small ones; or a note, a line of text by an account.
 *
 * Its canonical form is that of RFC 8785. What is hashed and signed is that of the body, behind a line that names the
 * purpose and one that names the room's genesis block, so that no signature serves anything else or anywhere else.
 * The id is that hash: signatures have no part in it, so nobody can give one transaction two ids.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { base64urlnopad } from '@scure/base';
import canonicalize from 'canonicalize';
import { writeUtf8, type HashHex } from '../chain/bytes.ts';
import type { Account, KeyPair } from './account.ts';
import { CHANGE_OUTPUT, coinName, MAIN_OUTPUT, type CoinName } from './coin-name.ts';
import { signDigest } from './signature.ts';

/** Six payments fit into a block of 4096 bytes. */
export const TRANSACTION_LIMIT_BYTES = 700;
/** With three signatures and amounts of five digits four inputs fit. Change gathers small coins into larger ones. */
export const INPUTS_LIMIT = 4;
/** With one signature eight fit, whatever they are worth. */
export const MERGE_INPUTS_LIMIT = 8;
/** A million coins a block for a billion blocks. Eight inputs of this size still add up exactly. */
export const AMOUNT_LIMIT = 2 ** 50;
/** No chain of ours reaches it. */
export const EXPIRY_LIMIT = 2 ** 40;

const PURPOSE = 'tabchain transaction 1';

/** SHA-256 in base64url, 43 characters. */
export type TransactionId = string;

/**
 * Moves the inputs, all of which belong to `from`: `amount` goes to `to`, `change` comes back. Both and the witness
 * sign; the three signatures are the commit record of R13.
 */
export interface Payment {
  readonly kind: 'pay';
  readonly from: Account;
  readonly to: Account;
  readonly witness: Account;
  /** 1 to {@link INPUTS_LIMIT} different coins, worth exactly amount and change. */
  readonly inputs: readonly CoinName[];
  /** Coins, at least 1. */
  readonly amount: number;
  /** Coins; 0 where nothing comes back. */
  readonly change: number;
  /** The last height of a block in which it counts. */
  readonly expiry: number;
}

/** Makes one coin of several of an account's, so that one payment can move them. Nobody else need agree. */
export interface Merge {
  readonly kind: 'merge';
  readonly from: Account;
  /** 2 to {@link MERGE_INPUTS_LIMIT} different coins, worth exactly the amount. */
  readonly inputs: readonly CoinName[];
  /** Coins. */
  readonly amount: number;
  readonly expiry: number;
}

/** A line in the chain (R25). A line of seed 004's, `tx|sender|content`, is one as it stands. */
export interface Note {
  readonly kind: 'note';
  readonly from: Account;
  readonly text: string;
  readonly expiry: number;
}

export type TransactionBody = Payment | Merge | Note;

export interface Transaction {
  readonly id: TransactionId;
  readonly body: TransactionBody;
  /** One for each of {@link partiesOf} the body, in that order. */
  readonly signatures: readonly string[];
  /** Length of the canonical form. */
  readonly sizeBytes: number;
}

/** As it stands in a payload and in messages: the body's fields, and the signatures. */
export type TransactionJson = TransactionBody & { readonly signatures: readonly string[] };

/** A coin that a transaction makes. */
export interface Output {
  readonly name: CoinName;
  readonly owner: Account;
  readonly amount: number;
}

/** Puts body and signatures together. Checks neither. */
export function makeTransaction(
  body: TransactionBody,
  signatures: readonly string[],
  genesis: HashHex,
): Transaction {
  const sizeBytes = writeUtf8(canonicalText({ ...body, signatures })).length;
  return { id: transactionId(body, genesis), body, signatures, sizeBytes };
}

/** The id of a transaction with this body in the room of this genesis block. */
export function transactionId(body: TransactionBody, genesis: HashHex): TransactionId {
  const text = `${PURPOSE}\n${genesis}\n${canonicalText(body)}`;
  return base64urlnopad.encode(sha256(writeUtf8(text)));
}

/** A party's signature of the transaction with this id. */
export function signTransaction(id: TransactionId, keys: KeyPair): string {
  return signDigest(digestOf(id), keys);
}

/** The 32 bytes that parties sign. */
export function digestOf(id: TransactionId): Uint8Array {
  return base64urlnopad.decode(id);
}

/** Who has to sign, in the order of the signatures. */
export function partiesOf(body: TransactionBody): readonly Account[] {
  return body.kind === 'pay' ? [body.from, body.to, body.witness] : [body.from];
}

export function inputsOf(body: TransactionBody): readonly CoinName[] {
  return body.kind === 'note' ? [] : body.inputs;
}

/** The coins that a transaction makes once it is listed. */
export function outputsOf({ id, body }: Transaction): readonly Output[] {
  if (body.kind === 'note') return [];
  if (body.kind === 'merge')
    return [{ name: coinName(id, MAIN_OUTPUT), owner: body.from, amount: body.amount }];
  const { from, to, amount, change } = body;
  const main: Output = { name: coinName(id, MAIN_OUTPUT), owner: to, amount };
  if (change === 0) return [main];
  return [main, { name: coinName(id, CHANGE_OUTPUT), owner: from, amount: change }];
}

/** The JSON value that stands for a transaction, its keys in canonical order. */
export function transactionToJson({ body, signatures }: Transaction): TransactionJson {
  return JSON.parse(canonicalText({ ...body, signatures })) as TransactionJson;
}

/** RFC 8785. The value holds nothing that has no JSON form. */
function canonicalText(value: TransactionBody | TransactionJson): string {
  return canonicalize(value)!;
}
