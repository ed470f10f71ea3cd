import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTimestamp, writeTimestamp } from '../../lib/tcp-peer/timestamp.ts';

const anyTimeMs = fc.integer({ min: 0, max: Date.UTC(2200, 0) });

describe('times of blocks', () => {
  it('come back from every format, to its resolution', () => {
    fc.assert(
      fc.property(anyTimeMs, (timeMs) => {
        // In the hour that a summer time gives twice, a local time means the first of both.
        const local = new Date(timeMs);
        local.setMilliseconds(timeMs % 1000);
        fc.pre(new Date(local.getTime() - 3_600_000).getHours() !== local.getHours());
        expect(readTimestamp(writeTimestamp(timeMs, 'epoch'))).toBeCloseTo(timeMs, 2);
        expect(readTimestamp(writeTimestamp(timeMs, 'iso'))).toBeCloseTo(timeMs, 2);
        expect(readTimestamp(writeTimestamp(timeMs, 'ctime'))).toBe(timeMs - (timeMs % 1000));
      }),
    );
  });

  it('compare as times, whatever their formats', () => {
    fc.assert(
      fc.property(anyTimeMs, anyTimeMs, (left, right) => {
        fc.pre(Math.abs(left - right) > 1);
        const [one, other] = [
          readTimestamp(new Date(left).toISOString())!,
          readTimestamp(writeTimestamp(right, 'epoch'))!,
        ];
        expect(one < other).toBe(left < right);
      }),
    );
  });

  const may = Date.UTC(2026, 4, 1, 12, 34, 56);
  it.each([
    ['2026-05-01T12:34:56Z', may],
    ['2026-05-01 12:34:56.5+00:00', may + 500],
    ['2026-05-01T14:34:56.123456+0200', may + 123.456],
    ['2026-05-01T10:04:56-02:30', may],
    ['1777638896', may],
    ['1777638896.25', may + 250],
    ['1777638896000', may],
    ['1.777638896e9', may],
    ['2026-05-01T12:34:56', new Date(2026, 4, 1, 12, 34, 56).getTime()],
    ['2026-05-01 12:34', new Date(2026, 4, 1, 12, 34).getTime()],
    ['2026-05-01', new Date(2026, 4, 1).getTime()],
    ['Fri May  1 12:34:56 2026', new Date(2026, 4, 1, 12, 34, 56).getTime()],
    ['Fri May 01 12:34:56 2026', new Date(2026, 4, 1, 12, 34, 56).getTime()],
  ])('are read from %s', (text, timeMs) => {
    expect(readTimestamp(text)).toBeCloseTo(timeMs, 2);
  });

  it.each([
    ...[
      '',
      'now',
      '2026-02-30',
      '2026-13-01',
      '2026-05-01T24:00:00',
      '12:34:56',
      'NaN',
      'Infinity',
    ],
    ...['Fri Mai  1 12:34:56 2026', '1e999', '2026-05-01T12:34:56+99:99x', '9'.repeat(80)],
  ])('are refused in %j', (text) => {
    expect(readTimestamp(text)).toBeNull();
  });

  it('are written as Python writes them', () => {
    const timeMs = new Date(2026, 4, 1, 12, 34, 56, 123).getTime();
    expect(writeTimestamp(timeMs, 'iso')).toBe('2026-05-01 12:34:56.123000');
    expect(writeTimestamp(timeMs, 'ctime')).toBe('Fri May  1 12:34:56 2026');
    expect(writeTimestamp(1_777_638_896_250, 'epoch')).toBe('1777638896.25');
    expect(writeTimestamp(1_777_638_896_000, 'epoch')).toBe('1777638896.0');
  });
});
