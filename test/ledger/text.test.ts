import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cleanName,
  cleanNote,
  cleanText,
  NAME_LIMIT_CHARS,
  NOTE_LIMIT_CHARS,
} from '../../lib/ledger/text.ts';
import { anyText } from '../support/arbitraries.ts';

/** Text in which what must not be shown is frequent. */
const hostileText = fc
  .array(
    fc.oneof(
      anyText,
      fc.constantFrom(
        ...[' ', '\t', '\n', '\u2028', '\u3000', '\ufeff', '\u00a0', '\u0085'],
        ...['\u202e', '\u2066', '\u200f', '\u200b', '\u200d', '\u2060', '\u00ad', '\u061c'],
        ...['\u0000', '\u001b[31m', '\u007f', '\ue000', '\u{e0041}', '\u{10ffff}', '\u0378'],
        ...['\u0301', '\u0489', '\u20dd', '\u{1d165}', '\ufe0f', '\u034f', '\u3164', '\u2800'],
        ...['\ud800', '\udc00', '😀', 'e', 'ä', 'ह', 'ि'],
      ),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const anyLimit = fc.integer({ min: 1, max: 40 });

describe('a text that others wrote', () => {
  it('is cleaned once and for all: cleaning it again changes nothing', () => {
    fc.assert(
      fc.property(hostileText, anyLimit, (text, limit) => {
        const cleaned = cleanText(text, limit);
        expect(cleanText(cleaned, limit)).toBe(cleaned);
      }),
      { numRuns: 1000 },
    );
  });

  it('is no longer than its limit in code points, and cut between them', () => {
    fc.assert(
      fc.property(hostileText, anyLimit, (text, limit) => {
        const cleaned = cleanText(text, limit);
        expect([...cleaned].length).toBeLessThanOrEqual(limit);
        expect(cleaned).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 500 },
    );
    expect(cleanName('😀'.repeat(100))).toBe('😀'.repeat(NAME_LIMIT_CHARS));
    expect(cleanNote('x'.repeat(1_000_000))).toBe('x'.repeat(NOTE_LIMIT_CHARS));
  });

  it('holds no character that hides, moves or turns what stands around it', () => {
    fc.assert(
      fc.property(hostileText, anyLimit, (text, limit) => {
        const cleaned = cleanText(text, limit);
        expect(cleaned).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
        expect(cleaned).not.toMatch(/^\s|\s$|[^\S ]|\s\s/u);
        expect(cleaned).not.toMatch(/\p{M}{4}/u);
        expect(cleaned).not.toMatch(/^\p{M}/u);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['plain text', 'Ada Lovelace', 'Ada Lovelace'],
    ['letters of other scripts', 'Þóra Ωμέγα 李小龍 हिन्दी', 'Þóra Ωμέγα 李小龍 हिन्दी'],
    ['letters with separate accents', 'e\u0301a\u0308', 'e\u0301a\u0308'],
    ['white space around and within', '  a \t\n b  ', 'a b'],
    ['a line break', 'a\nb\r\nc\u2028d\u2029e', 'a b c d e'],
    ['white space around a hidden character', 'a \u200b b', 'a b'],
    ['text turned around', '\u202egnp.exe\u202c', 'gnp.exe'],
    ['isolated directions', '\u2066a\u2069\u200fb\u061c', 'ab'],
    ['terminal colours', '\u001b[31mred', '[31mred'],
    ['a zero character', 'a\u0000b', 'ab'],
    ['half a character', 'a\ud83d', 'a'],
    ['invisible letters', '\u3164\u115f\u1160\uffa0\u2800', ''],
    ['tags that spell hidden words', 'a\u{e0068}\u{e0069}', 'a'],
    ['a tower of marks', `a${'\u0301'.repeat(50)}b`, 'a\u0301\u0301\u0301b'],
    [
      'a tower of marks with hidden joints',
      'a' + '\u0301\u0301\u200d'.repeat(9),
      'a\u0301\u0301\u0301',
    ],
    ['marks without a letter', ' \u0301\u20dda', 'a'],
    ['nothing', '', ''],
  ])('%s', (_name, text, cleaned) => {
    expect(cleanText(text, NAME_LIMIT_CHARS)).toBe(cleaned);
  });
});
