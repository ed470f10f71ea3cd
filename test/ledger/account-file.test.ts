import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../lib/chain/bytes.ts';
import { KEY_SEED_BYTES, makeKeyPair } from '../../lib/ledger/account.ts';
import {
  ACCOUNT_FILE_LIMIT_CHARS,
  readAccountFile,
  writeAccountFile,
} from '../../lib/ledger/account-file.ts';

const keyPair = fc
  .uint8Array({ minLength: KEY_SEED_BYTES, maxLength: KEY_SEED_BYTES })
  .map((seed) => makeKeyPair(seed));

describe('the file of an account', () => {
  it('gives back the account, also with other line breaks and text around it', () => {
    fc.assert(
      fc.property(keyPair, fc.boolean(), (keys, foreign) => {
        const text = writeAccountFile(keys);
        const changed = foreign ? `\uFEFF${text.replaceAll('\n', '\r\n')}sent by mail` : text;
        expect(readAccountFile(changed)).toEqual({ ok: true, keys });
      }),
      { numRuns: 20 },
    );
  });

  it('is refused where any digit was changed, and the sentence never tells the key', () => {
    fc.assert(
      fc.property(keyPair, fc.nat(63), (keys, at) => {
        const secret = bytesToHex(keys.secretKey);
        const digit = secret[at] === '0' ? '1' : '0';
        const wrong = secret.slice(0, at) + digit + secret.slice(at + 1);
        const outcome = readAccountFile(writeAccountFile(keys).replace(secret, wrong));
        expect(outcome.ok).toBe(false);
        expect(JSON.stringify(outcome)).not.toContain(wrong);
      }),
      { numRuns: 20 },
    );
  });

  it('warns whoever opens it', () => {
    expect(writeAccountFile(makeKeyPair(new Uint8Array(KEY_SEED_BYTES)))).toContain(
      'Keep this file to yourself',
    );
  });

  it('is told from any other text by a sentence', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readAccountFile(text).ok).toBe(false);
      }),
    );
    const zero = `account: ${'0'.repeat(40)}\nsecret key: ${'0'.repeat(64)}\n`;
    expect(readAccountFile(zero)).toMatchObject({ message: expect.stringContaining('no key') });
    const long = ' '.repeat(ACCOUNT_FILE_LIMIT_CHARS + 1);
    expect(readAccountFile(long)).toMatchObject({ message: expect.stringContaining('too long') });
  });
});
