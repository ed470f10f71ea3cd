/** The store of a chain, on a real LevelDB and in memory: one contract for both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import fc from 'fast-check';
import { MemoryLevel } from 'memory-level';
import { afterEach, describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../../lib/chain/block.ts';
import { Chain } from '../../../lib/chain/chain.ts';
import { homeworkRules } from '../../../lib/chain/rules.ts';
import type { TreeEntry } from '../../../lib/chain/tree.ts';
import {
  openChainStore,
  type ByteStore,
  type ChainStore,
} from '../../../lib/drivers/storage/chain-store.ts';
import { copyChainStore } from '../../../lib/drivers/storage/copy-store.ts';
import type { StoredChain } from '../../../lib/peer/inputs.ts';
import { plannedTree } from '../../support/block-trees.ts';
import { EASY_TARGET, makeGenesis, mineChain } from '../../support/test-miner.ts';

const GENESIS = makeGenesis();
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tabchain-store-'));
  folders.push(folder);
  return folder;
}

function makeChain(genesis = GENESIS): Chain {
  return new Chain(genesis, homeworkRules(EASY_TARGET), { from: 'self', wallMs: 0 });
}

/** Gives blocks to a chain and returns what a peer would persist, each block at its own time. */
function accept(
  chain: Chain,
  blocks: readonly { block: Parameters<Chain['accept']>[0] }[],
): TreeEntry[] {
  return blocks.flatMap(({ block }, i) => {
    const outcome = chain.accept(block, { from: 'self', wallMs: 1000 + i, networkMs: 0 });
    return 'added' in outcome ? [...outcome.added] : [];
  });
}

function rebuild(stored: StoredChain): Chain {
  const chain = makeChain(stored.genesis);
  accept(chain, stored.blocks);
  return chain;
}

async function open(database: ByteStore, failures: string[] = []) {
  const outcome = await openChainStore(database, (message) => failures.push(message));
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome;
}

const openLevel = (folder: string) =>
  new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' }) as unknown as ByteStore;
const openMemory = () =>
  new MemoryLevel<string, Uint8Array>({
    valueEncoding: 'view',
    storeEncoding: 'view',
  }) as unknown as ByteStore;

function writeAll(store: ChainStore, entries: readonly TreeEntry[]): void {
  store.write({ kind: 'genesis', block: GENESIS, endorsement: null });
  for (const entry of entries) store.write({ kind: 'blocks', entries: [entry] });
}

describe('the store of a chain', () => {
  it('gives back any tree so that the same tip is best, equal ones included', async () => {
    await fc.assert(
      fc.asyncProperty(plannedTree(40), async ({ blocks }) => {
        const chain = makeChain();
        const entries = accept(chain, blocks);
        const database = openMemory();
        const { store } = await open(database);
        writeAll(store, entries);
        await store.close();
        const { stored } = await open(database);
        const again = rebuild(stored!);
        expect(again.tip.hash).toBe(chain.tip.hash);
        expect(again.tree.size).toBe(chain.tree.size);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps blocks, their times and the endorsement on a real disk over a restart', async () => {
    const folder = await makeFolder();
    const chain = makeChain();
    const blocks = mineChain(chain.tip.hash, 30, 'disk').map((block) => ({ block }));
    const entries = accept(chain, blocks);
    const endorsement = { publicKey: '02' + 'ab'.repeat(32), signature: 'cd'.repeat(64) };
    const first = await open(openLevel(folder));
    expect(first.stored).toBeNull();
    first.store.write({ kind: 'genesis', block: GENESIS, endorsement });
    first.store.write({ kind: 'blocks', entries: entries.slice(0, 10) });
    await first.store.close();

    const second = await open(openLevel(folder));
    second.store.write({ kind: 'blocks', entries: entries.slice(10) });
    await second.store.close();

    const third = await open(openLevel(folder));
    expect(third.stored!.endorsement).toEqual(endorsement);
    expect(third.stored!.blocks.map(({ block }) => hashBlockHex(block))).toEqual(
      entries.map(({ hash }) => hash),
    );
    expect(third.stored!.blocks.map(({ heardMs }) => heardMs)).toEqual(
      entries.map(({ heardMs }) => heardMs),
    );
    await third.store.close();
  });

  it('forgets the chain before when another genesis is adopted, also what was still waiting', async () => {
    const database = openMemory();
    const chain = makeChain();
    const blocks = mineChain(chain.tip.hash, 5, 'old').map((block) => ({ block }));
    const { store } = await open(database);
    writeAll(store, accept(chain, blocks));
    await store.flush();
    const other = makeGenesis(new Uint8Array([1, 2, 3]));
    store.write({ kind: 'blocks', entries: accept(makeChain(), blocks) });
    store.write({ kind: 'genesis', block: other, endorsement: null });
    await store.close();
    const { stored } = await open(database);
    expect(hashBlockHex(stored!.genesis)).toBe(hashBlockHex(other));
    expect(stored!.blocks).toEqual([]);
  });

  it('says how high it has stored, not counting a batch of the chain before that was on its way', async () => {
    const database = openMemory();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const batch = database.batch.bind(database) as (operations: unknown[]) => Promise<void>;
    let batches = 0;
    Object.assign(database, {
      async batch(operations: unknown[]) {
        if (++batches === 1) await held;
        return batch(operations);
      },
    });
    const { store } = await open(database);
    const blocks = mineChain(hashBlockHex(GENESIS), 5, 'old').map((block) => ({ block }));
    writeAll(store, accept(makeChain(), blocks));
    await expect.poll(() => batches).toBe(1);
    const other = makeGenesis(new Uint8Array([1, 2, 3]));
    store.write({ kind: 'genesis', block: other, endorsement: null });
    expect(store.storedHeight).toBeNull();
    release();
    await store.flush();
    expect(store.storedHeight).toBeNull();
    const added = mineChain(hashBlockHex(other), 2, 'new').map((block) => ({ block }));
    store.write({ kind: 'blocks', entries: accept(makeChain(other), added) });
    await store.flush();
    expect(store.storedHeight).toBe(2);
    await store.close();
  });

  it('keeps payments and own transactions until they are to be forgotten, or another genesis comes', async () => {
    const database = openMemory();
    const records = (stored: StoredChain | null) =>
      [stored!.payments ?? [], stored!.transactions ?? []].map((all) =>
        all.map((bytes) => Buffer.from(bytes).toString()),
      );
    const first = await open(database);
    writeAll(first.store, []);
    for (const id of ['a', 'b']) {
      const bytes = Buffer.from(id);
      first.store.write({ kind: 'payment', id, bytes, write: 1 });
      first.store.write({ kind: 'transaction', id, bytes: Buffer.from(`own ${id}`) });
    }
    await first.store.close();
    const second = await open(database);
    expect(records(second.stored)).toEqual([
      ['a', 'b'],
      ['own a', 'own b'],
    ]);
    second.store.write({ kind: 'payment', id: 'a', bytes: null, write: 2 });
    second.store.write({ kind: 'transaction', id: 'b', bytes: null });
    await second.store.close();
    const third = await open(database);
    expect(records(third.stored)).toEqual([['b'], ['own a']]);
    writeAll(third.store, []);
    await third.store.close();
    const fourth = await open(database);
    expect(records(fourth.stored)).toEqual([[], []]);
    await fourth.store.close();
  });

  it('knows how many bytes it holds, before a restart and after it', async () => {
    const database = openMemory();
    const blocks = mineChain(hashBlockHex(GENESIS), 5, 'bytes').map((block) => ({ block }));
    const entries = accept(makeChain(), blocks);
    const first = await open(database);
    writeAll(first.store, entries);
    await first.store.flush();
    const values = await database.values({ gt: 'block', lt: 'h' }).all();
    const sum = values.reduce((total, { length }) => total + length, 0);
    expect(first.store.storedBytes).toBe(sum);
    await first.store.close();
    const second = await open(database);
    expect(second.store.storedBytes).toBe(sum);
    writeAll(second.store, []);
    await second.store.close();
    expect(second.store.storedBytes).toBeLessThan(sum);
  });

  it('is copied whole into an empty one, and never over another', async () => {
    const source = openMemory();
    const blocks = mineChain(hashBlockHex(GENESIS), 2_500, 'copy').map((block) => ({ block }));
    const { store } = await open(source);
    writeAll(store, accept(makeChain(), blocks));
    await store.close();
    const target = openMemory();
    await copyChainStore(source, target);
    const copied = await open(target);
    expect(copied.stored!.blocks.map(({ block }) => hashBlockHex(block))).toEqual(
      blocks.map(({ block }) => hashBlockHex(block)),
    );
    await copied.store.close();

    const other = openMemory();
    await copyChainStore(openMemory(), other);
    const empty = await open(other);
    expect(empty.stored).toBeNull();
    const genesis = makeGenesis(new Uint8Array([9]));
    empty.store.write({ kind: 'genesis', block: genesis, endorsement: null });
    await empty.store.close();
    await copyChainStore(source, other);
    const kept = await open(other);
    expect(hashBlockHex(kept.stored!.genesis)).toBe(hashBlockHex(genesis));
    await kept.store.close();
  });

  it('refuses a damaged record and a layout that it does not know, and leaves them as they are', async () => {
    const damages: [string, Uint8Array][] = [
      ['genesis', new Uint8Array(3)],
      ['block:000000000000', new Uint8Array(7)],
      ['version', Uint8Array.of(99)],
    ];
    for (const [key, value] of damages) {
      const database = openMemory();
      const { store } = await open(database);
      writeAll(
        store,
        accept(makeChain(), [{ block: mineChain(hashBlockHex(GENESIS), 1, 'x')[0]! }]),
      );
      await store.close();
      await database.open();
      await database.put(key, value);
      await database.close();
      const outcome = await openChainStore(database, () => undefined);
      expect(outcome.ok).toBe(false);
      await database.open();
      expect(await database.get(key)).toEqual(value);
      await database.close();
    }
  });

  it('says so once when a second process has the folder open', async () => {
    const folder = await makeFolder();
    const first = await open(openLevel(folder));
    const second = await openChainStore(openLevel(folder), () => undefined);
    expect(second.ok).toBe(false);
    await first.store.close();
  });

  it('reports a failing disk once and lets the peer go on', async () => {
    const database = openMemory();
    const failures: string[] = [];
    const { store } = await open(database, failures);
    writeAll(store, []);
    await store.flush();
    await database.close();
    const entries = accept(makeChain(), [{ block: mineChain(hashBlockHex(GENESIS), 1, 'y')[0]! }]);
    store.write({ kind: 'blocks', entries });
    await store.flush();
    store.write({ kind: 'blocks', entries });
    await store.flush();
    expect(failures).toHaveLength(1);
  });

  it('gives back, after a cut at any record, at least what it told to be stored, without a gap', async () => {
    await fc.assert(
      fc.asyncProperty(plannedTree(20), fc.nat(20), async ({ blocks }, cut) => {
        const database = openMemory();
        const told: string[] = [];
        const outcome = await openChainStore(
          database,
          () => undefined,
          (entries) => told.push(...entries.map(({ hash }) => hash)),
        );
        if (!outcome.ok) throw new Error(outcome.message);
        const entries = accept(makeChain(), blocks);
        writeAll(outcome.store, entries.slice(0, cut));
        await outcome.store.flush();
        expect(told).toEqual(entries.slice(0, cut).map(({ hash }) => hash));
        writeAll(outcome.store, entries.slice(0, cut));
        await database.close();
        const { stored, store } = await open(database);
        expect(stored!.blocks.map(({ block }) => hashBlockHex(block))).toEqual(told);
        await store.close();
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['lacks a record in the middle', 'block:000000000001', 'are missing'],
    ['lacks its first record', 'block:000000000000', 'does not follow'],
    ['lacks its genesis block', 'genesis', 'lacks its genesis block'],
  ])('refuses a store that %s, and leaves the rest', async (_, key, sentence) => {
    const database = openMemory();
    const { store } = await open(database);
    const blocks = mineChain(hashBlockHex(GENESIS), 3, 'gap').map((block) => ({ block }));
    writeAll(store, accept(makeChain(), blocks));
    await store.close();
    await database.open();
    await database.del(key);
    const rest = await database.keys().all();
    await database.close();
    expect(await openChainStore(database, () => undefined)).toMatchObject({
      ok: false,
      message: expect.stringContaining(sentence),
    });
    await database.open();
    expect(await database.keys().all()).toEqual(rest);
    await database.close();
  });
});
