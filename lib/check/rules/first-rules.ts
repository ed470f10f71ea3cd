/**
 * The rules that come first: without them nothing else can be looked at (R2, R3, R6).
 */
import { hashBlock, isGenesisShape } from '../../chain/block.ts';
import { bytesToHex } from '../../chain/bytes.ts';
import type { PreviousField } from '../../chain/codec.ts';
import { meetsTarget } from '../../chain/target.ts';
import { Impossible, type Examiner } from '../examiner.ts';
import { failed, passed, type Finding, type Rule } from '../rule.ts';
import type { Reaction } from '../session.ts';
import { failedBecause, shortHash, tell, tellLastWords } from '../telling.ts';

/** A miner that does not read our field name is told apart by another process that does, and mines meanwhile. */
const OTHER_NAMES: readonly PreviousField[] = ['both', 'previous_hash'];
/** So long a first process may take before others are started beside it. */
const HEAD_START_MS = 5_000;
/** So many blocks of the other process say that the silence of the first is no bad luck (2^-20 at equal speed). */
const TELLING_BLOCKS = 20;
const LOOK_EVERY_MS = 50;

export const startRule: Rule = {
  id: 'start',
  title: 'It takes the genesis block that it hears, and mines on it',
  sent: 'a genesis block with a valid proof of work',
  expected: 'a block of its own',
  needs: [],
  async examine(examiner) {
    if (!examiner.hasProcesses) return startRunning(examiner);
    const heard = new Map<PreviousField, number>();
    let isOver = false;
    let isTold = false;
    const attempt = (field: PreviousField) =>
      tryField(
        examiner,
        field,
        (blocks) => heard.set(field, blocks),
        () => isOver,
      );
    const begun = attempt('previous').finally(() => (isTold = true));
    const others: Promise<unknown>[] = [];
    const startedMs = performance.now();
    while (!isTold && (heard.get('previous') ?? 0) === 0) {
      if (others.length === 0 && performance.now() - startedMs > HEAD_START_MS)
        others.push(...OTHER_NAMES.map(attempt));
      if (OTHER_NAMES.some((field) => (heard.get(field) ?? 0) >= TELLING_BLOCKS)) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    isOver = true;
    const { reaction, words } = await begun;
    await Promise.all(others);
    if ((heard.get('previous') ?? 0) > 0) return passed('It sent a block of its own.');
    const reader = OTHER_NAMES.find((field) => (heard.get(field) ?? 0) > 0);
    if (reader !== undefined) {
      examiner.field = reader;
      return passed('It sent a block of its own once the field was called `previous_hash`.');
    }
    if (reaction.kind === 'ended' && /code 12[67]|not be started/.test(reaction.how))
      throw new Impossible(`The command cannot be run: it ${reaction.how}.${words}`);
    return failed(
      reaction.kind === 'ended'
        ? `The program ${reaction.how} before it sent a block.${words}`
        : `It sent no block. Is its address the one in the command, does it send to all others, and is its TARGET the same (--target)?${words}`,
    );
  },
};

/** Watches a process with its own way of writing the previous hash until it is told to stop, or nothing comes. */
function tryField(
  examiner: Examiner,
  field: PreviousField,
  count: (blocks: number) => void,
  isOver: () => boolean,
): Promise<{ reaction: Reaction; words: string }> {
  return examiner.withSession(
    async (session) => {
      for (;;) {
        const reaction = await session.watch({}, { blocks: 1, leastMs: 0, isOver });
        count(session.found.length);
        if (reaction.kind !== 'elsewhere' || field === 'previous' || isOver())
          return { reaction, words: tellLastWords(session) };
      }
    },
    { field },
  );
}

async function startRunning(examiner: Examiner): Promise<Finding> {
  let last: Finding | null = null;
  for (const field of ['previous', ...OTHER_NAMES] as const) {
    const finding = await examiner.withSession(
      async (session) => {
        const reaction = await session.watch({}, { blocks: 1, leastMs: 0 });
        return reaction.kind === 'elsewhere'
          ? passed(`Block ${shortHash(session.found.at(-1)!.hash)} came.`)
          : failedBecause(
              'It sends us no block: is the examiner one of its others, at the address of --listen?',
              reaction,
              session,
            );
      },
      { field },
    );
    if (finding.outcome === 'passed') {
      examiner.field = field;
      return finding;
    }
    last = finding;
  }
  return last!;
}

export const genesisRule: Rule = {
  id: 'genesis',
  title: 'Told to, it mines the genesis block and sends it to all others',
  sent: 'nothing; the word "genesis" at the end of its command line',
  expected:
    'a block whose previous hash is 32 zero bytes and whose hash meets TARGET, at both others',
  needs: ['hash', 'target', 'broadcast'],
  needsProcesses: true,
  examine: (examiner) =>
    examiner.withFounder(async (session) => {
      const reaction = await session.watch({}, { blocks: 2, leastMs: 0 });
      const first = session.found[0];
      if (first === undefined)
        return failedBecause('It makes no genesis block.', reaction, session);
      if (!isGenesisShape(first.block))
        return failed(
          `The previous hash of its first block is ${bytesToHex(first.block.previousHash)}, not 32 zero bytes.`,
        );
      if (!meetsTarget(hashBlock(first.block), examiner.target))
        return failed(`Its genesis block has no proof of work: its hash is ${first.hash}.`);
      const second = session.found[1];
      if (second === undefined)
        return failedBecause('It does not mine on its own genesis block.', reaction, session);
      if (second.previous !== first.hash)
        return failed(
          `Its second block stands on ${shortHash(second.previous)}, and not on its genesis block ${shortHash(first.hash)}.`,
        );
      return passed(`${tell({ kind: 'on', chain: '', found: first }, session)}`);
    }),
};
