/**
 * Words for what a miner did, and findings made of them.
 */
import { failed, unclear, type Finding } from './rule.ts';
import type { Reaction, Session } from './session.ts';

const HASH_DIGITS = 12;

/** A hash as people compare it by eye. */
export const shortHash = (hash: string) => `${hash.slice(0, HASH_DIGITS)}…`;

/** `1 block`, `3 blocks`. */
export const count = (number: number, noun: string) =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;

/** What came, as a sentence. */
export function tell(reaction: Reaction, session: Session): string {
  switch (reaction.kind) {
    case 'on':
      return `Block ${shortHash(reaction.found.hash)} came, on ${shortHash(reaction.found.previous)}.`;
    case 'elsewhere': {
      const last = reaction.found.at(-1);
      const where = last === undefined ? '' : `, the last on ${shortHash(last.previous)}`;
      return `${count(reaction.found.length, 'block')} came${where}, none of them on the chain that was sent.`;
    }
    case 'ahead':
      return 'It was ahead of all that was sent.';
    case 'silent':
      return `No block came for ${Math.round(reaction.ms / 1000)} s (--silence).${tellLastWords(session)}`;
    case 'ended':
      return `The program ${reaction.how}.${tellLastWords(session)}`;
  }
}

/** The miner's own last line of complaint, which often is the whole story. */
export function tellLastWords(session: Session): string {
  return session.lastWords === '' ? '' : ` Its last words: "${session.lastWords}".`;
}

/** A rule failed because the miner is not where it should be; unclear where it could not be shown a longer chain. */
export function failedBecause(defect: string, reaction: Reaction, session: Session): Finding {
  if (reaction.kind === 'ahead') return TOO_FAST;
  return failed(`${defect} ${tell(reaction, session)}`.trimStart());
}

export const TOO_FAST = unclear(
  'The miner finds blocks faster than the examiner: use a harder target (--target).',
);
