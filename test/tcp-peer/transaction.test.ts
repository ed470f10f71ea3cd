import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONTENT_LIMIT_CHARS,
  isTransaction,
  makeTransaction,
  splitTransaction,
} from '../../lib/tcp-peer/transaction.ts';
import { anyText } from '../support/arbitraries.ts';

const anySender = fc.stringMatching(/^[a-zA-Z]{4}[0-9]{4}$/);

describe('a transaction', () => {
  it('keeps its sender and content, whatever characters the content has', () => {
    fc.assert(
      fc.property(anySender, anyText, (sender, content) => {
        const outcome = makeTransaction(sender, content);
        if (!outcome.ok) return;
        expect(isTransaction(outcome.text)).toBe(true);
        expect(splitTransaction(outcome.text)).toEqual({ sender, content });
      }),
    );
  });

  it('is accepted with 70 characters, whatever their bytes, and refused with 71', () => {
    for (const character of ['a', 'ä', '漢', '🦊']) {
      const most = character.repeat(CONTENT_LIMIT_CHARS);
      expect(makeTransaction('Abcd1234', most)).toEqual({ ok: true, text: `tx|Abcd1234|${most}` });
      expect(makeTransaction('Abcd1234', most + character)).toEqual({
        ok: false,
        reason: 'the content should have at most 70 characters',
      });
    }
  });

  it.each([
    ['three letters', 'Abc1234', 'hello'],
    ['five digits', 'Abcd12345', 'hello'],
    ['digits first', '1234Abcd', 'hello'],
    ['letters that are not Latin', 'Äbcd1234', 'hello'],
    ['digits of another script', 'Abcd١٢٣٤', 'hello'],
    ['a space', ' Abcd1234', 'hello'],
    ['a line break behind', 'Abcd1234\n', 'hello'],
    ['no sender', '', 'hello'],
    ['a bar in the content', 'Abcd1234', 'a|b'],
    ['no content', 'Abcd1234', ''],
    ['a line break in the content', 'Abcd1234', 'a\nb'],
    ['a tab in the content', 'Abcd1234', 'a\tb'],
    ['an escape in the content', 'Abcd1234', '\x1b[2J'],
    ['a null in the content', 'Abcd1234', 'a\0'],
    ['half a character in the content', 'Abcd1234', 'a\ud800'],
    ['a line separator in the content', 'Abcd1234', 'a\u2028b'],
  ])('is refused with %s', (_, sender, content) => {
    const outcome = makeTransaction(sender, content);
    expect(outcome.ok).toBe(false);
  });
});
