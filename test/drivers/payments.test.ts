import { MemoryLevel } from 'memory-level';
import { afterEach, describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { readClocks, systemRandomness } from '../../lib/drivers/clocks.ts';
import { createMemoryRoom, type MemoryRoom } from '../../lib/drivers/memory-transport.ts';
import { startRoomSession, type RunningSession } from '../../lib/drivers/room-session.ts';
import { openChainStore, type ByteStore } from '../../lib/drivers/storage/chain-store.ts';
import type { PaymentView } from '../../lib/ledger/commit/view.ts';
import { createIdlePool } from '../../lib/node/idle-pool.ts';
import { freeBlock, FREE_GENESIS, FREE_GENESIS_HASH } from '../support/free-chain.ts';
import { keysOf, optionsOf } from '../support/peers.ts';

const TICK_MS = 50;
/** Long enough for a machine that is busy with everything else. */
const PATIENCE = { timeout: 60_000, interval: 20 };
const TIMEOUT_MS = 120_000;

const sessions = new Set<RunningSession>();
afterEach(async () => {
  await Promise.all([...sessions].map((session) => session.close()));
  sessions.clear();
});

/** A database that outlives the sessions that use it. */
function makeDatabase(): ByteStore {
  return new MemoryLevel<string, Uint8Array>({
    valueEncoding: 'view',
    storeEncoding: 'view',
  }) as unknown as ByteStore;
}

/** Blocks that earn the first peer its coins. */
function earnings(count: number): Block[] {
  const blocks: Block[] = [];
  let previous = FREE_GENESIS_HASH;
  for (let tag = 0; tag < count; tag++) {
    const block = freeBlock(previous, JSON.stringify({ tag, miner: keysOf(1).account }));
    blocks.push(block);
    previous = hashBlockHex(block);
  }
  return blocks;
}

const BLOCKS = earnings(3);

async function open(
  number: number,
  room: MemoryRoom,
  database: ByteStore,
): Promise<RunningSession> {
  const opened = await openChainStore(database, (message) => {
    throw new Error(message);
  });
  if (!opened.ok) throw new Error(opened.message);
  const blocks = BLOCKS.map((block) => ({ block, heardMs: 0 }));
  const { store, stored } = opened;
  const payments = stored?.payments ?? [];
  if (stored === null) store.write({ kind: 'genesis', block: FREE_GENESIS, endorsement: null });
  const session = startRoomSession({
    peer: optionsOf(number, { random: systemRandomness }),
    store,
    stored: { genesis: FREE_GENESIS, endorsement: null, blocks, payments },
    transports: [(events) => room.join(keysOf(number).account, events)],
    createPool: createIdlePool,
    threads: 1,
    startTicks(tick) {
      const timer = setInterval(tick, TICK_MS);
      return () => clearInterval(timer);
    },
    readClocks,
    runSoon: setImmediate,
  });
  sessions.add(session);
  return session;
}

const lastPayment = (session: RunningSession): PaymentView | undefined =>
  session.snapshot().payments.at(-1);
const isLinked = (session: RunningSession): boolean => session.snapshot().peers.length === 2;

describe('three sessions in one room', () => {
  it(
    'pay with a witness, and each of the three sees every signature',
    async () => {
      const room = createMemoryRoom();
      const three = await Promise.all([1, 2, 3].map((n) => open(n, room, makeDatabase())));
      await expect.poll(() => three.every(isLinked), PATIENCE).toBe(true);
      three[0]!.pay(keysOf(2).account, keysOf(3).account, 70);
      const states = () => three.map((session) => lastPayment(session)?.state);
      await expect.poll(states, PATIENCE).toEqual(['committed', 'committed', 'committed']);
      await expect
        .poll(() => lastPayment(three[0]!)!.knows, PATIENCE)
        .toEqual({ sender: true, receiver: true, witness: true });
      for (const session of three)
        expect(lastPayment(session)!.signed).toEqual({
          sender: true,
          receiver: true,
          witness: true,
        });
    },
    TIMEOUT_MS,
  );

  it(
    'come to one outcome where the sender is gone right after pressing, and comes back',
    async () => {
      const room = createMemoryRoom();
      const database = makeDatabase();
      const [sender, ...cohorts] = await Promise.all([
        open(1, room, database),
        open(2, room, makeDatabase()),
        open(3, room, makeDatabase()),
      ]);
      await expect.poll(() => [sender, ...cohorts].every(isLinked), PATIENCE).toBe(true);
      sender.pay(keysOf(2).account, keysOf(3).account, 20);
      const hasVoted = () => cohorts.some((session) => lastPayment(session) !== undefined);
      await expect.poll(hasVoted, PATIENCE).toBe(true);
      await sender.close();
      sessions.delete(sender);

      const again = await open(1, room, database);
      const outcomes = () =>
        new Set(
          [again, ...cohorts].flatMap((session) =>
            session.snapshot().payments.map(({ state }) => state),
          ),
        );
      const isDecided = () => {
        const [outcome, ...others] = outcomes();
        return others.length === 0 && (outcome === 'committed' || outcome === 'aborted');
      };
      await expect.poll(isDecided, PATIENCE).toBe(true);
    },
    TIMEOUT_MS,
  );
});
