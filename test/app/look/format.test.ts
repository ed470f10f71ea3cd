import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDelay,
  formatDuration,
  formatRate,
  formatSetting,
  formatShare,
  formatWhole,
} from '../../../app/look/format.ts';

/** Spaces of any width count as one space: what matters here is what is read. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

describe('figures', () => {
  it('never need more than three digits before a unit, whatever the rate', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e20, noNaN: true }), (rate) => {
        expect(plain(formatRate(rate))).toMatch(/^\d{1,3}(\.\d{1,2})? [kMGTPE]?H\/s$/);
      }),
    );
  });

  it('grow as the value grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (value) => {
        expect(Number(plain(formatWhole(value)).replace(/ /g, ''))).toBe(value);
      }),
    );
  });

  it.each([
    [0, '0 H/s'],
    [950, '950 H/s'],
    [999.6, '1.00 kH/s'],
    [38_240_000, '38.2 MH/s'],
    [1.5e9, '1.50 GH/s'],
  ])('a rate of %d reads %s', (rate, text) => expect(plain(formatRate(rate))).toBe(text));

  it.each([
    [800, '0.8 s'],
    [9_840, '9.8 s'],
    [14_000, '14 s'],
    [180_000, '3 min'],
    [7_200_000, '2 h'],
    [86_400_000 * 5, '5 days'],
    [1e18, 'ages'],
    [-5, '0.0 s'],
  ])('a span of %d ms reads %s', (span, text) => expect(plain(formatDuration(span))).toBe(text));

  it('a set span has no idle digits', () => {
    expect(plain(formatSetting(1_000))).toBe('1 s');
    expect(plain(formatSetting(2_500))).toBe('2.5 s');
    expect(plain(formatSetting(600_000))).toBe('10 min');
  });

  it('a share above nothing never reads as nothing', () => {
    expect(plain(formatShare(0.004))).toBe('<1 %');
    expect(plain(formatShare(0))).toBe('0 %');
    expect(plain(formatShare(1))).toBe('100 %');
  });

  it('moments are told in whole seconds, and never lie in the future', () => {
    expect(plain(formatAgo(10_000, 24_999))).toBe('14 s ago');
    expect(plain(formatAgo(10_000, 9_000))).toBe('just now');
    expect(plain(formatAgo(0, 600_000))).toBe('10 min ago');
  });

  it('delays and counts keep their unit', () => {
    expect(plain(formatDelay(0.4))).toBe('1 ms');
    expect(plain(formatDelay(2_300))).toBe('2.3 s');
    expect(plain(formatCount(16_777_216))).toBe('16.8 M');
    expect(plain(formatBytes(950))).toBe('950 B');
    expect(plain(formatBytes(2_340_000))).toBe('2.34 MB');
    expect(plain(formatWhole(100_000))).toBe('100 000');
    expect(plain(formatWhole(9_999))).toBe('9999');
  });
});
