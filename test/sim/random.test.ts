import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random, SEED_LIMIT } from '../../lib/sim/random.ts';

const seeds = fc.integer({ min: 0, max: SEED_LIMIT - 1 });
const DRAWS = 100_000;

describe('seeded randomness', () => {
  it('draws the same numbers from the same seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b] = [new Random(seed), new Random(seed)];
        for (let i = 0; i < 50; i++) expect(a.uint32()).toBe(b.uint32());
      }),
    );
  });

  it('draws other numbers from the next seed, and from one that differs in its high bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 }), (seed) => {
        const draw = (from: number) => new Random(from).bytes(16).join();
        expect(draw(seed)).not.toBe(draw(seed + 1));
        expect(draw(seed)).not.toBe(draw(seed + 2 ** 40));
      }),
    );
  });

  it('stays within the limits that it was asked for', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 1_000_000 }), (seed, limit) => {
        const random = new Random(seed);
        for (let i = 0; i < 20; i++) {
          const value = random.below(limit);
          expect(Number.isInteger(value) && value >= 0 && value < limit).toBe(true);
        }
      }),
    );
  });

  it('replays a known run, so that old seeds keep their meaning', () => {
    const random = new Random(1);
    expect([random.uint32(), random.uint32(), random.uint32()]).toMatchInlineSnapshot(`
      [
        3419807058,
        345877377,
        4195585175,
      ]
    `);
  });

  it('draws exponential times with mean 1, and beyond twice the mean as often as theory says', () => {
    const random = new Random(42);
    let sum = 0;
    let beyond = 0;
    for (let i = 0; i < DRAWS; i++) {
      const drawn = random.exponential();
      sum += drawn;
      if (drawn > 2) beyond++;
    }
    expect(sum / DRAWS).toBeCloseTo(1, 1.5);
    expect(beyond / DRAWS).toBeCloseTo(0.135335, 2);
  });

  it('shuffles without losing anything', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer()), (seed, list) => {
        const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);
        expect(sorted(new Random(seed).shuffle(list))).toEqual(sorted(list));
      }),
    );
  });

  it('takes no seed that a number cannot hold', () => {
    for (const seed of [-1, 0.5, SEED_LIMIT, Number.NaN])
      expect(() => new Random(seed)).toThrow(RangeError);
  });
});
