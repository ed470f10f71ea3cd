/**
 * Reads what an examined miner sends: strictly for the verdict, and then as well as it can be guessed, so that one
 * mistake in the encoding does not hide all others (R2).
 */
import { HASH_BYTES, PROOF_BYTES, type Block } from '../chain/block.ts';
import { readBase64, readHex, readUtf8 } from '../chain/bytes.ts';
import { decodeBlock } from '../chain/codec.ts';
import { DECODE_CODES } from '../chain/codes.ts';

export interface BlockReading {
  /** What the datagram means; null where nobody can guess. */
  readonly block: Block | null;
  /** What forbids other miners to read it, as ends of the sentence "in its datagrams …". */
  readonly mistakes: readonly string[];
  /** What is unusual, but read by everyone. */
  readonly remarks: readonly string[];
}

const FIELDS = new Set(['data', 'previous', 'previous_hash', 'p_o_w']);

export function readBlock(bytes: Uint8Array): BlockReading {
  const strict = decodeBlock(bytes);
  const fields = readFields(bytes);
  if (strict.ok)
    return {
      block: strict.block,
      mistakes: strict.field === 'previous_hash' ? [PREVIOUS_NAME] : [],
      remarks: fields === null ? [] : listOddities(fields),
    };
  if (fields === null) return { block: null, mistakes: [DECODE_CODES[strict.code]], remarks: [] };
  const mistakes: string[] = [];
  const data = guessData(fields['data'], mistakes);
  if (fields['previous'] === undefined && fields['previous_hash'] !== undefined)
    mistakes.push(PREVIOUS_NAME);
  const previousHash = guessFixed(
    'previous',
    fields['previous'] ?? fields['previous_hash'],
    HASH_BYTES,
    mistakes,
  );
  const proofOfWork = guessProof(fields['p_o_w'], bytes, mistakes);
  const isWhole = data !== null && previousHash !== null && proofOfWork !== null;
  if (mistakes.length === 0) mistakes.push(DECODE_CODES[strict.code]);
  return {
    block: isWhole ? { data, previousHash, proofOfWork } : null,
    mistakes,
    remarks: listOddities(fields),
  };
}

const PREVIOUS_NAME =
  'the hash of the block before is called `previous_hash`: its name on the wire is `previous`';

function readFields(bytes: Uint8Array): Record<string, unknown> | null {
  const text = readUtf8(bytes);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function listOddities(fields: Record<string, unknown>): string[] {
  const remarks: string[] = [];
  const extra = Object.keys(fields).filter((name) => !FIELDS.has(name));
  if (extra.length > 0) remarks.push(`It sends more fields than the three: ${extra.join(', ')}.`);
  if (fields['previous'] !== undefined && fields['previous_hash'] !== undefined)
    remarks.push('It writes the hash of the block before under both names.');
  // Other values have no text that could be asked for safely.
  const hex = [fields['previous'], fields['p_o_w']].filter((value) => typeof value === 'string');
  if (/[A-F]/.test(hex.join(''))) remarks.push('It writes hex in upper case.');
  return remarks;
}

function guessData(value: unknown, mistakes: string[]): Uint8Array | null {
  if (value === undefined) return miss('data', mistakes);
  if (typeof value !== 'string') {
    mistakes.push('`data` is no string');
    return null;
  }
  const plain = value.replace(/[\r\n]/g, '');
  const strict = readBase64(plain);
  if (strict !== null) return strict;
  const standard = plain.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  const read = readBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
  if (read === null) mistakes.push('`data` is not base64');
  else if (/[-_]/.test(plain)) mistakes.push('`data` is url-safe base64 instead of the standard');
  else mistakes.push('the base64 of `data` lacks its padding (=)');
  return read;
}

function guessFixed(
  name: string,
  value: unknown,
  length: number,
  mistakes: string[],
): Uint8Array | null {
  if (value === undefined) return miss(name, mistakes);
  if (typeof value !== 'string') {
    mistakes.push(`\`${name}\` is no string of hexadecimal digits`);
    return null;
  }
  const bare = value.replace(/^0x/i, '');
  const hex = readHex(bare.padStart(2 * length, '0'));
  if (hex?.length === length) {
    if (bare !== value) mistakes.push(`\`${name}\` begins with 0x`);
    else if (bare.length < 2 * length)
      mistakes.push(`\`${name}\` has ${bare.length} hex digits instead of ${2 * length}`);
    return hex;
  }
  const base64 = readBase64(value);
  if (base64?.length === length) {
    mistakes.push(`\`${name}\` is base64 instead of hexadecimal`);
    return base64;
  }
  mistakes.push(`\`${name}\` is not ${length} bytes in hexadecimal`);
  return null;
}

function guessProof(value: unknown, bytes: Uint8Array, mistakes: string[]): Uint8Array | null {
  if (typeof value !== 'number') return guessFixed('p_o_w', value, PROOF_BYTES, mistakes);
  mistakes.push('`p_o_w` is a number instead of a string of hexadecimal digits');
  // A parsed number has 53 bits only; its digits have all.
  const digits = /"p_o_w"\s*:\s*(\d+)/.exec(readUtf8(bytes) ?? '')?.[1];
  const hex = digits === undefined ? '' : BigInt(digits).toString(16);
  return hex.length > 2 * PROOF_BYTES ? null : readHex(hex.padStart(2 * PROOF_BYTES, '0'));
}

function miss(name: string, mistakes: string[]): null {
  mistakes.push(`the field \`${name}\` is missing`);
  return null;
}
