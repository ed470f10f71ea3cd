import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeName, NAME_LIMIT_CHARS, tidyName } from '../../../app/state/names.ts';

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('names', () => {
  it('that are made up fit the limit and need no tidying', () => {
    fc.assert(
      fc.property(unit, unit, (first, second) => {
        const name = makeName(first, second);
        expect(name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
        expect(tidyName(name)).toBe(name);
      }),
    );
  });

  it('lose control characters and excess length, and stay the same when tidied again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const name = tidyName(text);
        expect([...name].length).toBeLessThanOrEqual(NAME_LIMIT_CHARS);
        expect(name).not.toMatch(/\p{C}/u);
        expect(tidyName(name)).toBe(name);
      }),
    );
  });

  it('keep what people write', () => {
    expect(tidyName('  Jürgen \t  de la Cruz ')).toBe('Jürgen de la Cruz');
    expect(tidyName('a\u202eb')).toBe('a b');
    expect(tidyName('\u0000\u200b')).toBe('');
  });
});
