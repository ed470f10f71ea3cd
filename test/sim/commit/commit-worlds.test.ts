import { describe, expect, it } from 'vitest';
import { DOWN_MS, ROLES, runCommitWorld, runCrashWorld } from '../../../lib/sim/commit/worlds.ts';

/** `npm run soak -- commit` runs a hundred thousand, and crashes of two parties. */
const SEEDS = 500;
const TIMEOUT_MS = 300_000;

describe('a payment between three', () => {
  it('is committed where nobody crashes', () => {
    const { broken, attempted, committed } = runCrashWorld([]);
    expect([...broken]).toEqual([]);
    expect({ attempted, committed }).toEqual({ attempted: 1, committed: 1 });
  });

  it(
    'keeps every promise, whichever of them crashes before whichever step, and comes back or not',
    () => {
      const { steps } = runCrashWorld([]);
      const failures: string[] = [];
      for (const role of [0, 1, 2])
        for (let step = 0; step <= steps[role]!; step++)
          for (const downMs of DOWN_MS) {
            const { broken, crashes } = runCrashWorld([{ role, step, downMs }]);
            if (broken.size === 0 && crashes === 1) continue;
            const words = [...broken].join('; ');
            failures.push(`${ROLES[role]!} before step ${step}, down ${downMs}: ${words}`);
          }
      expect(failures).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('is confirmed at both cohorts again, when a fork as deep as a confirmation lists it anew', () => {
    // Both come back behind the chain and build their own, on which they settle before the longer one reaches them.
    const crashes = [
      { role: 1, step: 13, downMs: 20_000 },
      { role: 2, step: 7, downMs: 20_000 },
    ];
    const { broken, committed } = runCrashWorld(crashes);
    expect([...broken]).toEqual([]);
    expect(committed).toBe(1);
  });
});

describe('payments in worlds drawn from seeds', () => {
  it(
    'keep every promise with loss, duplicates, reordering, partitions, crashes, refusals and forks',
    () => {
      const failures: string[] = [];
      let [attempted, committed, crashes] = [0, 0, 0];
      for (let seed = 0; seed < SEEDS; seed++) {
        const result = runCommitWorld(seed);
        attempted += result.attempted;
        committed += result.committed;
        crashes += result.crashes;
        if (result.broken.size > 0) failures.push(`seed ${seed}: ${[...result.broken].join('; ')}`);
      }
      expect(failures).toEqual([]);
      // Worlds in which nothing happens would prove nothing.
      expect(Math.min(attempted - committed, committed, crashes)).toBeGreaterThan(SEEDS / 2);
    },
    TIMEOUT_MS,
  );
});
