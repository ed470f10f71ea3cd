/**
 * What a miner makes of its hash rate: how it reacts to a new tip, and how many of its blocks stay (R8).
 */
import { failed, passed, unclear, type Rule } from '../rule.ts';
import type { FoundBlock, Session } from '../session.ts';
import { count, failedBecause } from '../telling.ts';
import type { Examiner } from '../examiner.ts';
import type { OwnBlock } from '../material.ts';

const TIPS = 8;
/**
 * A miner that looks at what it heard only after its own search finds a stale block after each tip. One that looks
 * every 100 ms at a block every 400 ms finds seven stale ones of eight by accident once in 2,000 times.
 */
const STALE_LIMIT = 7;
/** A tip that came too late, because the miner found a block while ours was mined, is tried again. */
const TIP_ATTEMPTS = 5 * TIPS;

export const reactionRule: Rule = {
  id: 'reaction',
  title: 'A new tip is mined on at once, not after the search under way',
  sent: `${TIPS} new tips, each while it mines on the one before`,
  expected: 'its next block stands on the new tip; now and then one on the old tip was under way',
  needs: ['target', 'extends'],
  runsAlone: true,
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const start = await session.watch({}, { blocks: 1, leastMs: 0 });
      if (start.kind !== 'elsewhere')
        return failedBecause('It does not mine on the first block.', start, session);
      const delaysMs: number[] = [];
      let stale = 0;
      let slowestMs = 0;
      for (let i = 0; i < TIP_ATTEMPTS && delaysMs.length + stale < TIPS; i++) {
        const newest = session.tip!;
        const [tip] = await examiner.material.chain(newest.hash, 'tip', 1);
        if (session.tip !== newest) continue;
        session.send([tip!]);
        const sentMs = performance.now();
        const reaction = await session.watch(
          { tip: tip!.hash, old: newest.hash },
          { blocks: 1, leastMs: 0 },
        );
        if (reaction.kind !== 'on') {
          if (reaction.kind === 'elsewhere') continue;
          return failedBecause('New tips stop it.', reaction, session);
        }
        const afterMs = reaction.found.atMs - sentMs;
        if (reaction.chain === 'tip') delaysMs.push(afterMs);
        else {
          stale++;
          slowestMs = Math.max(slowestMs, afterMs);
        }
      }
      const tips = delaysMs.length + stale;
      if (tips < TIPS)
        return unclear('The miner finds blocks too fast to be shown a tip in time (--target).');
      const slowest = stale === 0 ? '' : `, the last ${Math.round(slowestMs)} ms after the tip`;
      const figures = `${count(stale, 'stale block')} after ${TIPS} tips${slowest}; it finds one every ${Math.round(examiner.evidence.meanIntervalMs())} ms.`;
      return stale >= STALE_LIMIT
        ? failed(`It goes on searching for the old tip until it has found a block. ${figures}`)
        : passed(figures);
    }),
};

/** Blocks of the miner that are counted. */
const SHARE_BLOCKS = 24;
/** An honest miner keeps nearly all; one that keeps less than a third works for nothing. */
const KEPT_LEAST = 1 / 3;
const LOOK_EVERY_MS = 5;

export const shareRule: Rule = {
  id: 'share',
  title: 'Its share of the longest chain is what its hash rate deserves',
  sent: 'blocks of a competitor as fast as the miner itself, which plays by the rules',
  expected: 'about as large a share of the longest chain as of all blocks found',
  needs: ['target', 'extends', 'longest-chain'],
  runsAlone: true,
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const race = await compete(examiner, session);
      if (race.stopped !== null)
        return failedBecause('A competitor stops it.', race.stopped, session);
      const { found, ours, kept, oursKept } = race;
      const share = (part: number, rest: number) =>
        `${Math.round((100 * part) / Math.max(1, part + rest))} %`;
      const figures = `It found ${found} of ${found + ours} blocks (${share(found, ours)}); ${kept} of the ${kept + oursKept} on the longest chain are its own (${share(kept, oursKept)}).`;
      return kept < KEPT_LEAST * found
        ? failed(`Most of its blocks are lost. ${figures}`)
        : passed(figures);
    }),
};

interface Race {
  readonly found: number;
  readonly ours: number;
  readonly kept: number;
  readonly oursKept: number;
  readonly stopped: Exclude<
    Awaited<ReturnType<Session['watch']>>,
    { kind: 'on' | 'elsewhere' }
  > | null;
}

/** Plays an honest miner whose blocks come, at random, as often as those of the examined one. */
async function compete(examiner: Examiner, session: Session): Promise<Race> {
  const first = session.found.length;
  let tip: OwnBlock | FoundBlock | null = null;
  let ours = 0;
  let read = first;
  const own = new Set<string>();
  const heightOf = (block: { hash: string } | null) =>
    block === null ? 0 : (session.heightOf(block.hash) ?? 0);
  for (;;) {
    const waitMs =
      -Math.log(1 - Math.random()) * Math.max(LOOK_EVERY_MS, examiner.evidence.meanIntervalMs());
    const dueMs = performance.now() + waitMs;
    // What is found takes no memory: the wait begins anew with each block without being unfair.
    while (performance.now() < dueMs && session.found.length === read) {
      const seen = session.ended;
      if (seen !== null) return lost({ kind: 'ended', how: seen });
      const reaction = await session.watch(
        {},
        { blocks: 1, leastMs: 0, isOver: () => performance.now() >= dueMs },
      );
      if (reaction.kind === 'silent' || reaction.kind === 'ended') return lost(reaction);
    }
    for (; read < session.found.length; read++) {
      const block = session.found[read]!;
      if (heightOf(block) > heightOf(tip)) tip = block;
    }
    if (session.found.length - first >= SHARE_BLOCKS) break;
    if (performance.now() < dueMs) continue;
    const [block]: readonly OwnBlock[] = await examiner.material.chain(
      tip?.hash ?? session.base,
      'competitor',
      1,
    );
    session.send([block!]);
    own.add(block!.hash);
    ours++;
    if (heightOf(block!) > heightOf(tip)) tip = block!;
  }
  let kept = 0;
  let oursKept = 0;
  for (let at = tip?.hash; at !== undefined && at !== session.base; at = session.parentOf(at))
    if (own.has(at)) oursKept++;
    else kept++;
  return { found: session.found.length - first, ours, kept, oursKept, stopped: null };

  function lost(stopped: NonNullable<Race['stopped']>): Race {
    return { found: session.found.length - first, ours, kept: 0, oursKept: 0, stopped };
  }
}
