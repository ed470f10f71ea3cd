import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../lib/sim/event-queue.ts';

describe('the queue of what will happen', () => {
  it('lets things happen in order of time, and of equal times in the order of planning', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const queue = new EventQueue();
        const happened: number[] = [];
        times.forEach((timeMs, index) => queue.push(timeMs, () => happened.push(index)));
        const expected = times
          .map((timeMs, index) => ({ timeMs, index }))
          .sort((a, b) => a.timeMs - b.timeMs || a.index - b.index)
          .map(({ index }) => index);
        while (queue.size > 0) queue.pop()!();
        expect(happened).toEqual(expected);
        expect(queue.pop()).toBeNull();
        expect(queue.nextMs).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('keeps the order when planning and happening alternate', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 }), (delays) => {
        const queue = new EventQueue();
        let lastMs = 0;
        for (const [index, delayMs] of delays.entries()) {
          queue.push(lastMs + delayMs, () => undefined);
          if (index % 3 !== 2) continue;
          expect(queue.nextMs).toBeGreaterThanOrEqual(lastMs);
          lastMs = queue.nextMs;
          queue.pop();
        }
      }),
    );
  });
});
