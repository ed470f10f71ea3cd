/**
 * An account as a text file, to be saved and loaded elsewhere (R28): its secret key with a warning for whoever opens it.
 */
import { bytesToHex, readHex } from '../chain/bytes.ts';
import { keyPairOf, type KeyPair } from './account.ts';

/** A file of ours is under 1 kB; editors and mail programs may add to it. */
export const ACCOUNT_FILE_LIMIT_CHARS = 16 * 1024;

const KEY_LINE = /^secret key:[ \t]*([0-9a-f]{64})[ \t]*$/im;
const ACCOUNT_LINE = /^account:[ \t]*([0-9a-f]{40})[ \t]*$/im;

export type AccountFileOutcome =
  { readonly ok: true; readonly keys: KeyPair } | { readonly ok: false; readonly message: string };

/** The text of an account's file. */
export function writeAccountFile({ account, secretKey }: KeyPair): string {
  return `Tabchain account. Keep this file to yourself: whoever has the secret key owns the account.

account: ${account}
secret key: ${bytesToHex(secretKey)}
`;
}

/** Reads the file back; of any other text it says what is wrong, and it never repeats a key. */
export function readAccountFile(text: string): AccountFileOutcome {
  if (text.length > ACCOUNT_FILE_LIMIT_CHARS)
    return refuse('This file is too long to be a Tabchain account.');
  const keyText = KEY_LINE.exec(text)?.[1];
  const account = ACCOUNT_LINE.exec(text)?.[1]?.toLowerCase();
  if (keyText === undefined || account === undefined)
    return refuse(
      'This file is no Tabchain account: it needs a line "account: …" and a line "secret key: …".',
    );
  const secretKey = readHex(keyText.toLowerCase());
  const keys = secretKey === null ? null : keyPairOf(secretKey);
  if (keys === null) return refuse('The secret key in this file is no key that can be used.');
  if (keys.account !== account)
    return refuse('This file is damaged: its secret key does not belong to its account.');
  return { ok: true, keys };
}

function refuse(message: string): AccountFileOutcome {
  return { ok: false, message };
}
