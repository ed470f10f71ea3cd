/**
 * Bytes and the two texts that stand for them on the wire: lower-case hex and padded base64 (R2).
 */
import { base64 } from '@scure/base';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

export { bytesToHex } from '@noble/hashes/utils.js';

/** A SHA-256 block hash as 64 lower-case hex digits: the key by which every room names a block. */
export type HashHex = string;

const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of a hex text in either case, or null where it is no hex text. */
export function readHex(text: string): Uint8Array | null {
  return HEX.test(text) ? hexToBytes(text) : null;
}

/** The bytes of a padded standard base64 text, or null. Unused trailing bits must be zero. */
export function readBase64(text: string): Uint8Array | null {
  if (!BASE64.test(text)) return null;
  try {
    return base64.decode(text);
  } catch {
    return null;
  }
}

/** Padded standard base64. */
export function writeBase64(bytes: Uint8Array): string {
  return base64.encode(bytes);
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** The text of UTF-8 bytes, or null where the bytes are no valid UTF-8. A byte order mark stays in. */
export function readUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** The bytes of a text of ASCII characters only; for short texts much faster than {@link writeUtf8}. */
export function writeAscii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function writeUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** Orders byte strings of equal length as big-endian unsigned integers: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** A big-endian unsigned integer of any number of bytes. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt('0x' + bytesToHex(bytes));
}

/** The big-endian bytes of a value in [0, 2^(8·length)). */
export function bigintToBytes(value: bigint, length: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * length) !== 0n)
    throw new RangeError(`${value} does not fit into ${length} bytes`);
  return hexToBytes(value.toString(16).padStart(2 * length, '0'));
}
