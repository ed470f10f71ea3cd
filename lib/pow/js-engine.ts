/**
 * The plain JavaScript engine: always there, whatever the browser or its content policy forbids.
 */
import type { Engine, EngineMaker } from './kernel.ts';
import { hashRounds } from './js-rounds.ts';
import { BLOCK_WORDS, expandSchedule, ROUNDS, runRounds, STATE_WORDS } from './sha256.ts';

export const jsEngineMaker: EngineMaker = {
  name: 'js',
  make: () => ({ ok: true, engine: createJsEngine() }),
};

function createJsEngine(): Engine {
  const midstate = new Int32Array(STATE_WORDS);
  /** The midstate behind the rounds that don't depend on the varied word. */
  const entry = new Int32Array(STATE_WORDS);
  const words = new Int32Array(BLOCK_WORDS);
  /** Schedule and constants of the second compression, which are the same for all nonces. */
  const secondSchedule = new Int32Array(ROUNDS);
  const second = new Int32Array(STATE_WORDS);
  const state = new Int32Array(STATE_WORDS);
  let variedWord = 0;
  let shift = 0;
  let base = 0;
  let targetWord = 0;
  let compressions = 1;

  return {
    name: 'js',
    midstates: 1,
    load(position) {
      midstate.set(position.midstates[0]!);
      words.set(position.words);
      variedWord = position.layout.variedWord;
      shift = 32 - position.layout.variedBits;
      base = words[variedWord]!;
      targetWord = position.targetWord;
      compressions = position.layout.compressions;
      entry.set(midstate);
      runRounds(entry, words, 0, variedWord);
      if (compressions === 2) expandSchedule(position.secondWords, 0, secondSchedule);
      return true;
    },
    scan(first, count) {
      for (let counter = first; counter < first + count; counter++) {
        words[variedWord] = base | (counter << shift);
        hashRounds(entry, words, variedWord, state);
        let top = state[0]! + midstate[0]!;
        if (compressions === 2) {
          for (let i = 0; i < STATE_WORDS; i++) second[i] = state[i]! + midstate[i]!;
          top = second[0]!;
          runRounds(second, secondSchedule, 0, ROUNDS);
          top += second[0]!;
        }
        if (top >>> 0 > targetWord) continue;
        const next = counter + 1;
        return { hashes: next - first, next, candidate: { counter, midstate: 0 } };
      }
      return { hashes: count, next: first + count, candidate: null };
    },
  };
}
