/**
 * A peer's key pair on secp256k1, and the account that it makes: SHA-1 of the compressed public key (R11).
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, writeUtf8 } from '../chain/bytes.ts';

/** 40 lower-case hex digits; node id and account are the same thing. */
export type Account = string;

export const ACCOUNT = /^[0-9a-f]{40}$/;
export const PUBLIC_KEY_BYTES = 33;
export const SIGNATURE_BYTES = 64;
/** Randomness that a new key needs: 48 bytes, so that reducing it modulo the group order shows no bias. */
export const KEY_SEED_BYTES = 48;

export interface KeyPair {
  /** 32 bytes. Never leaves the peer. */
  readonly secretKey: Uint8Array;
  /** 33 bytes, compressed. */
  readonly publicKey: Uint8Array;
  readonly account: Account;
}

/** A key from {@link KEY_SEED_BYTES} random bytes. */
export function makeKeyPair(seed: Uint8Array): KeyPair {
  if (seed.length !== KEY_SEED_BYTES)
    throw new RangeError(`a key needs ${KEY_SEED_BYTES} random bytes`);
  return keyPairOf(secp256k1.utils.randomSecretKey(seed))!;
}

/** The pair of a stored secret key, or null where the bytes are no valid key. */
export function keyPairOf(secretKey: Uint8Array): KeyPair | null {
  if (!secp256k1.utils.isValidSecretKey(secretKey)) return null;
  const publicKey = secp256k1.getPublicKey(secretKey, true);
  return { secretKey, publicKey, account: accountOf(publicKey) };
}

/** The account of a compressed public key. */
export function accountOf(publicKey: Uint8Array): Account {
  return bytesToHex(sha1(publicKey));
}

/**
 * The secret that two accounts share, each computing it from its own secret key and the other's public key: the point of
 * Diffie and Hellman on secp256k1, compressed, 33 bytes. No key as it is: derive one from it for each purpose. Takes
 * some 2 ms. Null where the public key is none.
 */
export function sharedSecret(own: KeyPair, publicKey: Uint8Array): Uint8Array | null {
  try {
    return secp256k1.getSharedSecret(own.secretKey, publicKey, true);
  } catch {
    return null;
  }
}

/** ECDSA over SHA-256 of the text, low-S, 64 bytes. The text must name its purpose, so that no signature serves two. */
export function signText(text: string, keys: KeyPair): Uint8Array {
  return secp256k1.sign(writeUtf8(text), keys.secretKey, { lowS: true });
}

/** Whether the key of this account signed this text. False for anything malformed. */
export function verifyText(
  text: string,
  signature: Uint8Array,
  publicKey: Uint8Array,
  account: Account,
): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  if (accountOf(publicKey) !== account) return false;
  try {
    return secp256k1.verify(signature, writeUtf8(text), publicKey, { lowS: true });
  } catch {
    return false;
  }
}
