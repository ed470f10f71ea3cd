/**
 * Reads a chain as a neighbour sent it, and checks all that the rules determine (R23, R24).
 *
 * Everything but what stands in {@link CHECKED} is left to the neighbour: it may close empty blocks, or set its clock as
 * it likes.
 */
import {
  finishBlock,
  GENESIS_PREVIOUS_HASH,
  hashTransactions,
  type TcpBlock,
  type TimestampValue,
} from './block.ts';
import { GENESIS_PROOF, isProof, isProofNumber } from './proof.ts';
import { readPythonValue, type PythonValue } from './python-json.ts';
import { readTimestamp } from './timestamp.ts';
import { isTransaction, TRANSACTIONS_LIMIT } from './transaction.ts';

/** What is checked, as sentences for the user. */
export const CHECKED: readonly string[] = [
  'blocks are numbered 1, 2, 3 …, and each has a time that can be read (ISO, ctime or epoch)',
  `the first block has proof ${GENESIS_PROOF}, previousHash "${GENESIS_PREVIOUS_HASH}" and no currentHash`,
  `each block has at most ${TRANSACTIONS_LIMIT} transactions, and each of them could have been accepted here`,
  'sha256(str(proof² − previous proof²)) begins with 00',
  'previousHash is the SHA-256 of the previous block as JSON with sorted keys',
  'currentHash is the SHA-256 of previousHash and the transactions (these two not with --any-hashes)',
];

/** Our blocks' hashes have 64 characters; what others make may be longer, but not without end. */
const HASH_LIMIT_CHARS = 256;

export type ChainOutcome =
  | { readonly ok: true; readonly blocks: readonly TcpBlock[] }
  | { readonly ok: false; readonly reason: string };

/**
 * The chain in a reply, JSON or Python's repr. Blocks that are not closed yet (no proof) are left out. Blocks equal to
 * those of `known` at the same place are taken from there, so that a chain that has grown costs its new blocks only.
 */
export function readChain(
  reply: string,
  known: readonly TcpBlock[],
  checksHashes: boolean,
): ChainOutcome {
  const value = readNested(reply);
  if (!value.ok) return { ok: false, reason: `it cannot be read: ${value.reason}` };
  if (!Array.isArray(value.value)) return { ok: false, reason: 'it is no list of blocks' };
  const entries = dropOpenBlocks(value.value as readonly PythonValue[]);
  if (entries.length === 0) return { ok: false, reason: 'it has no block' };
  const blocks: TcpBlock[] = [];
  for (const [place, entry] of entries.entries()) {
    const block = readBlock(entry, known[place]);
    if (typeof block === 'string') return { ok: false, reason: `block ${place + 1} ${block}` };
    const fault =
      block === known[place] && blocks[place - 1] === known[place - 1]
        ? null
        : describeFault(block, blocks[place - 1], checksHashes);
    if (fault !== null) return { ok: false, reason: `block ${place + 1} ${fault}` };
    blocks.push(block);
  }
  return { ok: true, blocks };
}

/** A value that may be written as a text within a text, as by `json.dumps(str(chain))`. */
function readNested(text: string): ReturnType<typeof readPythonValue> {
  const outcome = readPythonValue(text);
  return outcome.ok && typeof outcome.value === 'string' ? readPythonValue(outcome.value) : outcome;
}

/** Some peers send the block that they still fill: it has no proof yet. */
function dropOpenBlocks(entries: readonly PythonValue[]): readonly PythonValue[] {
  let end = entries.length;
  while (end > 0) {
    const entry = unwrap(entries[end - 1]!);
    if (!(entry instanceof Map) || (entry.get('proof') ?? null) !== null) break;
    end--;
  }
  return entries.slice(0, end);
}

/** Some peers send a list of texts, each a block as JSON. */
function unwrap(entry: PythonValue): PythonValue {
  if (typeof entry !== 'string') return entry;
  const outcome = readPythonValue(entry);
  return outcome.ok ? outcome.value : entry;
}

/** The block, or what is wrong with it. */
function readBlock(entry: PythonValue, known: TcpBlock | undefined): TcpBlock | string {
  const members = unwrap(entry);
  if (!(members instanceof Map)) return 'is no object';
  const index = readNumber(members.get('index'));
  const proof = readNumber(members.get('proof'));
  const transactions = members.get('transaction') ?? members.get('transactions');
  const timestamp = members.get('timestamp');
  const previousHash = members.get('previousHash');
  const currentHash = members.get('currentHash') ?? null;
  if (index === null) return 'has no index';
  if (proof === null || !isProofNumber(proof)) return 'has no proof';
  if (!Array.isArray(transactions) || !transactions.every((text) => typeof text === 'string'))
    return 'has no list of transactions';
  const isText = (value: unknown): value is string =>
    typeof value === 'string' && value.length <= HASH_LIMIT_CHARS;
  if (!isText(previousHash)) return 'has no previousHash';
  if (currentHash !== null && !isText(currentHash)) return 'has no currentHash';
  const time = readTime(timestamp);
  if (time === null) return 'has no time that can be read';
  const fields = { index, ...time, transactions, proof, previousHash, currentHash };
  return known !== undefined && isSame(fields, known) ? known : finishBlock(fields);
}

function readNumber(value: PythonValue | undefined): number | null {
  return isNumber(value) && /^\d{1,16}$/.test(value.digits) ? Number(value.digits) : null;
}

function isNumber(value: PythonValue | undefined): value is { digits: string } {
  return typeof value === 'object' && value !== null && 'digits' in value;
}

function readTime(
  value: PythonValue | undefined,
): { timestamp: TimestampValue; timeMs: number } | null {
  if (typeof value !== 'string' && !isNumber(value)) return null;
  const timeMs = readTimestamp(typeof value === 'string' ? value : value.digits);
  return timeMs === null ? null : { timestamp: value, timeMs };
}

function isSame(
  fields: {
    readonly index: number;
    readonly timestamp: TimestampValue;
    readonly transactions: readonly string[];
    readonly proof: number;
    readonly previousHash: string;
    readonly currentHash: string | null;
  },
  known: TcpBlock,
): boolean {
  const digitsOf = (value: TimestampValue) => (typeof value === 'string' ? null : value.digits);
  return (
    fields.index === known.index &&
    fields.proof === known.proof &&
    fields.previousHash === known.previousHash &&
    fields.currentHash === known.currentHash &&
    fields.transactions.length === known.transactions.length &&
    fields.transactions.every((text, place) => text === known.transactions[place]) &&
    (fields.timestamp === known.timestamp ||
      (digitsOf(fields.timestamp) !== null &&
        digitsOf(fields.timestamp) === digitsOf(known.timestamp)))
  );
}

/** What is wrong with a block after `previous`, as the end of a sentence; null where it keeps the rules. */
function describeFault(
  block: TcpBlock,
  previous: TcpBlock | undefined,
  checksHashes: boolean,
): string | null {
  if (block.index !== (previous?.index ?? 0) + 1) return `has the index ${block.index}`;
  if (block.transactions.length > TRANSACTIONS_LIMIT)
    return `has more than ${TRANSACTIONS_LIMIT} transactions`;
  if (!block.transactions.every(isTransaction)) return 'holds what is no transaction';
  if (previous === undefined) {
    if (block.proof !== GENESIS_PROOF) return `has not the proof ${GENESIS_PROOF}`;
    if (checksHashes && block.previousHash !== GENESIS_PREVIOUS_HASH)
      return `has not the previousHash "${GENESIS_PREVIOUS_HASH}"`;
    if (checksHashes && block.currentHash !== null) return 'has a currentHash';
    return null;
  }
  if (!isProof(block.proof, previous.proof)) return 'has no proof of work';
  if (!checksHashes) return null;
  if (block.previousHash !== previous.hash) return 'has not the hash of the block before it';
  if (block.currentHash !== hashTransactions(block.previousHash, block.transactions))
    return 'has not the hash of its transactions';
  return null;
}
