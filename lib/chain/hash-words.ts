/**
 * A hash as eight signed 32-bit words, most significant first: what the index stores and compares instead of text.
 */
import { HASH_BYTES } from './block.ts';
import type { HashHex } from './bytes.ts';

export const HASH_WORDS = 8;

/** Reads the words of a hash of 32 bytes into `words`. */
export function readHashBytes(bytes: Uint8Array, words: Int32Array): void {
  for (let i = 0, at = 0; i < HASH_WORDS; i++, at += 4)
    words[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Reads the words of 64 lower-case hex digits into `words`; false where the text is anything else. */
export function readHashHex(hex: HashHex, words: Int32Array): boolean {
  if (hex.length !== 2 * HASH_BYTES) return false;
  for (let i = 0; i < HASH_WORDS; i++) {
    let word = 0;
    for (let at = 8 * i; at < 8 * i + 8; at++) {
      const digit = digitOf(hex.charCodeAt(at));
      if (digit < 0) return false;
      word = (word << 4) | digit;
    }
    words[i] = word;
  }
  return true;
}

/** The 32 bytes of eight words. */
export function writeHashBytes(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES);
  for (let i = 0, at = 0; i < HASH_WORDS; i++) {
    const word = words[i]!;
    bytes[at++] = word >>> 24;
    bytes[at++] = word >>> 16;
    bytes[at++] = word >>> 8;
    bytes[at++] = word;
  }
  return bytes;
}

/** The value of a lower-case hex digit's character code, or -1. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}
