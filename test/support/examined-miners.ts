/**
 * Miners with one known defect each, and what an examination must say of them: that defect, and nothing else (R34).
 */
import { fileURLToPath } from 'node:url';
import { examine, type Report } from '../../lib/check/examination.ts';
import type { RuleId } from '../../lib/check/rule.ts';
import { pythonPath } from '../e2e/harness/processes.ts';

export interface ExaminedMiner {
  /** As faulty_miner.py calls it. */
  readonly defect: string;
  /** The rules that it breaks; all others hold, or cannot be judged because of these. */
  readonly breaks: readonly RuleId[];
  /** Words of the finding that name the defect. */
  readonly words: RegExp;
}

const NOTHING = { breaks: [], words: /^/ };

export const EXAMINED_MINERS: readonly ExaminedMiner[] = [
  { defect: 'none', ...NOTHING },
  { defect: 'allowed-upper-case', ...NOTHING },
  { defect: 'allowed-more-fields', ...NOTHING },
  { defect: 'allowed-relays', ...NOTHING },
  { defect: 'writes-previous-hash', breaks: ['encoding'], words: /`previous_hash`/ },
  { defect: 'only-previous-hash', breaks: ['encoding'], words: /does not read blocks that name/ },
  { defect: 'base64-without-padding', breaks: ['encoding'], words: /lacks its padding/ },
  { defect: 'proof-as-number', breaks: ['encoding'], words: /`p_o_w` is a number/ },
  { defect: 'hash-without-proof', breaks: ['hash'], words: /without p_o_w/ },
  { defect: 'hash-of-base64', breaks: ['hash'], words: /over the base64 text/ },
  { defect: 'hash-in-other-order', breaks: ['hash'], words: /in the order previous_hash, data/ },
  { defect: 'easy-target', breaks: ['target'], words: /target is easier/ },
  { defect: 'hard-target', breaks: ['target'], words: /target is harder/ },
  { defect: 'little-endian', breaks: ['target'], words: /little-endian/ },
  { defect: 'no-work', breaks: ['target'], words: /does not search for a proof/ },
  { defect: 'no-work-check', breaks: ['work'], words: /without any work/ },
  { defect: 'genesis-without-zeros', breaks: ['genesis'], words: /not 32 zero bytes/ },
  { defect: 'genesis-without-work', breaks: ['genesis'], words: /no proof of work/ },
  { defect: 'first-only', breaks: ['broadcast'], words: /did not come to the second/ },
  { defect: 'withholds', breaks: ['broadcast'], words: /that it never sent/ },
  { defect: 'deaf', breaks: ['extends'], words: /does not build on what others find/ },
  { defect: 'no-forks', breaks: ['longest-chain'], words: /does not change to a longer branch/ },
  { defect: 'newest-wins', breaks: ['shorter-branch'], words: /for a shorter branch/ },
  { defect: 'last-of-equals', breaks: ['equal-branches'], words: /a branch that is no longer/ },
  { defect: 'takes-any-genesis', breaks: ['second-genesis'], words: /chain of a second genesis/ },
  { defect: 'takes-orphans', breaks: ['orphans'], words: /without knowing its parent/ },
  { defect: 'never-again', breaks: ['orphans'], words: /heard too early/ },
  { defect: 'fixed-format', breaks: ['formats'], words: /JSON that is written otherwise/ },
  { defect: 'data-as-text', breaks: ['data'], words: /data that are no text/ },
  { defect: 'small-buffer', breaks: ['full-size'], words: /buffer is too small/ },
  { defect: 'any-length', breaks: ['lengths'], words: /accepts 4097 bytes/ },
  { defect: 'goes-back', breaks: ['duplicates'], words: /goes back to an old block/ },
  { defect: 'finishes-first', breaks: ['reaction'], words: /goes on searching for the old tip/ },
  { defect: 'dies-of-bad-input', breaks: ['bad-input'], words: /ends its listening for good/ },
];

const PROGRAM = fileURLToPath(new URL('../reference/faulty_miner.py', import.meta.url));
/** About a thousand hashes a block, at three or four blocks a second: many such miners fit on one core. */
export const EXAMINED_TARGET = { text: '2**246', target: 1n << 246n };
export const EXAMINED_RATE = 3_500;
/** They find a block every third of a second; on a loaded machine none may come for some seconds. */
export const SILENCE_MS = 20_000;
const JOBS = 6;

/** The command line of such a miner, with `{addr}` and `{others}` in it. */
export function commandOf(defect: string): string {
  const settings = `TARGET='${EXAMINED_TARGET.text}' HASHES_PER_SECOND=${EXAMINED_RATE}`;
  return `${settings} exec '${pythonPath()}' '${PROGRAM}' ${defect} {addr} {others}`;
}

/** Examines one by the rules named, and those that they need; by all where none is. */
export async function examineMiner(defect: string, only?: readonly RuleId[]): Promise<Report> {
  const outcome = await examine({
    subject: { kind: 'exec', command: commandOf(defect) },
    target: EXAMINED_TARGET.target,
    silenceMs: SILENCE_MS,
    jobs: JOBS,
    ...(only !== undefined && { only }),
  });
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.report;
}

/** What is wrong with the report on such a miner; null where it says what it should. */
export function judgeReport({ breaks, words }: ExaminedMiner, { results }: Report): string | null {
  const failed = results.filter(({ finding }) => finding.outcome === 'failed');
  const told = failed.map(({ id, finding }) => `${id}: ${finding.came}`).join('\n');
  const missed = breaks.filter((id) => !failed.some((result) => result.id === id));
  const invented = failed.filter(({ id }) => !breaks.includes(id)).map(({ id }) => id);
  if (missed.length > 0) return `missed ${missed.join(', ')}\n${tellAll(results)}`;
  if (invented.length > 0) return `invented ${invented.join(', ')}\n${told}`;
  if (!failed.every(({ finding }) => words.test(finding.came))) return `unnamed\n${told}`;
  const open = results.filter(({ finding }) => finding.outcome === 'unclear');
  return breaks.length === 0 && open.length > 0 ? `unclear\n${tellAll(open)}` : null;
}

function tellAll(results: Report['results']): string {
  return results.map(({ id, finding }) => `${finding.outcome} ${id}: ${finding.came}`).join('\n');
}
