import { describe, expect, it } from 'vitest';
import { describeSearch } from '../../../app/miner/search-words.ts';
import { SNAPSHOT } from '../state/snapshot-example.ts';

const { mining } = SNAPSHOT;

describe('what the miner does, in words', () => {
  it('names the block that it searches, and how often it would find one', () => {
    const words = describeSearch(SNAPSHOT);
    expect(words.sentence).toBe('Searching a proof of work for block 13.');
    // 2^24 hashes a block, a million a second.
    expect(words.ownSpacingMs).toBeCloseTo(16_777, -1);
  });

  it('explains that the room holds it back', () => {
    const words = describeSearch({
      ...SNAPSHOT,
      mining: { ...mining, power: 0.5, budgetDuty: 0.1 },
    });
    expect(words.heldBack).toBe(true);
    expect(words.sentence).toMatch(/no faster than one in 1.s/);
    expect(words.sentence).toMatch(/searches 5.% of the time/);
  });

  it('explains that other tabs have their share of the processor', () => {
    const words = describeSearch({
      ...SNAPSHOT,
      processorShare: 0.25,
      mining: { ...mining, power: 0.5 },
    });
    expect(words.sentence).toMatch(/for block 13, 1[23].% of the time, as other tabs/);
    expect(words.heldBack).toBe(false);
  });

  it('says nothing of a budget that takes next to nothing', () => {
    expect(describeSearch({ ...SNAPSHOT, mining: { ...mining, budgetDuty: 0.999 } }).heldBack).toBe(
      false,
    );
  });

  it('tells a pause from having nothing to do', () => {
    expect(describeSearch({ ...SNAPSHOT, mining: { ...mining, paused: true } }).sentence).toMatch(
      /^Paused/,
    );
    expect(describeSearch({ ...SNAPSHOT, mining: { ...mining, active: false } }).sentence).toMatch(
      /^Nothing to mine/,
    );
  });

  it('promises nothing without a target or a rate', () => {
    expect(
      describeSearch({ ...SNAPSHOT, room: { ...SNAPSHOT.room, target: null } }).ownSpacingMs,
    ).toBeNull();
    expect(
      describeSearch({ ...SNAPSHOT, rates: { ...SNAPSHOT.rates, totalHashesPerSecond: 0 } })
        .ownSpacingMs,
    ).toBeNull();
  });
});
