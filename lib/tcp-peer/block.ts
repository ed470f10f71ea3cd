/**
 * A block of the TCP peers: its fields, its two hashes, and its text on the wire (R23, R24).
 *
 * previousHash is SHA-256 of the previous block as JSON with sorted keys and Python's default separators; currentHash is
 * SHA-256 of previousHash and the transactions, joined without anything between them.
 */
import { GENESIS_PROOF, hashText } from './proof.ts';
import { writePythonString, writeSturdyString } from './python-json.ts';
import { readTimestamp, writeTimestamp, type TimestampFormat } from './timestamp.ts';

/** What stands for the hash before the first block. */
export const GENESIS_PREVIOUS_HASH = 'genesis';

/** How a time stamp stands in JSON: a text, or a number by its digits. */
export type TimestampValue = string | { readonly digits: string };

export interface BlockFields {
  /** 1 for the genesis block. */
  readonly index: number;
  readonly timestamp: TimestampValue;
  /** What `timestamp` means, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly transactions: readonly string[];
  readonly proof: number;
  readonly previousHash: string;
  /** Null in genesis blocks. */
  readonly currentHash: string | null;
}

export interface TcpBlock extends BlockFields {
  /** SHA-256 of the block as JSON: the previousHash of the block that follows. */
  readonly hash: string;
  /** The block as it is sent. */
  readonly wire: string;
}

/** A block with its hash and its text. */
export function finishBlock(fields: BlockFields): TcpBlock {
  return {
    ...fields,
    hash: hashText(writeBlock(fields, writePythonString, SORTED)),
    wire: writeBlock(fields, writeSturdyString, USUAL),
  };
}

/** A genesis block of this time. */
export function makeGenesis(timeMs: number, format: TimestampFormat): TcpBlock {
  return finishBlock({
    index: 1,
    ...makeTimestamp(timeMs, format),
    transactions: [],
    proof: GENESIS_PROOF,
    previousHash: GENESIS_PREVIOUS_HASH,
    currentHash: null,
  });
}

/** The block after `previous` that holds these transactions. */
export function makeBlock(
  previous: TcpBlock,
  proof: number,
  transactions: readonly string[],
  timeMs: number,
  format: TimestampFormat,
): TcpBlock {
  return finishBlock({
    index: previous.index + 1,
    ...makeTimestamp(timeMs, format),
    transactions,
    proof,
    previousHash: previous.hash,
    currentHash: hashTransactions(previous.hash, transactions),
  });
}

/** The currentHash of a block. */
export function hashTransactions(previousHash: string, transactions: readonly string[]): string {
  return hashText(previousHash + transactions.join(''));
}

/** A block that is still to be found, as `pb` shows it: what is not known yet is null. */
export function writeOpenBlock(
  index: number,
  previousHash: string | null,
  transactions: readonly string[],
): string {
  const hash = previousHash === null ? 'null' : writeSturdyString(previousHash);
  return `{"index": ${index}, "timestamp": null, "transaction": [${transactions.map(writeSturdyString).join(', ')}], "proof": null, "previousHash": ${hash}, "currentHash": null}`;
}

function makeTimestamp(
  timeMs: number,
  format: TimestampFormat,
): Pick<BlockFields, 'timestamp' | 'timeMs'> {
  const text = writeTimestamp(timeMs, format);
  // What others read in the text, and not more: else we alone would think a block earlier within its second.
  const readMs = readTimestamp(text) ?? timeMs;
  return { timestamp: format === 'epoch' ? { digits: text } : text, timeMs: readMs };
}

/** The order in which the seed names the fields, and the order of hashing. */
const USUAL = ['index', 'timestamp', 'transaction', 'proof', 'previousHash', 'currentHash'];
const SORTED = [...USUAL].sort();

function writeBlock(
  block: BlockFields,
  writeString: (text: string) => string,
  order: readonly string[],
): string {
  const { timestamp, currentHash } = block;
  const members: Record<string, string> = {
    index: String(block.index),
    timestamp: typeof timestamp === 'string' ? writeString(timestamp) : timestamp.digits,
    transaction: `[${block.transactions.map(writeString).join(', ')}]`,
    proof: String(block.proof),
    previousHash: writeString(block.previousHash),
    currentHash: currentHash === null ? 'null' : writeString(currentHash),
  };
  return `{${order.map((name) => `"${name}": ${members[name]}`).join(', ')}}`;
}
