import { describe, expect, it } from 'vitest';
import { shortName, shownName } from '../../../app/look/claimed-name.ts';

const account = 'c008ef'.padEnd(40, '0');

describe('a name on the screen', () => {
  it('stands in quotes where nothing proves it, and plainly where it is our own', () => {
    expect(shownName({ name: 'Ada', account, isSelf: false }, false)).toBe('“Ada”');
    expect(shownName({ name: 'Ada', account, isSelf: true }, false)).toBe('Ada');
    expect(shortName({ name: 'Ada', account, isSelf: true }, false)).toBe('You');
  });

  it('gives way to the account where texts are hidden', () => {
    expect(shownName({ name: 'rude', account, isSelf: false }, true)).toBe('c008ef');
    expect(shortName({ name: 'rude', account, isSelf: false }, true)).toBe('c008ef');
    expect(shownName({ name: 'rude', account: null, isSelf: false }, true)).toBe('no account');
  });

  it('gives way to the account where it is unknown', () => {
    expect(shownName({ name: '?', account, isSelf: false }, false)).toBe('c008ef');
    expect(shownName({ name: '', account: null, isSelf: false }, false)).toBe('No account');
  });
});
