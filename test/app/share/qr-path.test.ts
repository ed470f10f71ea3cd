import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { drawQr, QUIET_ZONE_MODULES } from '../../../app/share/qr-path.ts';

describe('the QR code', () => {
  it('has exactly the dark modules of the code, within its quiet zone', () => {
    const text = `http://192.168.1.5:8000/#r=aula-7&g=${'ab'.repeat(32)}`;
    const { size, path } = drawQr(text);
    const dark = new Set<string>();
    for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g))
      for (let i = 0; i < Number(length); i++) dark.add(`${Number(x) + i} ${y}`);
    const expected = new Set<string>();
    encode(text, { ecc: 'M', border: QUIET_ZONE_MODULES }).data.forEach((row, y) =>
      row.forEach((isDark, x) => isDark && expected.add(`${x} ${y}`)),
    );
    expect(dark).toEqual(expected);
    for (const module of dark)
      for (const part of module.split(' ').map(Number)) {
        expect(part).toBeGreaterThanOrEqual(QUIET_ZONE_MODULES);
        expect(part).toBeLessThan(size - QUIET_ZONE_MODULES);
      }
  });
});
