/**
 * Which notes of a room are missing among the transactions of a TCP network, and which transactions in the room: each
 * belongs into both, once.
 *
 * Nothing is remembered for that. A note that is a whole transaction (`tx|Abcd1234|hello`) stands for it; any other note
 * stands for the transaction that {@link transactionOf} makes of it. So both sides can be counted and compared, and a
 * bridge that starts again, or a chain that changes, doubles nothing.
 */
import type { Payload } from '../ledger/payload.ts';
import { cleanNote } from '../ledger/text.ts';
import { CONTENT_LIMIT_CHARS, isTransaction } from '../tcp-peer/transaction.ts';

/** Blocks from the tip down from which a note becomes a transaction: a block that loses a tie at the tip should not. */
export const NOTE_DEPTH = 2;

const LETTERS = 'abcdefghijklmnop';
const DIGITS_MODULUS = 10_000;

/** A note on the best chain of a room. */
export interface RoomNote extends Pick<Payload, 'note' | 'name' | 'miner'> {
  /** 1 at the tip. */
  readonly depth: number;
}

export interface BridgePlan {
  /** Transactions to submit, oldest first. */
  readonly submit: readonly string[];
  /** The note to write next; null where the room has all. */
  readonly post: string | null;
}

const NOTHING_HELD: ReadonlySet<string> = new Set();

/**
 * What is missing on either side. Both are given oldest first. `held` are transactions made of notes not long ago: where
 * such a note is reverted, its writer writes it again, and the bridge must not do so too.
 */
export function planBridge(
  transactions: Iterable<string>,
  notes: readonly RoomNote[],
  held: ReadonlySet<string> = NOTHING_HELD,
): BridgePlan {
  const here = [...transactions];
  const countHere = countAll(here.map(cleanNote));
  const lines = notes.map(transactionOf);
  const countThere = countAll(lines.map(cleanNote));

  const submit: string[] = [];
  const deep = lines.filter((_, place) => notes[place]!.depth >= NOTE_DEPTH);
  for (const [line, copy] of numberCopies(deep))
    if (copy > (countHere.get(cleanNote(line)) ?? 0)) submit.push(line);
  for (const [line, copy] of numberCopies(here))
    if (copy > (countThere.get(cleanNote(line)) ?? 0) && !held.has(line))
      return { submit, post: cleanNote(line) };
  return { submit, post: null };
}

/** The transaction that a note stands for. */
export function transactionOf({ note, name, miner }: Omit<RoomNote, 'depth'>): string {
  return isTransaction(note) ? note : `tx|${senderOf(name, miner)}|${contentOf(note)}`;
}

/**
 * The sender of a note: the first four letters of its writer's name, filled up with letters from the account, and four
 * digits from the account. Ada with the account 3fa9… is `Adad` and the digits.
 */
function senderOf(name: string, account: string): string {
  const plain = name.normalize('NFKD').replace(/[^a-zA-Z]/g, '');
  const filling = [...account].map((digit) => LETTERS[parseInt(digit, 16)]!).join('');
  const digits = parseInt(account.slice(-8), 16) % DIGITS_MODULUS;
  return `${(plain + filling).slice(0, 4)}${String(digits).padStart(4, '0')}`;
}

/** A note as content: bars become slashes, and what is too long is cut. */
function contentOf(note: string): string {
  const points = [...note.replaceAll('|', '/')];
  if (points.length <= CONTENT_LIMIT_CHARS) return points.join('');
  return `${points.slice(0, CONTENT_LIMIT_CHARS - 1).join('')}…`;
}

function countAll(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** Each line with the number of its copy: 1 for the first line of a text, 2 for the second. */
function* numberCopies(lines: readonly string[]): Generator<[line: string, copy: number]> {
  const seen = new Map<string, number>();
  for (const line of lines) {
    const key = cleanNote(line);
    const copy = (seen.get(key) ?? 0) + 1;
    seen.set(key, copy);
    yield [line, copy];
  }
}
