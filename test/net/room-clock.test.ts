import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medianOffsetMs } from '../../lib/net/room-clock.ts';

const anyOffset = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });

describe("the room's clock", () => {
  it('lies among the clocks of the majority, whatever the minority says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 15 }),
        fc.array(anyOffset, { maxLength: 15 }),
        (honest, liars) => {
          // Our own clock is one of the honest ones.
          fc.pre(liars.length < honest.length + 1);
          const offset = medianOffsetMs([...honest, ...liars]);
          expect(offset).toBeGreaterThanOrEqual(Math.min(0, ...honest));
          expect(offset).toBeLessThanOrEqual(Math.max(0, ...honest));
        },
      ),
    );
  });

  it('is one of the clocks in the room, and the same in whatever order they are heard', () => {
    fc.assert(
      fc.property(fc.array(anyOffset, { maxLength: 20 }), (offsets) => {
        const offset = medianOffsetMs(offsets);
        expect([0, ...offsets]).toContain(offset);
        expect(medianOffsetMs([...offsets].reverse())).toBe(offset);
      }),
    );
  });

  it('is our own while we are alone, or with one other', () => {
    expect(medianOffsetMs([])).toBe(0);
    expect(medianOffsetMs([90_000])).toBe(0);
    expect(medianOffsetMs([-90_000])).toBe(0);
  });

  it('is that of the others where ours is the one that is wrong', () => {
    expect(medianOffsetMs([60_000, 60_010, 60_020])).toBe(60_000);
  });
});
