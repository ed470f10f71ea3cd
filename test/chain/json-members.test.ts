import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasRepeatedKeys, listTopLevelMembers } from '../../lib/chain/json-members.ts';
import { anyText } from '../support/arbitraries.ts';

const anyJson = fc.jsonValue({ maxDepth: 4 });
const whiteSpace = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });
/** Any name, and often one of few, so that names are repeated. */
const anyKey = fc.oneof(anyText, fc.constantFrom('data', '__proto__', '', '"', '\\', '{', '1'));

describe('the members of a JSON object', () => {
  it('are those that JSON.parse sees, where no name is repeated', () => {
    fc.assert(
      fc.property(
        fc.dictionary(anyKey, anyJson),
        fc.constantFrom(undefined, 1, '\t'),
        (object, indent) => {
          const text = JSON.stringify(object, null, indent);
          const parsed = Object.entries(JSON.parse(text) as object);
          const members = listTopLevelMembers(text).map(({ key, value }) => [key, value]);
          // Objects list names that are whole numbers first.
          expect(sortByKey(members)).toEqual(sortByKey(parsed));
        },
      ),
    );
  });

  it('are listed in order with every repetition, whatever white space stands between', () => {
    const member = fc.record({
      key: anyKey,
      value: anyJson,
      spaces: fc.tuple(...four(whiteSpace)),
    });
    fc.assert(
      fc.property(fc.array(member), whiteSpace, (wanted, around) => {
        const parts = wanted.map(
          ({ key, value, spaces: [a, b, c, d] }) =>
            `${a}${JSON.stringify(key)}${b}:${c}${JSON.stringify(value)}${d}`,
        );
        const text = `${around}{${parts.join() || around}}${around}`;
        JSON.parse(text);
        expect(listTopLevelMembers(text)).toEqual(
          wanted.map(({ key, value }) => ({ key, value: JSON.parse(JSON.stringify(value)) })),
        );
      }),
    );
  });

  it('are none in an empty object', () => {
    expect(listTopLevelMembers(' { } ')).toEqual([]);
  });

  it('may have escaped names, and values that look like JSON', () => {
    expect(
      listTopLevelMembers(String.raw`{"\u0064ata":"}\"","a\\":"\\","data":[{"data":"]"},"{,"]}`),
    ).toEqual([
      { key: 'data', value: '}"' },
      { key: 'a\\', value: '\\' },
      { key: 'data', value: [{ data: ']' }, '{,'] },
    ]);
  });
});

describe('a repeated key', () => {
  const repeats = (text: string): boolean => hasRepeatedKeys(text, JSON.parse(text));

  it('is seen nowhere in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyJson, fc.dictionary(anyKey, fc.dictionary(anyKey, anyJson))),
        fc.constantFrom(undefined, 1),
        (value, indent) => {
          expect(repeats(JSON.stringify(value, null, indent))).toBe(false);
        },
      ),
    );
  });

  it('is seen wherever it stands, whatever stands around it', () => {
    fc.assert(
      fc.property(anyKey, anyJson, anyJson, fc.nat(5), (key, first, second, depth) => {
        const name = JSON.stringify(key);
        const twice = `{${name}:${JSON.stringify(first)},"between": 1,${name} : ${JSON.stringify(second)}}`;
        let text = twice;
        for (let i = 0; i < depth; i++)
          text = i % 2 === 0 ? `["{:}",${text}]` : `{"a{:":":","in":${text}}`;
        expect(repeats(text)).toBe(true);
      }),
    );
  });

  it('is seen though it is written with escapes, and keys of two objects are none', () => {
    expect(repeats(String.raw`{"data":1,"\u0064ata":1}`)).toBe(true);
    expect(repeats('[{"data":1},{"data":1}]')).toBe(false);
  });

  it('is searched for in any depth of nesting', () => {
    const depth = 30_000;
    expect(repeats(`${'['.repeat(depth)}{"a":1,"a":1}${']'.repeat(depth)}`)).toBe(true);
  });
});

function sortByKey(members: unknown[][]): unknown[][] {
  return members.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

function four<T>(item: T): [T, T, T, T] {
  return [item, item, item, item];
}
