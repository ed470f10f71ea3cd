import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES, hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { bytesToHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import {
  blockFromJson,
  blockToJson,
  decodeBlock,
  encodeBlock,
  ENCODED_BLOCK_LIMIT_BYTES,
  type PreviousField,
} from '../../lib/chain/codec.ts';
import { DECODE_CODES } from '../../lib/chain/codes.ts';
import { anyBlock, anyText, bytes } from '../support/arbitraries.ts';
import { blockVectors } from '../support/block-vectors.ts';

const anyField = fc.constantFrom<PreviousField>('previous', 'previous_hash', 'both');

describe('the encoding of blocks', () => {
  it('gives back every block in every style of its field names', () => {
    fc.assert(
      fc.property(anyBlock, anyField, (block, field) => {
        expect(decodeBlock(encodeBlock(block, field))).toEqual({ ok: true, block, field });
        expect(blockFromJson(blockToJson(block, field))).toEqual({ ok: true, block, field });
      }),
    );
  });

  it('emits exactly three fields in lower-case hex and padded base64, without white space', () => {
    const block: Block = {
      data: writeUtf8('hello'),
      previousHash: new Uint8Array(32).fill(0xab),
      proofOfWork: new Uint8Array(8).fill(0xcd),
    };
    const hash = 'ab'.repeat(32);
    const proof = 'cd'.repeat(8);
    const textOf = (field?: PreviousField) => new TextDecoder().decode(encodeBlock(block, field));
    expect(textOf()).toBe(`{"data":"aGVsbG8=","previous":"${hash}","p_o_w":"${proof}"}`);
    expect(textOf('previous_hash')).toBe(
      `{"data":"aGVsbG8=","previous_hash":"${hash}","p_o_w":"${proof}"}`,
    );
    expect(textOf('both')).toBe(
      `{"data":"aGVsbG8=","previous":"${hash}","previous_hash":"${hash}","p_o_w":"${proof}"}`,
    );
  });

  it('keeps the largest block below 5,600 bytes', () => {
    const block = {
      data: new Uint8Array(DATA_LIMIT_BYTES).fill(255),
      previousHash: new Uint8Array(32),
      proofOfWork: new Uint8Array(8),
    };
    expect(encodeBlock(block).length).toBeLessThan(5600);
    expect(decodeBlock(encodeBlock(block, 'both'))).toMatchObject({ ok: true, block });
  });
});

describe('reading a block', () => {
  it.each(blockVectors.filter(({ expected }) => expected.ok))('accepts: $name', (vector) => {
    const result = decodeBlock(vector.bytes);
    expect(result).toMatchObject({ ok: true });
    if (!result.ok || !vector.expected.ok) return;
    const { data, previousHash, proofOfWork } = result.block;
    expect({
      data: bytesToHex(data),
      previousHash: bytesToHex(previousHash),
      proofOfWork: bytesToHex(proofOfWork),
      hash: hashBlockHex(result.block),
      field: result.field,
    }).toEqual(vector.expected.fields);
  });

  it.each(blockVectors.filter(({ expected }) => !expected.ok))('refuses: $name', (vector) => {
    expect(decodeBlock(vector.bytes)).toEqual(vector.expected);
  });

  it('has a case for every code but the size limit, which would fill the file', () => {
    const codes = blockVectors.flatMap(({ expected }) => (expected.ok ? [] : [expected.code]));
    expect(new Set([...codes, 'too-large'])).toEqual(new Set(Object.keys(DECODE_CODES)));
  });

  it('takes as many bytes as a datagram can hold, and refuses one more unread', () => {
    const block = encodeBlock({
      data: new Uint8Array(3),
      previousHash: new Uint8Array(32),
      proofOfWork: new Uint8Array(8),
    });
    const padded = (length: number) => {
      const datagram = new Uint8Array(length).fill(0x20);
      datagram.set(block);
      return datagram;
    };
    expect(decodeBlock(padded(ENCODED_BLOCK_LIMIT_BYTES))).toMatchObject({ ok: true });
    expect(decodeBlock(padded(ENCODED_BLOCK_LIMIT_BYTES + 1))).toEqual({
      ok: false,
      code: 'too-large',
    });
  });

  it('answers any bytes with a block or a documented code', () => {
    fc.assert(fc.property(bytes(0, 400), expectAnswer), { numRuns: 300 });
    fc.assert(
      fc.property(anyText, (text) => expectAnswer(writeUtf8(text))),
      { numRuns: 300 },
    );
  });

  it('answers any JSON value with a block or a documented code', () => {
    fc.assert(
      fc.property(fc.json(), (text) => expectAnswer(writeUtf8(text))),
      { numRuns: 300 },
    );
    const someField = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.constantFrom('', 'QQ==', '00'.repeat(8), '00'.repeat(32)),
    );
    const nearlyBlock = fc.record(
      { data: someField, previous: someField, previous_hash: someField, p_o_w: someField },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(nearlyBlock, (value) => expectAnswer(writeUtf8(JSON.stringify(value)))),
      { numRuns: 500 },
    );
  });

  it('answers a damaged block with a block or a documented code', () => {
    const damage = fc.array(
      fc.record({ at: fc.nat(), kind: fc.constantFrom('set', 'cut', 'insert'), byte: fc.nat(255) }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(anyBlock, anyField, damage, (block, field, changes) => {
        let datagram = [...encodeBlock(block, field)];
        for (const { at, kind, byte } of changes) {
          const place = at % (datagram.length + 1);
          if (kind === 'set') datagram[place] = byte;
          else if (kind === 'cut') datagram = datagram.slice(0, place);
          else datagram.splice(place, 0, byte);
        }
        expectAnswer(Uint8Array.from(datagram));
      }),
      { numRuns: 500 },
    );
  });

  it("reads Python's json.dumps, with its spaces and any order of fields", () => {
    fc.assert(
      fc.property(
        anyBlock,
        anyField,
        fc.infiniteStream(fc.nat()),
        fc.jsonValue(),
        (block, field, order, extra) => {
          const members = Object.entries({ ...blockToJson(block, field), extra })
            .map(([key, value]) => ({ place: order.next().value, key, value: value as unknown }))
            .sort((a, b) => a.place - b.place)
            .map(({ key, value }) => `"${key}": ${JSON.stringify(value)}`);
          const text = `{${members.join(', ')}}`;
          expect(decodeBlock(writeUtf8(text))).toEqual({ ok: true, block, field });
        },
      ),
    );
  });

  it('reads a hundred datagrams full of repeated and extra fields as quickly as others', () => {
    // If any field were read again for each of the others, this would outlast the time limit of a test.
    const previous = '00'.repeat(32);
    const proof = '00'.repeat(8);
    const repeatedData = Array.from({ length: 3000 }, () => '"data":""');
    const extras = Array.from({ length: 3500 }, (_, i) => `"a${i}":0`);
    const repeatedProof = Array.from({ length: 2000 }, () => `"p_o_w":"${proof}"`);
    const datagrams = [
      `{"previous":"${previous}","p_o_w":"${proof}",${repeatedData.join()},${extras.join()}}`,
      `{"data":"${'A'.repeat(5460)}","previous":"${previous}",${repeatedProof.join()}}`,
    ].map(writeUtf8);
    for (let i = 0; i < 50; i++)
      for (const datagram of datagrams) expect(decodeBlock(datagram)).toMatchObject({ ok: true });
  });

  it('refuses every pair of names that disagree, and takes every pair that agrees', () => {
    const oneOf = fc.constantFrom('previous', 'previous_hash');
    fc.assert(
      fc.property(anyBlock, oneOf, oneOf, bytes(32), fc.boolean(), (block, a, b, other, agree) => {
        fc.pre(bytesToHex(other) !== bytesToHex(block.previousHash));
        const { data, previous, p_o_w } = blockToJson(block);
        const second = agree ? previous!.toUpperCase() : bytesToHex(other);
        const text = `{"${a}":"${previous}","data":"${data}","${b}":"${second}","p_o_w":"${p_o_w}"}`;
        const result = decodeBlock(writeUtf8(text));
        if (agree) expect(result).toMatchObject({ ok: true, block });
        else expect(result).toEqual({ ok: false, code: 'duplicate-key' });
      }),
    );
  });
});

function expectAnswer(datagram: Uint8Array): void {
  const result = decodeBlock(datagram);
  if (result.ok) {
    expect(result.block.data.length).toBeLessThanOrEqual(DATA_LIMIT_BYTES);
    expect(result.block.previousHash.length).toBe(32);
    expect(result.block.proofOfWork.length).toBe(8);
  } else expect(DECODE_CODES).toHaveProperty(result.code);
}
