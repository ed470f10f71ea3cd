import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeName } from '../../../app/state/names.ts';
import { cleanName } from '../../../lib/ledger/text.ts';

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('names that are made up are two words, of which the peer takes nothing away', () => {
  fc.assert(
    fc.property(unit, unit, (first, second) => {
      const name = makeName(first, second);
      expect(name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
      expect(cleanName(name)).toBe(name);
    }),
  );
});
