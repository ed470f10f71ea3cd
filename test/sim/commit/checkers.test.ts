import { describe, expect, it } from 'vitest';
import { CONFIRMATION_DEPTH_BLOCKS } from '../../../lib/ledger/commit/limits.ts';
import { FIRST_BLOCK, type ModelBlock } from '../../../lib/sim/commit/model-chain.ts';
import type { Party } from '../../../lib/sim/commit/party.ts';
import { CommitWorld } from '../../../lib/sim/commit/world.ts';
import { Random } from '../../../lib/sim/random.ts';

const DEPTH = CONFIRMATION_DEPTH_BLOCKS;

describe('a world of payments is quiet', () => {
  it('once the payment is final for all at one tip, and not while a fork lists it anew', () => {
    const world = new CommitWorld({
      random: new Random(1),
      parties: 3,
      coinsEach: 1,
      delayMs: 1,
      loss: 0,
      duplication: 0,
      refusals: 0,
      writeMs: 1,
      // Blocks come by hand alone.
      spacingMs: 1e9,
      healsMs: 0,
      endsMs: 30_000,
    });
    const [sender, receiver, witness] = world.parties as [Party, Party, Party];
    const quiet: [moment: string, isQuiet: boolean][] = [];
    let nextMs = 1_000;
    // Each has a second, in which all that follows from it is done.
    const then = (moment: string, act: () => void): void => {
      world.at(nextMs, act);
      world.at(nextMs + 900, () => quiet.push([moment, world.checkers.isQuiet]));
      nextMs += 1_000;
    };
    const hear = (block: ModelBlock, parties = world.parties): void => {
      for (const party of parties) party.hear(block);
    };
    let first = FIRST_BLOCK;
    let fork = extend(FIRST_BLOCK, DEPTH);

    then('committed', () => world.pay(sender, receiver, witness, 20));
    then('confirmed', () => {
      first = sender.ledger.mine();
      hear(extend(first, DEPTH - 1));
    });
    then('listed by a longer fork', () => {
      fork = { ...extend(fork, 1), payments: first.payments };
      hear(fork);
    });
    then('one block short', () => hear((fork = extend(fork, DEPTH - 2))));
    then('confirmed for two', () => hear((fork = extend(fork, 1)), [sender, receiver]));
    then('confirmed again', () => hear(fork));
    const { broken, committed } = world.run();

    expect(quiet).toEqual([
      ['committed', false],
      ['confirmed', true],
      ['listed by a longer fork', false],
      ['one block short', false],
      ['confirmed for two', false],
      ['confirmed again', true],
    ]);
    expect({ broken: [...broken], committed }).toEqual({ broken: [], committed: 1 });
  });
});

/** So many empty blocks upon this one. */
function extend(block: ModelBlock, count: number): ModelBlock {
  let tip = block;
  for (let i = 0; i < count; i++) tip = { height: tip.height + 1, parent: tip, payments: [] };
  return tip;
}
