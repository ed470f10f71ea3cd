import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readPythonValue,
  writePythonString,
  writeSturdyString,
  type PythonValue,
} from '../../lib/tcp-peer/python-json.ts';
import { anyText } from '../support/arbitraries.ts';

/** The value as plain JavaScript, numbers as numbers. */
function plain(value: PythonValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
  return Number((value as { digits: string }).digits);
}

function read(text: string): unknown {
  const outcome = readPythonValue(text);
  if (!outcome.ok) throw new Error(outcome.reason);
  return plain(outcome.value);
}

/** As Python's `repr` writes a text. */
function writeRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\'"\p{Cc}]/gu, (character) => {
    if (character === '\\') return '\\\\';
    if (character === quote) return `\\${quote}`;
    if (character === "'" || character === '"') return character;
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return short ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return quote + body + quote;
}

describe('values of the field', () => {
  it('are read as JSON parsers read them', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, noUnicodeString: false }), (json) => {
        expect(read(json)).toEqual(
          JSON.parse(json, (_, value: unknown) => (value === 0 ? 0 : value)),
        );
      }),
    );
  });

  it('may be texts in the quotes of Python, with its escapes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(read(`[${writeRepr(text)}, None]`)).toEqual([text, null]);
      }),
    );
  });

  it('are never read from what was cut off, and nothing makes the reader throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), anyText), fc.nat(), (text, cut) => {
        const whole = readPythonValue(`[${text}]`);
        const half = readPythonValue(`[${text}]`.slice(0, cut % (text.length + 2)));
        expect(half.ok).toBe(false);
        expect(typeof whole.ok).toBe('boolean');
      }),
    );
  });

  it('may be a dict of Python with None, True, and escapes of every width', () => {
    expect(
      read(
        `{'a': None, 'b': [True, False, -1.50, 1e3], 'c': "it's", 'd': 'q\\x41\\u0042\\U0001f98a\\\\'}`,
      ),
    ).toEqual({ a: null, b: [true, false, -1.5, 1000], c: "it's", d: 'qAB🦊\\' });
  });

  it('keep the digits of their numbers', () => {
    expect(readPythonValue('1620000000.0')).toEqual({
      ok: true,
      value: { digits: '1620000000.0' },
    });
  });

  it.each([
    ['[1, 2', 'it ends too early'],
    ['{"a" 1}', '"1}" at character 5 is unexpected'],
    ['[nope]', '"]" at character 5 is unexpected'],
    ["['a]", 'the text at character 2 has no closing quote'],
    ['["\\u12"]', '"12"]" at character 4 is unexpected'],
    ['[1] 2', '"2" at character 4 is unexpected'],
    ['['.repeat(50), 'it is nested too deeply'],
  ])('are refused in %j with a reason', (text, reason) => {
    expect(readPythonValue(text)).toEqual({ ok: false, reason });
  });
});

describe('texts on the wire', () => {
  it('mean the same to a JSON parser, and are ASCII without quotes, backslashes of their own, or brackets', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const sturdy = writeSturdyString(text);
        expect(JSON.parse(sturdy)).toBe(text);
        expect(sturdy.slice(1, -1)).toMatch(/^(?:[ !#$%&(-Z^-z|~]|\\u[0-9a-f]{4})*$/);
        expect(JSON.parse(sturdy.replaceAll("'", '"'))).toBe(text);
        expect(JSON.parse(writePythonString(text))).toBe(text);
      }),
    );
  });

  it('are hashed as json.dumps writes them', () => {
    expect(writePythonString('it\'s "ä"\\\n\x7f🦊')).toBe(
      '"it\'s \\"\\u00e4\\"\\\\\\n\\u007f\\ud83e\\udd8a"',
    );
  });
});
