import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countZeroBits, readDataText, writeHexRows } from '../../../app/look/data-text.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a block's data", () => {
  it('shows no character that could hide or turn others', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = readDataText(bytes(text));
        if (shown.kind !== 'text') return;
        expect(shown.text.replace(/[\n\t]/g, '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it('shows plain text as it is, and escapes what cannot be seen', () => {
    expect(readDataText(bytes('Grüße 👋\n'))).toEqual({ kind: 'text', text: 'Grüße 👋\n' });
    expect(readDataText(bytes('a\u202eb\u0000'))).toEqual({
      kind: 'text',
      text: 'a\\u{202e}b\\u{0}',
    });
  });

  it('says when there is nothing, or no text', () => {
    expect(readDataText(new Uint8Array())).toEqual({ kind: 'empty' });
    expect(readDataText(Uint8Array.of(0xff, 0xfe))).toEqual({ kind: 'binary' });
  });

  it('is complete as hex', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
        const hex = writeHexRows(data)
          .map((row) => row.bytes)
          .join(' ');
        expect(hex.split(' ').filter(Boolean)).toEqual(
          [...data].map((byte) => byte.toString(16).padStart(2, '0')),
        );
      }),
    );
    expect(writeHexRows(new Uint8Array(17))[1]).toEqual({ offset: '0010', bytes: '00' });
  });
});

describe('zero bits of a hash', () => {
  it.each([
    ['000006d1', 21],
    ['8000', 0],
    ['01', 7],
    ['0000', 16],
  ])('%s has %d', (hex, bits) => expect(countZeroBits(hex)).toBe(bits));
});
