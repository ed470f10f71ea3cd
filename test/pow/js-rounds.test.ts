import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashRounds } from '../../lib/pow/js-rounds.ts';
import { BLOCK_WORDS, expandSchedule, ROUNDS, runRounds } from '../../lib/pow/sha256.ts';
import { writeRounds } from './js-rounds-source.ts';

const words = (count: number) => fc.int32Array({ minLength: count, maxLength: count });

describe('the rounds without a loop', () => {
  it('give what rounds in a loop give, from any round of the first sixteen on', () => {
    fc.assert(
      fc.property(words(8), words(BLOCK_WORDS), fc.nat(BLOCK_WORDS), (entry, block, first) => {
        const schedule = new Int32Array(ROUNDS);
        expandSchedule(block, 0, schedule);
        const expected = entry.slice();
        runRounds(expected, schedule, first, ROUNDS);
        const state = new Int32Array(8);
        hashRounds(entry, block, first, state);
        expect(state).toEqual(expected);
      }),
    );
  });

  it('are written as their source says', async () => {
    await expect(writeRounds()).toMatchFileSnapshot('../../lib/pow/js-rounds.ts');
  });
});
