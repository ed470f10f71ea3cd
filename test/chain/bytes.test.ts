import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  compareBytes,
  concatBytes,
  equalBytes,
  readBase64,
  readHex,
  readUtf8,
  writeBase64,
  writeUtf8,
} from '../../lib/chain/bytes.ts';
import { anyText, bytes } from '../support/arbitraries.ts';

describe('bytes and their texts', () => {
  it('come back from hex in either case, and from base64', () => {
    fc.assert(
      fc.property(bytes(0, 100), (value) => {
        expect(readHex(bytesToHex(value))).toEqual(value);
        expect(readHex(bytesToHex(value).toUpperCase())).toEqual(value);
        expect(readBase64(writeBase64(value))).toEqual(value);
        expect(writeBase64(value)).toBe(Buffer.from(value).toString('base64'));
      }),
    );
  });

  it('are read from exactly one base64 text: whatever is read is written the same', () => {
    const nearlyBase64 = fc.string({ unit: fc.constantFrom(...'AQgw/+-_= \n'), maxLength: 12 });
    fc.assert(
      fc.property(nearlyBase64, (text) => {
        const value = readBase64(text);
        if (value !== null) expect(writeBase64(value)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('are read from hex only where every character is a digit', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const value = readHex(text);
        if (value !== null) expect(bytesToHex(value)).toBe(text.toLowerCase());
      }),
    );
    expect(readHex('0')).toBeNull();
    expect(readHex('0g')).toBeNull();
    expect(readHex('00\n')).toBeNull();
  });

  it('are read from UTF-8 as Node reads it, or not at all', () => {
    fc.assert(
      fc.property(bytes(0, 20), (value) => {
        const text = readUtf8(value);
        if (text !== null) expect(writeUtf8(text)).toEqual(value);
        else expect(Buffer.from(value).toString('utf8')).toContain('\ufffd');
      }),
      { numRuns: 500 },
    );
    expect(readUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });
});

describe('bytes as numbers', () => {
  it('come back from big integers', () => {
    fc.assert(
      fc.property(bytes(1, 40), (value) => {
        expect(bigintToBytes(bytesToBigint(value), value.length)).toEqual(value);
      }),
    );
  });

  it('are ordered as the numbers are', () => {
    const pair = fc
      .nat(34)
      .chain((length) => fc.tuple(fc.constant(length), bytes(length), bytes(length)));
    fc.assert(
      fc.property(pair, fc.nat(34), ([length, a, free], shared) => {
        const b = concatBytes(a.slice(0, shared), free.slice(Math.min(shared, length)));
        const difference = bytesToBigint(a) - bytesToBigint(b);
        expect(Math.sign(compareBytes(a, b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
        expect(equalBytes(a, b)).toBe(difference === 0n);
      }),
    );
  });

  it('are refused where they do not fit', () => {
    expect(() => bigintToBytes(256n, 1)).toThrow(RangeError);
    expect(() => bigintToBytes(-1n, 1)).toThrow(RangeError);
  });
});
