import { describe, expect, it } from 'vitest';
import { RETARGET_LIMITS } from '../../lib/chain/retarget.ts';
import { imagineAt, makeClassRules, SPACING_MS, START_MS } from '../support/class-room.ts';
import { HASHES_PER_MS, measureClassRooms, openClassRoom } from '../support/class-spacing.ts';

/** The soak `class` takes 200. */
const SEEDS = 30;

describe('the spacing of blocks in a class room', () => {
  it('is what the room aims at, to within a tenth, over 5,000 blocks', () => {
    const gaps = openClassRoom(1).mine(5_000, HASHES_PER_MS);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(mean).toBeGreaterThan(0.9 * SPACING_MS);
    expect(mean).toBeLessThan(1.1 * SPACING_MS);
  });

  it('bears crowds that come and go, a day without a miner, and those who lie about the time', () => {
    for (const { name, value, least, most } of measureClassRooms(SEEDS)) {
      expect(value, name).toBeGreaterThanOrEqual(least);
      expect(value, name).toBeLessThanOrEqual(most);
    }
  });

  it('counts a block that states a time of the past as no earlier than its parent', () => {
    const rules = makeClassRules();
    let tip = imagineAt(rules, null, START_MS);
    for (let i = 1; i <= 12; i++) tip = imagineAt(rules, tip, START_MS + i * SPACING_MS);
    const lastMs = START_MS + 12 * SPACING_MS;
    const atOnce = imagineAt(rules, tip, lastMs);
    const backDated = imagineAt(rules, tip, lastMs - 5 * SPACING_MS);
    for (const dateMs of [lastMs, lastMs + SPACING_MS, lastMs + 9 * SPACING_MS])
      expect(rules.targetAt(backDated, dateMs)).toBe(rules.targetAt(atOnce, dateMs));
    // And the next block makes up for it: it is late by all the time since the one before.
    const next = imagineAt(rules, backDated, lastMs + 2 * SPACING_MS);
    expect(rules.targetAt(next, lastMs)).toBeGreaterThan(rules.targetAt(backDated, lastMs));
  });

  it('never lets the target leave its limits, however long nobody mines', () => {
    const rules = makeClassRules();
    const tip = imagineAt(rules, null, START_MS);
    const eased = rules.targetAt(tip, START_MS + 365 * 86_400_000);
    expect(eased).toBeLessThanOrEqual(RETARGET_LIMITS.most);
  });
});
