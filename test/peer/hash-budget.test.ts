import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST_DUTY, HashBudget, LEAST_DUTY } from '../../lib/peer/hash-budget.ts';
import { seededRandom } from '../support/random.ts';

const MIN_SPACING_MS = 1_000;
const TICK_MS = 200;

/** A room of tabs that share the budget, and of miners that do not know of it. Rates are blocks a second. */
class Room {
  nowMs = 0;
  constantRate: number;
  readonly tabs: { rate: number; budget: HashBudget }[] = [];
  readonly #random: () => number;

  constructor(seed: number, tabRates: readonly number[], constantRate = 0) {
    this.#random = seededRandom(seed);
    this.constantRate = constantRate;
    for (const rate of tabRates) this.join(rate);
  }

  join(rate: number): void {
    this.tabs.push({ rate, budget: new HashBudget(MIN_SPACING_MS) });
  }

  /** Runs for so long, and returns the number of blocks. */
  run(durationMs: number): number {
    let blocks = 0;
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      const perMs =
        this.tabs.reduce((sum, { rate, budget }) => sum + rate * budget.duty, this.constantRate) /
        1000;
      const nextMs = this.nowMs - Math.log(1 - this.#random()) / perMs;
      const tickMs = Math.min(endMs, (Math.floor(this.nowMs / TICK_MS) + 1) * TICK_MS);
      this.nowMs = Math.min(nextMs, tickMs);
      for (const { budget } of this.tabs)
        if (nextMs < tickMs) budget.blockArrived(this.nowMs);
        else budget.tick(this.nowMs);
      if (nextMs < tickMs) blocks++;
    }
    return blocks;
  }

  /** Mean spacing over so many seconds, in milliseconds. */
  spacingOver(seconds: number): number {
    return (seconds * 1000) / this.run(seconds * 1000);
  }
}

const rates = (count: number, each: number) => Array<number>(count).fill(each);

describe('the shared hash budget', () => {
  it.each<[string, number[], number]>([
    ['one fast tab', [10], 0],
    ['three tabs', [2, 5, 11], 0],
    ['twenty fast tabs', rates(20, 9), 0],
    ['forty tabs of all powers', Array.from({ length: 40 }, (_, i) => 0.2 * (i + 1)), 0],
    ['five tabs and two reference miners', rates(5, 10), 0.3],
    ['twenty tabs and miners that find two blocks in three', rates(20, 9), 0.66],
  ])('keeps the least spacing to within a quarter: %s', (_, tabRates, constantRate) => {
    for (const seed of [1, 2, 3]) {
      const room = new Room(seed, tabRates, constantRate);
      room.run(60_000);
      const spacingMs = room.spacingOver(600);
      expect(spacingMs).toBeGreaterThan(0.75 * MIN_SPACING_MS);
      expect(spacingMs).toBeLessThan(1.25 * MIN_SPACING_MS);
    }
  });

  it('leaves a room alone that is slower than the least spacing anyway', () => {
    const room = new Room(1, rates(3, 0.1));
    room.run(120_000);
    const free = room.spacingOver(3_000);
    expect(free).toBeGreaterThan(2_700);
    expect(free).toBeLessThan(4_200);
  });

  it('goes down to the least share where others alone are too fast', () => {
    const room = new Room(1, rates(3, 5), 4);
    room.run(120_000);
    for (const { budget } of room.tabs) expect(budget.duty).toBeLessThan(0.05);
  });

  it('opens up again within a minute when most tabs leave', () => {
    for (const seed of [1, 2, 3]) {
      const room = new Room(seed, rates(20, 9));
      room.run(60_000);
      room.tabs.splice(2);
      room.run(60_000);
      const spacingMs = room.spacingOver(600);
      expect(spacingMs).toBeLessThan(1.25 * MIN_SPACING_MS);
    }
  });

  it('opens up wholly when only one slow tab is left', () => {
    const room = new Room(4, [...rates(20, 9), 0.05]);
    room.run(60_000);
    room.tabs.splice(0, 20);
    room.run(300_000);
    expect(room.tabs[0]!.budget.duty).toBe(1);
  });

  it('is not upset by newcomers for long', () => {
    const room = new Room(5, rates(5, 9));
    room.run(60_000);
    for (let i = 0; i < 15; i++) room.join(9);
    room.run(60_000);
    expect(room.spacingOver(600)).toBeGreaterThan(0.75 * MIN_SPACING_MS);
  });

  it('floods nobody when a class comes back from a break in which nobody searched', () => {
    for (const seed of [1, 2, 3]) {
      const room = new Room(seed, rates(20, 9));
      room.run(60_000);
      for (const tab of room.tabs) tab.rate = 0;
      room.constantRate = 1e-9;
      room.run(1_800_000);
      for (const tab of room.tabs) tab.rate = 9;
      room.constantRate = 0;
      expect(room.run(30_000)).toBeLessThan(30 + 40);
      expect(room.spacingOver(300)).toBeGreaterThan(0.75 * MIN_SPACING_MS);
    }
  });

  it('stays within its bounds whatever comes, and whenever', () => {
    const step = fc.record({
      ms: fc.oneof(fc.nat(3), fc.nat(5_000), fc.nat(10_000_000)),
      block: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60_000 }),
        fc.array(step, { maxLength: 200 }),
        (minSpacingMs, steps) => {
          const budget = new HashBudget(minSpacingMs);
          let nowMs = 0;
          for (const { ms, block } of steps) {
            nowMs += ms;
            if (block) budget.blockArrived(nowMs);
            else budget.tick(nowMs);
            expect(budget.duty).toBeGreaterThanOrEqual(LEAST_DUTY);
            expect(budget.duty).toBeLessThanOrEqual(1);
            if (minSpacingMs === 0) expect(budget.duty).toBe(1);
          }
        },
      ),
    );
  });

  it('begins with a part of the power, and with all of it where it is off', () => {
    expect(new HashBudget(MIN_SPACING_MS).duty).toBe(FIRST_DUTY);
    expect(new HashBudget(0).duty).toBe(1);
  });

  it('does not wait for ever with a part where no block ever comes', () => {
    const budget = new HashBudget(MIN_SPACING_MS);
    for (let nowMs = 0; nowMs < 60_000; nowMs += TICK_MS) budget.tick(nowMs);
    expect(budget.duty).toBe(1);
  });
});
