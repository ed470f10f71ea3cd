/** The accept and reject cases of test/vectors/blocks.json, which every reader of blocks is tested with (R2, R4). */
import { readFileSync } from 'node:fs';
import type { PreviousField } from '../../lib/chain/codec.ts';
import type { DecodeCode } from '../../lib/chain/codes.ts';
import { readHex, writeUtf8 } from '../../lib/chain/bytes.ts';

interface BlockFields {
  /** All four in lower-case hex. */
  readonly data: string;
  readonly previousHash: string;
  readonly proofOfWork: string;
  readonly hash: string;
  readonly field: PreviousField;
}

export interface BlockVector {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly expected:
    | { readonly ok: true; readonly fields: BlockFields }
    | { readonly ok: false; readonly code: DecodeCode };
}

interface StoredVector {
  readonly name: string;
  readonly text?: string;
  readonly hex?: string;
  readonly block?: BlockFields;
  readonly refusal?: DecodeCode;
}

const file = new URL('../vectors/blocks.json', import.meta.url);
const stored = (JSON.parse(readFileSync(file, 'utf8')) as { cases: StoredVector[] }).cases;

export const blockVectors: readonly BlockVector[] = stored.map(
  ({ name, text, hex, block, refusal }) => ({
    name,
    bytes: text === undefined ? readHex(hex!)! : writeUtf8(text),
    expected: block === undefined ? { ok: false, code: refusal! } : { ok: true, fields: block },
  }),
);
