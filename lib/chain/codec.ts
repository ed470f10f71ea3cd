/**
 * The block as the homework sends it: one UTF-8 JSON object with data, previous and p_o_w (R2).
 */
import {
  bytesToHex,
  equalBytes,
  readBase64,
  readHex,
  readUtf8,
  writeBase64,
  writeUtf8,
} from './bytes.ts';
import { DATA_LIMIT_BYTES, HASH_BYTES, PROOF_BYTES, type Block } from './block.ts';
import type { DecodeCode } from './codes.ts';
import { listTopLevelMembers, type JsonMember } from './json-members.ts';

/** The largest UDP payload over IPv4: what a miner reads at most (R6), and more than any block needs. */
export const ENCODED_BLOCK_LIMIT_BYTES = 65_507;

/** Under which name the previous hash is written; some miners in the field read only `previous_hash`. */
export type PreviousField = 'previous' | 'previous_hash' | 'both';

/** A block as a JSON value. Field order on the wire is data, previous, p_o_w. */
export interface BlockJson {
  data: string;
  previous?: string;
  previous_hash?: string;
  p_o_w: string;
}

export type DecodeResult =
  | { readonly ok: true; readonly block: Block; readonly field: PreviousField }
  | { readonly ok: false; readonly code: DecodeCode };

/** The block as a JSON value: lower-case hex, padded base64. */
export function blockToJson(block: Block, field: PreviousField = 'previous'): BlockJson {
  const previous = bytesToHex(block.previousHash);
  return {
    data: writeBase64(block.data),
    ...(field !== 'previous_hash' && { previous }),
    ...(field !== 'previous' && { previous_hash: previous }),
    p_o_w: bytesToHex(block.proofOfWork),
  };
}

/** The block as UTF-8 JSON bytes: at most 5,600 of them. */
export function encodeBlock(block: Block, field: PreviousField = 'previous'): Uint8Array {
  return writeUtf8(JSON.stringify(blockToJson(block, field)));
}

/**
 * Reads what any miner may send. Other field orders, white space, extra fields, upper-case hex, line breaks in
 * base64 and `previous_hash` are accepted; everything else is refused with a code. Never throws.
 */
export function decodeBlock(bytes: Uint8Array): DecodeResult {
  if (bytes.length > ENCODED_BLOCK_LIMIT_BYTES) return refuse('too-large');
  const text = readUtf8(bytes);
  if (text === null) return refuse('bad-utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('bad-json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('not-an-object');
  return blockFromMembers(listTopLevelMembers(text));
}

/** The same for a JSON value that is parsed already. */
export function blockFromJson(value: object): DecodeResult {
  return blockFromMembers(Object.entries(value).map(([key, value]) => ({ key, value })));
}

/** Repeated fields, and both names of the previous hash, are harmless as long as all of them say the same. */
function blockFromMembers(members: readonly JsonMember[]): DecodeResult {
  const valuesOf = (name: string) =>
    members.filter(({ key }) => key === name).map(({ value }) => value);
  const data = valuesOf('data');
  const previous = valuesOf('previous');
  const previousHash = valuesOf('previous_hash');
  const proof = valuesOf('p_o_w');
  if (data.length === 0 || previous.length + previousHash.length === 0 || proof.length === 0)
    return refuse('missing-field');

  const dataBytes = readAgreeing(data, readData);
  if (typeof dataBytes === 'string') return refuse(dataBytes);
  const previousBytes = readAgreeing([...previous, ...previousHash], readHash);
  if (typeof previousBytes === 'string') return refuse(previousBytes);
  const proofBytes = readAgreeing(proof, readProof);
  if (typeof proofBytes === 'string') return refuse(proofBytes);
  return {
    ok: true,
    block: { data: dataBytes, previousHash: previousBytes, proofOfWork: proofBytes },
    field:
      previous.length === 0 ? 'previous_hash' : previousHash.length === 0 ? 'previous' : 'both',
  };
}

/** The bytes that all of these values stand for, each of which is read once, or why they stand for none. */
function readAgreeing(
  values: readonly unknown[],
  read: (value: unknown) => Uint8Array | DecodeCode,
): Uint8Array | DecodeCode {
  const first = read(values[0]);
  if (typeof first === 'string') return first;
  for (const value of values.slice(1)) {
    const other = read(value);
    if (typeof other === 'string') return other;
    if (!equalBytes(first, other)) return 'duplicate-key';
  }
  return first;
}

function readData(value: unknown): Uint8Array | DecodeCode {
  if (typeof value !== 'string') return 'wrong-type';
  const bytes = readBase64(value.replace(/[\r\n]/g, ''));
  if (bytes === null) return 'bad-base64';
  return bytes.length > DATA_LIMIT_BYTES ? 'wrong-length' : bytes;
}

function readHash(value: unknown): Uint8Array | DecodeCode {
  return readFixedHex(value, HASH_BYTES);
}

function readProof(value: unknown): Uint8Array | DecodeCode {
  return readFixedHex(value, PROOF_BYTES);
}

function readFixedHex(value: unknown, length: number): Uint8Array | DecodeCode {
  if (typeof value !== 'string') return 'wrong-type';
  if (!/^[0-9a-fA-F]*$/.test(value)) return 'bad-hex';
  if (value.length !== 2 * length) return 'wrong-length';
  return readHex(value)!;
}

function refuse(code: DecodeCode): DecodeResult {
  return { ok: false, code };
}
