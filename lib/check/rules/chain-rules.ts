/**
 * Rules of consensus: which blocks a miner builds on (R3, R5).
 */
import { failed, passed, type Rule } from '../rule.ts';
import { failedBecause, shortHash, tell, TOO_FAST } from '../telling.ts';
import { LINGER_BLOCKS, UNSEEN_MS } from '../examiner.ts';

/** Whether a miner lets an equal branch win could show by accident only: a block found between two datagrams. */
const EQUAL_ROUNDS = 3;
/** Rounds beside those in which the miner had found too much itself. */
const EQUAL_ATTEMPTS = 8;
const EQUAL_LENGTH = 3;

/** It may find a block of its own before ours comes. */
const TIP_ATTEMPTS = 12;

export const extendsRule: Rule = {
  id: 'extends',
  title: 'It mines on blocks that it hears',
  sent: 'a valid block on top of its chain; again, where it was faster',
  expected: 'its next block stands on it',
  needs: ['start', 'hash', 'target', 'broadcast'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      await session.watch({}, { blocks: 1, leastMs: 0 });
      for (let i = 0; i < TIP_ATTEMPTS && session.tip !== undefined; i++) {
        const newest = session.tip;
        const next = await examiner.material.chain(newest.hash, 'next', 1);
        // A miner that never leaves its own branch takes only what stands on its own tip.
        if (session.tip !== newest) continue;
        session.send(next);
        const reaction = await session.watch({ top: next[0]!.hash }, { blocks: 2, leastMs: 0 });
        if (reaction.kind === 'on') return passed(tell(reaction, session));
        if (reaction.kind !== 'elsewhere') break;
      }
      const reaction = await examiner.follow(session, session.base, 'A');
      return reaction.kind === 'on'
        ? passed(tell(reaction, session))
        : failedBecause('It does not build on what others find.', reaction, session);
    }),
};

export const longestChainRule: Rule = {
  id: 'longest-chain',
  title: 'The longest chain wins, also where it forks off below',
  sent: 'a longer branch from below its own blocks, block by block',
  expected: 'it leaves its own blocks and mines on the branch',
  needs: ['target', 'extends'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const first = await session.watch({ base: session.base });
      if (first.kind !== 'on')
        return failedBecause('It does not mine on the first block.', first, session);
      const reaction = await examiner.follow(session, session.base, 'B');
      return reaction.kind === 'on'
        ? passed(`It left its own ${shortHash(first.found.hash)}. ${tell(reaction, session)}`)
        : failedBecause('It does not change to a longer branch.', reaction, session);
    }),
};

export const shorterBranchRule: Rule = {
  id: 'shorter-branch',
  title: 'A shorter branch does not win',
  sent: 'three blocks or more, then two of another branch from the same parent',
  expected: 'it stays on the longer chain',
  needs: ['target', 'extends', 'longest-chain'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const base = session.base;
      const settled = await examiner.follow(session, base, 'A');
      if (settled.kind !== 'on')
        return failedBecause('It does not build on what others find.', settled, session);
      const short = await examiner.material.chain(base, 'B', 2);
      session.send(short);
      const reaction = await session.watch(
        { first: short[0]!.hash },
        { blocks: LINGER_BLOCKS, leastMs: 0 },
      );
      if (reaction.kind === 'on')
        return failed(
          `It leaves the longest chain for a shorter branch that came later. ${tell(reaction, session)}`,
        );
      return reaction.kind === 'elsewhere'
        ? passed('It stayed.')
        : failedBecause('A branch stops it.', reaction, session);
    }),
};

export const equalBranchesRule: Rule = {
  id: 'equal-branches',
  title: 'Of equally long chains the first seen stays',
  sent: `some blocks, then as many of another branch from the same parent; ${EQUAL_ROUNDS} times`,
  expected: 'its next block stands on the branch that came first',
  needs: ['target', 'extends', 'shorter-branch'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      let base = session.base;
      let stayed = 0;
      for (let i = 0; i < EQUAL_ATTEMPTS && stayed < EQUAL_ROUNDS; i++) {
        const length = (i - stayed + 1) * (EQUAL_LENGTH + examiner.blocksWithin(UNSEEN_MS));
        const first = await examiner.material.chain(base, 'A', length);
        const second = await examiner.material.chain(base, 'B', length);
        session.send([...first, ...second]);
        const reaction = await session.watch({
          second: second.at(-1)!.hash,
          first: first.at(-1)!.hash,
          // It may have found blocks meanwhile that keep it where it is.
          base,
        });
        if (reaction.kind === 'silent' || reaction.kind === 'ended')
          return failedBecause('Two equal branches stop it.', reaction, session);
        if (reaction.kind === 'on' && reaction.chain === 'second')
          return failed(`It changes to a branch that is no longer. ${tell(reaction, session)}`);
        if (reaction.kind === 'on' && reaction.chain === 'first') stayed++;
        base = session.tip?.hash ?? base;
      }
      return stayed > 0
        ? passed(`It stayed with the first, ${stayed === 1 ? 'once' : `${stayed} times`}.`)
        : TOO_FAST;
    }),
};

export const secondGenesisRule: Rule = {
  id: 'second-genesis',
  title: 'Another genesis block changes nothing',
  sent: 'a second genesis block, and a chain on it that is longer than all others',
  expected: 'it stays on the chain of the first',
  needs: ['target', 'extends', 'longest-chain', 'orphans'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const genesis = await examiner.material.genesis('another genesis');
      const reaction = await examiner.tempt(session, genesis.hash, 'A', {}, (chain) => {
        session.send([genesis, ...chain]);
        return genesis.hash;
      });
      if (reaction.kind === 'on')
        return failed(`It changes to the chain of a second genesis. ${tell(reaction, session)}`);
      if (reaction.kind !== 'elsewhere')
        return failedBecause('A second genesis stops it.', reaction, session);
      const after = await examiner.follow(session, session.base, 'A');
      return after.kind === 'on'
        ? passed('It stayed, and follows its own chain as before.')
        : failedBecause(
            'After a second genesis it no longer follows the first chain.',
            after,
            session,
          );
    }),
};

export const orphansRule: Rule = {
  id: 'orphans',
  title: 'A block whose parent is unknown is not built on, and may come again',
  sent: 'blocks whose parent is withheld; then the parent; then the blocks again',
  expected: 'it waits for the parent, and mines on the blocks when they came again',
  needs: ['target', 'extends', 'longest-chain'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const early = await examiner.tempt(session, session.base, 'A', {}, (chain) => {
        session.send(chain.slice(1));
        return chain[1]!.hash;
      });
      if (early.kind === 'on')
        return failed(`It builds on a block without knowing its parent. ${tell(early, session)}`);
      if (early.kind !== 'elsewhere')
        return failedBecause('A block with an unknown parent stops it.', early, session);
      const [parent, orphan] = await examiner.material.chain(session.base, 'A', 2);
      session.send([parent!]);
      const joined = await session.watch(
        { orphan: orphan!.hash },
        { blocks: LINGER_BLOCKS, leastMs: 0 },
      );
      if (joined.kind === 'on')
        return passed('It kept them apart, and they joined when the parent came.');
      session.forget();
      const again = await examiner.follow(session, session.base, 'A');
      return again.kind === 'on'
        ? passed('It dropped them, and took them when they came again.', [
            'It drops blocks whose parent is unknown, as it may: others have to send them again.',
          ])
        : failedBecause(
            'It refuses a block for ever that it once heard too early.',
            again,
            session,
          );
    }),
};
