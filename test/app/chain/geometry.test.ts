import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneOffsetPx, measureTree } from '../../../app/chain/geometry.ts';

describe('sizes of the tree', () => {
  it('keep every lane within the height that there is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4000 }),
        fc.integer({ min: 120, max: 1200 }),
        fc.boolean(),
        (widthPx, heightPx, isTouch) => {
          const geometry = measureTree(widthPx, heightPx, isTouch);
          const outermost = laneOffsetPx(geometry.lanes, geometry);
          const edge =
            geometry.lanes === 0
              ? geometry.cardHeightPx / 2
              : outermost + geometry.sideHeightPx / 2;
          expect(edge).toBeLessThanOrEqual(heightPx / 2);
          expect(geometry.pitchPx).toBeGreaterThan(geometry.cardWidthPx);
        },
      ),
    );
  });

  it('give a finger something to hit', () => {
    expect(measureTree(390, 260, true).sideHeightPx).toBeGreaterThanOrEqual(44);
  });
});
