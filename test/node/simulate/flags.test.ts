import { describe, expect, it } from 'vitest';
import { readSimulateFlags } from '../../../lib/node/simulate-command.ts';

describe('the flags of simulate', () => {
  it('are 75 nodes, the first seed, no crashes, and logs in ./logs where absent', () => {
    const outcome = readSimulateFlags([]);
    expect(outcome).toMatchObject({ kind: 'flags', flags: { peers: 75, seed: 1, crash: 0 } });
  });

  it('give the crashes as a share', () => {
    const outcome = readSimulateFlags(['--peers', '20', '--seed', '7', '--crash', '10']);
    expect(outcome).toMatchObject({ kind: 'flags', flags: { peers: 20, seed: 7, crash: 0.1 } });
  });

  it('are refused with one sentence where a value is no number of the range', () => {
    const cases = [
      [['--peers', '5'], '--peers "5" is no whole number from 6 to 1000.'],
      [['--crash', '51'], '--crash "51" is no whole number from 0 to 50.'],
      [['--seed', '1x'], '--seed "1x" is no whole number'],
      [['--speed', '1'], 'The flag --speed is unknown'],
    ] as const;
    for (const [words, message] of cases) {
      const outcome = readSimulateFlags(words);
      expect(outcome.kind).toBe('wrong');
      if (outcome.kind === 'wrong') expect(outcome.message).toContain(message);
    }
  });
});
