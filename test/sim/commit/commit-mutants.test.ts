import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { PromiseName } from '../../../lib/sim/commit/checkers.ts';
import type * as CommitWorlds from '../../../lib/sim/commit/worlds.ts';
import { bundleCommitWorlds, type SourceChange } from '../../support/simulator-bundle.ts';

/** Worlds in which a deliberate bug has to show. */
const SEEDS = 300;
const TIMEOUT_MS = 120_000;

interface Mutant extends SourceChange {
  /** What it does wrong, as the end of a test's name. */
  readonly name: string;
  /** One of these has to be broken. */
  readonly breaks: readonly PromiseName[];
}

const MUTANTS: readonly Mutant[] = [
  {
    name: 'a vote that is told before it is on the disk',
    file: 'lib/ledger/commit/desk.ts',
    find: `this.#outputs.push({ kind: 'write', id, record, ticket: this.#remember(this.#writes, then) });`,
    replace: `this.#outputs.push({ kind: 'write', id, record, ticket: 0 }); then();`,
    breaks: ['not-durable'],
  },
  {
    name: 'a cohort that has voted gives up alone',
    file: 'lib/ledger/commit/cohort.ts',
    find: 'else if (vote.inquireMs <= nowMs) this.#inquire(vote);',
    replace: `else if (vote.inquireMs <= nowMs) this.#setAborted(vote, 'no-vote');`,
    breaks: ['split', 'undecided'],
  },
  {
    name: 'a sender that gives up after it has signed',
    file: 'lib/ledger/commit/coordinator.ts',
    find: `attempt.phase === 'opening' || attempt.phase === 'asking';`,
    replace: `attempt.phase !== 'aborted';`,
    breaks: ['split'],
  },
  {
    name: 'a sender that forgets over a restart that it has signed',
    file: 'lib/ledger/commit/coordinator.ts',
    find: `        this.#setCommitted(attempt, record.transaction);
        attempt.submitMs`,
    replace: `        attempt.phase = 'aborted';
        attempt.submitMs`,
    breaks: ['called-off'],
  },
  {
    name: 'a cohort that votes for a coin twice',
    file: 'lib/ledger/commit/cohort.ts',
    find: `if (vote.body.inputs.some((name) => body.inputs.includes(name))) return 'locked-input';`,
    replace: '',
    breaks: ['voted-twice'],
  },
  {
    name: 'a payment that never was is kept for ever',
    file: 'lib/ledger/commit/cohort.ts',
    find: 'if (!isFinal(fate)) return;',
    replace: `if (!isFinal(fate) || fate.kind === 'void') return;`,
    breaks: ['locked'],
  },
];

describe('the checkers of two-phase commit bite', () => {
  for (const mutant of MUTANTS)
    it(
      mutant.name,
      async () => {
        const path = await bundleCommitWorlds([mutant]);
        try {
          const worlds = (await import(pathToFileURL(path).href)) as typeof CommitWorlds;
          expect(findBroken(worlds, mutant)).toBe(true);
        } finally {
          await rm(dirname(path), { recursive: true });
        }
      },
      TIMEOUT_MS,
    );
});

function findBroken({ runCommitWorld }: typeof CommitWorlds, { breaks }: Mutant): boolean {
  for (let seed = 0; seed < SEEDS; seed++) {
    const { broken } = runCommitWorld(seed);
    if (breaks.some((name) => broken.has(name))) return true;
  }
  return false;
}
