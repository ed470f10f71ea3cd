/**
 * A block's data as a person can look at it: as text in which nothing hides, and as hex.
 */
import { bytesToHex, readUtf8 } from '../../lib/chain/bytes.ts';

export type DataText =
  | { readonly kind: 'empty' }
  /** Control and direction characters are written as escapes, so that the text shows what it holds. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary' };

const HEX_ROW_BYTES = 16;

export function readDataText(data: Uint8Array): DataText {
  if (data.length === 0) return { kind: 'empty' };
  const text = readUtf8(data);
  if (text === null) return { kind: 'binary' };
  return { kind: 'text', text: text.replace(/[^\P{C}\n\t]|\p{Zl}|\p{Zp}/gu, escapeCharacter) };
}

/** Rows of sixteen bytes, each with the offset of its first: `0010  de ad be ef`. */
export function writeHexRows(data: Uint8Array): readonly { offset: string; bytes: string }[] {
  const rows = [];
  for (let offset = 0; offset < data.length; offset += HEX_ROW_BYTES)
    rows.push({
      offset: offset.toString(16).padStart(4, '0'),
      bytes: bytesToHex(data.subarray(offset, offset + HEX_ROW_BYTES)).replace(/..(?!$)/g, '$& '),
    });
  return rows;
}

/** How many bits of a hash, from its first, are zero. */
export function countZeroBits(hashHex: string): number {
  const zeros = /^0*/.exec(hashHex)![0].length;
  if (zeros === hashHex.length) return zeros * 4;
  return zeros * 4 + Math.clz32(parseInt(hashHex[zeros]!, 16)) - 28;
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
