import { describe, expect, it } from 'vitest';
import { drawTable, simulate } from '../../../lib/node/simulate/simulation.ts';

const TIMEOUT_MS = 120_000;

async function run(crash: number, peers: number) {
  const told: string[] = [];
  const logs = new Map<string, string[]>();
  const results = await simulate({
    ...{ seed: 3, peers, isSimulated: true, crash },
    tell: (line) => told.push(line),
    log: (account, line) => logs.set(account, [...(logs.get(account) ?? []), line]),
  });
  return { told, logs, results };
}

describe('the six tasks in the simulator', () => {
  it(
    'pass, say so in a table, and are logged by every node',
    async () => {
      const { told, logs, results } = await run(0, 6);
      expect(results.filter(({ ok }) => !ok)).toEqual([]);
      expect(results).toHaveLength(6);
      expect(logs.size).toBe(6);
      expect(told[0]).toContain('6 nodes in the simulator, seed 3; nodes 0 to 4 mine');
      expect(drawTable(results).split('\n')).toHaveLength(7);
    },
    TIMEOUT_MS,
  );

  it(
    'pass while nodes crash and come back, whose payments are begun anew with others',
    async () => {
      const { told, results } = await run(0.4, 8);
      expect(results.filter(({ ok }) => !ok)).toEqual([]);
      expect(told.at(-1)).toBe('6 nodes have crashed and come back');
    },
    TIMEOUT_MS,
  );
});
