import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_HASHES_LIMIT, KnownSet } from '../../lib/net/known-set.ts';

describe('what a neighbour is known to have', () => {
  it('is remembered: the latest hashes, as many as the limit allows, each counted once', () => {
    fc.assert(
      fc.property(
        fc.nat(KNOWN_HASHES_LIMIT + 300),
        fc.array(fc.nat(KNOWN_HASHES_LIMIT - 1), { minLength: 1, maxLength: 20 }),
        (count, repeats) => {
          const known = new KnownSet();
          for (let number = 0; number < count; number++) {
            known.add(`hash ${number}`);
            // One that is remembered still takes no further place.
            const back = repeats[number % repeats.length]!;
            if (back <= number) known.add(`hash ${number - back}`);
          }
          const wrong = Array.from({ length: count }, (_, number) => number).filter(
            (number) => known.has(`hash ${number}`) !== number >= count - KNOWN_HASHES_LIMIT,
          );
          expect(wrong).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is nothing at first', () => {
    expect(new KnownSet().has('ab')).toBe(false);
  });
});
