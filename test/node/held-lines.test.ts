import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HELD_LINES_LIMIT, HeldLines } from '../../lib/node/held-lines.ts';

describe('lines that a bridge holds', () => {
  it('are held until their height, and are let go then', () => {
    const aLine = fc.record({ line: fc.constantFrom('a', 'b', 'c'), height: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(aLine), fc.nat(20), (lines, tipHeight) => {
        const held = new HeldLines();
        const last = new Map<string, number>();
        for (const { line, height } of lines) {
          held.hold(line, height);
          last.set(line, height);
        }
        const wanted = [...last].filter(([, height]) => height > tipHeight).map(([line]) => line);
        expect(held.at(tipHeight)).toEqual(new Set(wanted));
        expect(held.at(0)).toEqual(new Set(wanted));
      }),
    );
  });

  it('are no more than the limit, and the oldest is the first to be let go', () => {
    const held = new HeldLines();
    for (let i = 0; i <= HELD_LINES_LIMIT; i++) held.hold(`line ${i}`, 10);
    const lines = held.at(0);
    expect(lines.size).toBe(HELD_LINES_LIMIT);
    expect(lines.has('line 0')).toBe(false);
    expect(lines.has(`line ${HELD_LINES_LIMIT}`)).toBe(true);
  });
});
