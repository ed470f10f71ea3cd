/**
 * Datagrams that are no blocks, as they come from broken and from hostile miners (R2, R9).
 */
import { writeBase64, writeUtf8, concatBytes } from '../chain/bytes.ts';
import { blockToJson } from '../chain/codec.ts';
import type { OwnBlock } from './material.ts';

export interface BadDatagram {
  readonly name: string;
  /** Made of a valid block, so that one mistake is all that is wrong. */
  bytes(valid: OwnBlock): Uint8Array;
}

/** Under what programs take as the depth of a JSON text, and far above what they survive. */
const NESTING_DEPTH = 30_000;
const LARGE_BYTES = 60_000;

const text = (name: string, write: (valid: OwnBlock) => string): BadDatagram => ({
  name,
  bytes: (valid) => writeUtf8(write(valid)),
});
const json = (name: string, change: (fields: Record<string, unknown>) => void): BadDatagram =>
  text(name, (valid) => {
    const fields: Record<string, unknown> = { ...blockToJson(valid, 'both') };
    change(fields);
    return JSON.stringify(fields);
  });
const setPrevious = (fields: Record<string, unknown>, value: unknown) => {
  fields['previous'] = value;
  fields['previous_hash'] = value;
};

export const BAD_DATAGRAMS: readonly BadDatagram[] = [
  text('an empty datagram', () => ''),
  { name: 'bytes that are no UTF-8', bytes: () => Uint8Array.of(0xff, 0xfe, 0x7b, 0xc0, 0x80) },
  text('text that is no JSON', () => 'hello, miner'),
  text('JSON that breaks off', (valid) => JSON.stringify(blockToJson(valid)).slice(0, -20)),
  text('JSON that is no object', () => '[1, 2, 3]'),
  text('JSON that is a number', () => '42'),
  json('a block without data', (fields) => delete fields['data']),
  json('a block without previous', (fields) => {
    delete fields['previous'];
    delete fields['previous_hash'];
  }),
  json('a block without p_o_w', (fields) => delete fields['p_o_w']),
  json('fields that are numbers', (fields) => {
    setPrevious(fields, 7);
    fields['p_o_w'] = 7;
  }),
  json('fields that are null', (fields) => {
    fields['data'] = null;
    setPrevious(fields, null);
  }),
  json('a previous that is no hex', (fields) => setPrevious(fields, 'z'.repeat(64))),
  json('a previous of 31 bytes', (fields) => setPrevious(fields, '00'.repeat(31))),
  json('a p_o_w of 7 bytes', (fields) => (fields['p_o_w'] = '00'.repeat(7))),
  json('data that are no base64', (fields) => (fields['data'] = '%%%')),
  json('data of 40,000 bytes', (fields) => {
    fields['data'] = writeBase64(new Uint8Array(40_000));
  }),
  text('very deep JSON', () => '['.repeat(NESTING_DEPTH)),
  { name: 'a large datagram of noise', bytes: () => noise() },
];

/** The same for each examination. */
function noise(): Uint8Array {
  const head = writeUtf8('{"data": "');
  const rest = new Uint8Array(LARGE_BYTES);
  for (let i = 0; i < rest.length; i++) rest[i] = (i * 167 + (i >> 7) * 13) & 0xff;
  return concatBytes(head, rest);
}
