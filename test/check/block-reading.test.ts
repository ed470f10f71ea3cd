import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlock } from '../../lib/chain/block.ts';
import { bytesToHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import { blockToJson, decodeBlock, encodeBlock } from '../../lib/chain/codec.ts';
import { readBlock } from '../../lib/check/block-reading.ts';
import { listWrongHashes } from '../../lib/check/wrong-hashes.ts';
import { blockVectors } from '../support/block-vectors.ts';

const block = {
  data: writeUtf8('some data'),
  previousHash: Uint8Array.from({ length: 32 }, (_, i) => i + 160),
  proofOfWork: Uint8Array.of(0, 0, 0, 0, 171, 205, 18, 52),
};
const json = blockToJson(block);
const read = (fields: object) => readBlock(writeUtf8(JSON.stringify(fields)));

describe('the examiner’s reading of a datagram', () => {
  it('never throws, and finds fault with what a strict reader refuses, and with the other name alone', () => {
    const check = (bytes: Uint8Array) => {
      const strict = decodeBlock(bytes);
      const { mistakes, block: seen } = readBlock(bytes);
      const isWell = strict.ok && strict.field !== 'previous_hash';
      expect(mistakes.length === 0).toBe(isWell);
      if (strict.ok) expect(seen).toEqual(strict.block);
    };
    for (const { bytes } of blockVectors) check(bytes);
    check(writeUtf8('{"previous":[{"toString":""}]}'));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), check));
    const anyValue = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(json)));
    const names = ['data', 'previous', 'previous_hash', 'p_o_w'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), anyValue), (fields) =>
        check(writeUtf8(JSON.stringify(fields))),
      ),
    );
  });

  it.each([
    ['without padding', { ...json, data: 'YWI' }, /lacks its padding/, true],
    ['url-safe', { ...json, data: '_-A=' }, /url-safe/, true],
    ['a proof that is a number', { ...json, p_o_w: 0xabcd1234 }, /is a number/, true],
    ['hex with 0x', { ...json, p_o_w: `0x${json.p_o_w}` }, /begins with 0x/, true],
    ['hex without its zeros', { ...json, p_o_w: 'abcd1234' }, /8 hex digits instead of 16/, true],
    [
      'a hash in base64',
      { ...json, previous: Buffer.from(block.previousHash).toString('base64') },
      /base64 instead of hex/,
      true,
    ],
    [
      'another name',
      { ...json, previous: undefined, previous_hash: json.previous },
      /previous_hash/,
      true,
    ],
    ['no data', { ...json, data: undefined }, /`data` is missing/, false],
    ['data that is a list', { ...json, data: [1] }, /`data` is no string/, false],
    ['data in hex', { ...json, data: 'zz!' }, /not base64/, false],
    ['a short hash', { ...json, previous: 'zz' }, /not 32 bytes/, false],
  ])('names %s, and understands it where anyone can', (_, fields, words, isUnderstood) => {
    const { mistakes, block: seen } = read(fields);
    expect(mistakes.join()).toMatch(words);
    expect(seen !== null).toBe(isUnderstood);
  });

  it('remarks what is unusual and allowed', () => {
    const odd = { ...json, p_o_w: json.p_o_w.toUpperCase(), previous_hash: json.previous, time: 1 };
    const { mistakes, remarks } = read(odd);
    expect(mistakes).toEqual([]);
    expect(remarks.join(' ')).toMatch(/more fields.*time.*both names.*upper case/);
    expect(readBlock(encodeBlock(block)).remarks).toEqual([]);
  });
});

describe('the usual mistakes with a hash', () => {
  it('give hashes that differ from each other and from the right one, each with its name', () => {
    const wrong = listWrongHashes(block);
    expect(wrong.length).toBeGreaterThanOrEqual(15);
    const hashes = [bytesToHex(hashBlock(block)), ...wrong.map(({ hash }) => hash)];
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const { name, hash } of wrong)
      expect([name, hash]).toEqual([name, expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });
});
