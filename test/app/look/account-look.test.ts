import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookOf } from '../../../app/look/account-look.ts';

const accounts = fc.stringMatching(/^[0-9a-f]{40}$/);

describe('the look of an account', () => {
  it('is the same every time, and never an empty or a full square', () => {
    fc.assert(
      fc.property(accounts, (account) => {
        const look = lookOf(account);
        expect(lookOf(account)).toEqual(look);
        const squares = look.mark.match(/M\d \dh1v1h-1z/g)!;
        expect(squares.length).toBeGreaterThanOrEqual(5);
        expect(new Set(squares).size).toBe(squares.length);
        expect(squares.join('')).toBe(look.mark);
        expect(look.hue).toBeGreaterThanOrEqual(0);
        expect(look.hue).toBeLessThanOrEqual(360);
        expect([-1, 0, 1]).toContain(look.shade);
        expect(look.prefix).toBe(account.slice(0, 6));
      }),
    );
  });

  it('mirrors its mark, so that it is easily told from noise', () => {
    fc.assert(
      fc.property(accounts, (account) => {
        const { mark } = lookOf(account);
        for (const [, column, row] of mark.matchAll(/M(\d) (\d)/g))
          expect(mark).toContain(`M${4 - Number(column)} ${row}h`);
      }),
    );
  });

  it('is grey for a block that names no account, or nonsense', () => {
    for (const account of [null, '', 'x'.repeat(40), 'AB'.repeat(20)])
      expect(lookOf(account)).toMatchObject({ chroma: 0, prefix: 'no account' });
  });
});
