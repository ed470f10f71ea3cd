import { createHash, createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigintToBytes, bytesToHex, readHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import {
  ACCOUNT,
  accountOf,
  KEY_SEED_BYTES,
  keyPairOf,
  makeKeyPair,
  signText,
  verifyText,
} from '../../lib/ledger/account.ts';
import { anyText, bytes } from '../support/arbitraries.ts';

/** Curve arithmetic takes milliseconds. */
const FEW_RUNS = { numRuns: 20 };
/** The order of secp256k1's group. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const anyKeys = bytes(KEY_SEED_BYTES).map(makeKeyPair);

describe('an account', () => {
  it('is the SHA-1 of the compressed public key', () => {
    // The key 1 has the curve's generator as public key; its account is computed by another program.
    const keys = keyPairOf(bigintToBytes(1n, 32))!;
    expect(bytesToHex(keys.publicKey)).toBe(
      '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    );
    expect(keys.account).toBe('06fee92cc1229fefc61a3ed004254a23e6e10bcf');
    expect(accountOf(writeUtf8('abc'))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
  });

  it('has 40 hex digits, and comes back from its stored secret key', () => {
    fc.assert(
      fc.property(anyKeys, (keys) => {
        expect(keys.account).toMatch(ACCOUNT);
        expect(keys.account).toBe(createHash('sha1').update(keys.publicKey).digest('hex'));
        expect(keys.publicKey.length).toBe(33);
        expect(keyPairOf(keys.secretKey)).toEqual(keys);
      }),
      FEW_RUNS,
    );
  });

  it('needs exactly as much randomness as is said', () => {
    expect(() => makeKeyPair(new Uint8Array(KEY_SEED_BYTES - 1))).toThrow(RangeError);
    expect(() => makeKeyPair(new Uint8Array(KEY_SEED_BYTES + 1))).toThrow(RangeError);
    expect(makeKeyPair(new Uint8Array(KEY_SEED_BYTES)).account).toMatch(ACCOUNT);
    expect(makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(255)).account).toMatch(ACCOUNT);
  });

  it('is not made from bytes that are no secret key', () => {
    for (const length of [0, 31, 33, 64])
      expect(keyPairOf(new Uint8Array(length).fill(1))).toBeNull();
    expect(keyPairOf(bigintToBytes(0n, 32))).toBeNull();
    expect(keyPairOf(bigintToBytes(ORDER, 32))).toBeNull();
    expect(keyPairOf(bigintToBytes(ORDER - 1n, 32))).not.toBeNull();
  });
});

describe('a signature', () => {
  it('proves the text and the account, by the judgement of another library too', () => {
    fc.assert(
      fc.property(anyKeys, anyText, (keys, text) => {
        const signature = signText(text, keys);
        expect(signature.length).toBe(64);
        expect(verifyText(text, signature, keys.publicKey, keys.account)).toBe(true);
        expect(verifyByNode(text, signature, keys.publicKey)).toBe(true);
      }),
      FEW_RUNS,
    );
  });

  it('proves no other text, key or account', () => {
    fc.assert(
      fc.property(anyKeys, anyKeys, anyText, anyText, (keys, others, text, other) => {
        fc.pre(keys.account !== others.account && bytesOf(text) !== bytesOf(other));
        const signature = signText(text, keys);
        expect(verifyText(other, signature, keys.publicKey, keys.account)).toBe(false);
        expect(verifyText(text, signature, others.publicKey, others.account)).toBe(false);
        expect(verifyText(text, signature, others.publicKey, keys.account)).toBe(false);
        expect(verifyText(text, signature, keys.publicKey, others.account)).toBe(false);
      }),
      FEW_RUNS,
    );
  });

  it('is worth nothing once any byte of it is changed', () => {
    fc.assert(
      fc.property(anyKeys, fc.nat(63), fc.integer({ min: 1, max: 255 }), (keys, at, change) => {
        const signature = signText('text', keys);
        signature[at]! ^= change;
        expect(verifyText('text', signature, keys.publicKey, keys.account)).toBe(false);
      }),
      FEW_RUNS,
    );
  });

  it('is refused in its other form, so that there is one signature only', () => {
    fc.assert(
      fc.property(anyKeys, anyText, (keys, text) => {
        const signature = signText(text, keys);
        const s = BigInt(`0x${bytesToHex(signature.slice(32))}`);
        expect(s <= ORDER / 2n).toBe(true);
        const mirrored = new Uint8Array(signature);
        mirrored.set(bigintToBytes(ORDER - s, 32), 32);
        expect(verifyByNode(text, mirrored, keys.publicKey)).toBe(true);
        expect(verifyText(text, mirrored, keys.publicKey, keys.account)).toBe(false);
      }),
      FEW_RUNS,
    );
  });

  it('of any bytes, with a key of any bytes, is false and never an error', () => {
    const keys = makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(7));
    const signature = signText('text', keys);
    fc.assert(
      fc.property(bytes(0, 80), fc.oneof(bytes(33), bytes(0, 70)), (anySignature, publicKey) => {
        expect(verifyText('text', signature, publicKey, accountOf(publicKey))).toBe(false);
        expect(verifyText('text', anySignature, keys.publicKey, keys.account)).toBe(false);
      }),
    );
    for (const [r, s] of [
      [0n, 1n],
      [1n, 0n],
      [ORDER, 1n],
      [1n, ORDER],
    ] as const) {
      const edge = Uint8Array.from([...bigintToBytes(r, 32), ...bigintToBytes(s, 32)]);
      expect(verifyText('text', edge, keys.publicKey, keys.account)).toBe(false);
    }
  });

  it('of malformed keys is false: uncompressed, of wrong prefix, off the curve', () => {
    const keys = makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(7));
    const signature = signText('text', keys);
    const wrongPrefix = Uint8Array.from([4, ...keys.publicKey.slice(1)]);
    const offCurve = readHex(`02${'00'.repeat(31)}05`)!;
    const tooLarge = readHex(`02${'ff'.repeat(32)}`)!;
    const otherSign = Uint8Array.from([keys.publicKey[0]! ^ 1, ...keys.publicKey.slice(1)]);
    for (const key of [wrongPrefix, offCurve, tooLarge, otherSign, new Uint8Array(65).fill(4)])
      expect(verifyText('text', signature, key, accountOf(key))).toBe(false);
  });
});

/** ECDSA over SHA-256 as OpenSSL checks it, which takes both forms of a signature. */
function verifyByNode(text: string, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const prefix = readHex('3036301006072a8648ce3d020106052b8104000a032200')!;
  const key = createPublicKey({
    key: Buffer.from([...prefix, ...publicKey]),
    format: 'der',
    type: 'spki',
  });
  return verify('sha256', writeUtf8(text), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function bytesOf(text: string): string {
  return bytesToHex(writeUtf8(text));
}
