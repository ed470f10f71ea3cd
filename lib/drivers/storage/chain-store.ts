/**
 * Keeps one peer's chain, its payments under way and its own transactions that wait, in an abstract-level database:
 * IndexedDB in tabs, LevelDB in Node, memory in tests (R28).
 *
 * Records are appended in their order of arrival, so that reading them back rebuilds the same tree with the same tip.
 * Writes run one after the other, and what arrives meanwhile goes out as one batch, which is kept whole or not at all.
 *
 * The promise: a block counts as stored once its batch is synced to the disk, and not before. What was stored is there
 * after the process was killed at any moment, and in Node after a power cut. Browsers keep their own pace of syncing.
 */
import type { AbstractLevel } from 'abstract-level';
import { hashBlockHex, type Block } from '../../chain/block.ts';
import { bytesToHex } from '../../chain/bytes.ts';
import type { TreeEntry } from '../../chain/tree.ts';
import type { PersistRecord, StoredChain } from '../../peer/inputs.ts';
import {
  BLOCK_END,
  BLOCK_PREFIX,
  blockKey,
  GENESIS_KEY,
  PAYMENT_END,
  PAYMENT_PREFIX,
  READ_BLOCKS,
  readBlock,
  readGenesis,
  STORE_VERSION,
  TRANSACTION_END,
  TRANSACTION_PREFIX,
  VERSION_KEY,
  writeBlock,
  writeGenesis,
} from './records.ts';

export type ByteStore = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>;

/** Blocks that wait to be written while a write is slow. Beyond, the store is given up: it does not keep pace. */
export const WAITING_BLOCKS_LIMIT = 100_000;

/** Layers that cannot sync take no notice of this. */
const SYNCED = { sync: true } as object;

export type StoreOutcome =
  | { readonly ok: true; readonly store: ChainStore; readonly stored: StoredChain | null }
  | {
      readonly ok: false;
      /** What the store holds cannot be used, or the store could not be reached at all. */
      readonly cause: 'content' | 'access';
      readonly message: string;
    };

export interface ChainStore {
  /** Height of the highest block that is stored; null where none is. */
  readonly storedHeight: number | null;
  /** Bytes of all records that are stored, those of earlier runs included. */
  readonly storedBytes: number;
  /** Queues a record; calls back once it is on the disk, and never where the store was given up before. */
  write(record: PersistRecord, stored?: () => void): void;
  /** Resolves when all that was queued before is on the disk, or the store was given up. */
  flush(): Promise<void>;
  /** Flushes and closes. */
  close(): Promise<void>;
}

/** Told of blocks that are stored from now on. */
export type StoredListener = (entries: readonly TreeEntry[]) => void;

type Operation = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string };

/**
 * Opens the database and reads the chain that it holds. A store that cannot be read is refused and never reset.
 * @param failed called once when a later write fails; the peer goes on without storing
 * @param kept called after every batch with the blocks that are stored now
 */
export async function openChainStore(
  database: ByteStore,
  failed: (message: string) => void,
  kept: StoredListener = () => undefined,
): Promise<StoreOutcome> {
  let stored: StoredChain | null;
  let firstKey = 0;
  let nextKey = 0;
  let storedBytes = 0;
  /** Keys of payments and transactions that are stored, or will be by what is queued. */
  const recordKeys = new Set<string>();
  try {
    await database.open();
    const version = await database.get(VERSION_KEY);
    if (version !== undefined && version[0] !== STORE_VERSION) {
      await database.close();
      return {
        ok: false,
        cause: 'content',
        message: `The stored chain has layout ${version[0]}, which this version cannot read.`,
      };
    }
    const read = await readChain(database);
    if (typeof read === 'string') {
      await database.close();
      return { ok: false, cause: 'content', message: read };
    }
    stored = read.stored;
    ({ firstKey, nextKey, bytes: storedBytes } = read);
    for (const key of read.recordKeys) recordKeys.add(key);
  } catch (error) {
    await database.close().catch(() => undefined);
    const message = `The chain cannot be read from the store: ${explainCause(error)}.`;
    return { ok: false, cause: 'access', message };
  }

  let waiting: Operation[] = [];
  let waitingEntries: TreeEntry[] = [];
  let waitingCalls: (() => void)[] = [];
  let storedHeight: number | null = null;
  let writing: Promise<void> | null = null;
  let broken = false;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0 && !broken) {
      const batch = waiting;
      const entries = waitingEntries;
      const calls = waitingCalls;
      waiting = [];
      waitingEntries = [];
      waitingCalls = [];
      try {
        await database.batch(batch, SYNCED);
      } catch (error) {
        giveUp(explainWriteError(error));
        break;
      }
      if (batch.some(({ key }) => key === GENESIS_KEY)) {
        storedBytes = 0;
        storedHeight = null;
      }
      for (const operation of batch) storedBytes += sizeOf(operation);
      for (const { height } of entries) storedHeight = Math.max(storedHeight ?? 0, height);
      if (entries.length > 0) kept(entries);
      for (const call of calls) call();
    }
    writing = null;
  }

  function giveUp(message: string): void {
    if (broken) return;
    broken = true;
    waiting = [];
    waitingEntries = [];
    waitingCalls = [];
    failed(message);
  }

  return {
    ok: true,
    stored,
    store: {
      get storedHeight() {
        return storedHeight;
      },
      get storedBytes() {
        return storedBytes;
      },
      write(record, whenStored) {
        if (broken) return;
        if (record.kind === 'genesis') {
          // A new genesis ends the chain before it; what was queued for that chain goes as well.
          waiting = [];
          waitingEntries = [];
          waitingCalls = [];
          for (; firstKey < nextKey; firstKey++)
            waiting.push({ type: 'del', key: blockKey(firstKey) });
          for (const key of recordKeys) waiting.push({ type: 'del', key });
          recordKeys.clear();
          waiting.push({ type: 'put', key: VERSION_KEY, value: Uint8Array.of(STORE_VERSION) });
          waiting.push({ type: 'put', key: GENESIS_KEY, value: writeGenesis(record) });
        } else if (record.kind === 'blocks') {
          for (const entry of record.entries) {
            const value = writeBlock(entry.block, entry.heardMs);
            waiting.push({ type: 'put', key: blockKey(nextKey++), value });
            waitingEntries.push(entry);
          }
        } else {
          const prefix = record.kind === 'payment' ? PAYMENT_PREFIX : TRANSACTION_PREFIX;
          const key = prefix + record.id;
          if (record.bytes === null) {
            recordKeys.delete(key);
            waiting.push({ type: 'del', key });
          } else {
            recordKeys.add(key);
            waiting.push({ type: 'put', key, value: record.bytes });
          }
        }
        if (whenStored !== undefined) waitingCalls.push(whenStored);
        if (waitingEntries.length > WAITING_BLOCKS_LIMIT)
          giveUp('The chain is no longer stored: the disk is too slow for it.');
        writing ??= Promise.resolve().then(writeAll);
      },
      async flush() {
        while (writing !== null) await writing;
      },
      async close() {
        while (writing !== null) await writing;
        await database.close();
      },
    },
  };
}

/** Where the blocks of a store begin and where the next one goes. */
interface ReadChain {
  readonly stored: StoredChain | null;
  readonly firstKey: number;
  readonly nextKey: number;
  readonly bytes: number;
  readonly recordKeys: readonly string[];
}

async function readChain(database: ByteStore): Promise<ReadChain | string> {
  const genesisBytes = await database.get(GENESIS_KEY);
  if (genesisBytes === undefined) {
    const [key] = await database.keys({ limit: 1 }).all();
    if (key !== undefined) return 'The store is damaged: it lacks its genesis block.';
    return { stored: null, firstKey: 0, nextKey: 0, bytes: 0, recordKeys: [] };
  }
  const genesis = readGenesis(genesisBytes);
  if (genesis === null) return 'The store is damaged: its genesis block cannot be read.';
  const blocks: { block: Block; heardMs: number }[] = [];
  let firstKey: number | null = null;
  let nextKey = 0;
  let bytes = genesisBytes.length;
  const iterator = database.iterator({ gte: BLOCK_PREFIX, lt: BLOCK_END });
  try {
    for (;;) {
      const records = await iterator.nextv(READ_BLOCKS);
      if (records.length === 0) break;
      for (const [key, value] of records) {
        const record = readBlock(value);
        const number = Number(key.slice(BLOCK_PREFIX.length));
        if (record === null || !Number.isSafeInteger(number))
          return `The store is damaged: its record ${key} is no block.`;
        firstKey ??= number;
        if (number !== firstKey + blocks.length)
          return `The store is damaged: the records before ${key} are missing.`;
        blocks.push(record);
        bytes += value.length;
        nextKey = number + 1;
      }
    }
  } finally {
    await iterator.close();
  }
  const [first] = blocks;
  if (first !== undefined && bytesToHex(first.block.previousHash) !== hashBlockHex(genesis.genesis))
    return 'The store is damaged: its first block does not follow its genesis block.';
  const paid = await database.iterator({ gte: PAYMENT_PREFIX, lt: PAYMENT_END }).all();
  const own = await database.iterator({ gte: TRANSACTION_PREFIX, lt: TRANSACTION_END }).all();
  const payments = paid.map(([, value]) => value);
  const transactions = own.map(([, value]) => value);
  return {
    stored: {
      ...{ ...genesis, blocks },
      ...(payments.length > 0 && { payments }),
      ...(transactions.length > 0 && { transactions }),
    },
    firstKey: firstKey ?? 0,
    nextKey,
    bytes,
    recordKeys: [...paid, ...own].map(([key]) => key),
  };
}

/** What counts as the chain's size; payments and transactions come and go. */
function sizeOf(operation: Operation): number {
  const isBlock = operation.key === GENESIS_KEY || operation.key.startsWith(BLOCK_PREFIX);
  return operation.type === 'put' && isBlock ? operation.value.length : 0;
}

/** What engines say when there is no room: LevelDB on a full disk and over a limit, IndexedDB over its quota. */
const NO_ROOM = /no space left|disk quota|file too large|quota/i;

function explainCause(error: unknown): string {
  const reason = describe(error);
  return NO_ROOM.test(reason) ? `there is no room left for it (${reason})` : reason;
}

function explainWriteError(error: unknown): string {
  return `The chain can no longer be stored: ${explainCause(error)}. Mining goes on; blocks from now on are lost when it ends, those before are kept.`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'QuotaExceededError') return 'QuotaExceededError';
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
