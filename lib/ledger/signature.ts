/**
 * Recoverable signatures of 32-byte digests (R11): they tell the public key, so that none has to be sent.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { base64urlnopad } from '@scure/base';
import { bigintToBytes, compareBytes } from '../chain/bytes.ts';
import { accountOf, SIGNATURE_BYTES, type Account, type KeyPair } from './account.ts';

/** A recovery byte, then r and s. */
const RECOVERABLE_BYTES = 1 + SIGNATURE_BYTES;
const S_OFFSET = 33;

/** 65 bytes in base64url without padding: the last of 87 characters has two unused bits, which must be zero. */
const SIGNATURE_TEXT = /^[A-Za-z0-9_-]{86}[AEIMQUYcgkosw048]$/;

/** Of the two forms of a signature only the one with the lower s counts, so that nobody else can make a second one. */
const HIGHEST_S = bigintToBytes(secp256k1.Point.Fn.ORDER / 2n, 32);

/** ECDSA over the digest itself, low-S, deterministic (RFC 6979), as text of 87 characters. */
export function signDigest(digest: Uint8Array, { secretKey }: KeyPair): string {
  const options = { prehash: false, lowS: true, format: 'recovered' } as const;
  return base64urlnopad.encode(secp256k1.sign(digest, secretKey, options));
}

/** Whether a value is a signature by its form: length, alphabet, recovery byte 0 or 1, low s. */
export function isSignatureText(value: unknown): value is string {
  if (typeof value !== 'string' || !SIGNATURE_TEXT.test(value)) return false;
  const bytes = base64urlnopad.decode(value);
  // Recovery bytes 2 and 3 stand for an r that no honest signer meets in the age of the universe.
  if (bytes.length !== RECOVERABLE_BYTES || bytes[0]! > 1) return false;
  return compareBytes(bytes.subarray(S_OFFSET), HIGHEST_S) <= 0;
}

/**
 * The account whose key made this signature of this digest; null where no key did. About 1.5 ms, the dearest thing
 * that anybody's input can make us do.
 */
export function recoverSigner(digest: Uint8Array, signature: string): Account | null {
  try {
    const bytes = base64urlnopad.decode(signature);
    return accountOf(secp256k1.recoverPublicKey(bytes, digest, { prehash: false }));
  } catch {
    return null;
  }
}
