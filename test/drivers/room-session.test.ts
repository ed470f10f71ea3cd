import { afterEach, describe, expect, it } from 'vitest';
import type { Block } from '../../lib/chain/block.ts';
import { readClocks } from '../../lib/drivers/clocks.ts';
import { createMemoryRoom } from '../../lib/drivers/memory-transport.ts';
import { startRoomSession, type RunningSession } from '../../lib/drivers/room-session.ts';
import type { ChainStore } from '../../lib/drivers/storage/chain-store.ts';
import type { Transport, TransportEvents } from '../../lib/drivers/transport.ts';
import { createIdlePool } from '../../lib/node/idle-pool.ts';
import { decodeMessage, encodeMessage, type Message } from '../../lib/net/messages.ts';
import { CONGESTED_BYTES } from '../../lib/net/serving.ts';
import { FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { helloOf, optionsOf, stored } from '../support/peers.ts';

const TICK_MS = 20;
const BLOCKS = freeBlocks(FREE_GENESIS_HASH, 3_000, 'long', 50);

const sessions: RunningSession[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
});

const noStore: ChainStore = {
  storedHeight: null,
  storedBytes: 0,
  write: () => undefined,
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

function open(
  number: number,
  blocks: readonly Block[],
  transport: (events: TransportEvents) => Transport,
  runSoon: (action: () => void) => void = setImmediate,
): RunningSession {
  const session = startRoomSession({
    peer: optionsOf(number),
    store: noStore,
    stored: blocks.length === 0 ? null : stored(blocks),
    transports: [transport],
    createPool: createIdlePool,
    threads: 1,
    startTicks(tick) {
      const timer = setInterval(tick, TICK_MS);
      return () => clearInterval(timer);
    },
    readClocks,
    runSoon,
  });
  sessions.push(session);
  return session;
}

const heightOf = (session: RunningSession): number => session.snapshot().tip?.height ?? 0;

describe('a session on a computer where others mine too', () => {
  it('searches its share of the time that its power allows', () => {
    const duties: number[] = [];
    const session = startRoomSession({
      peer: { ...optionsOf(1), mines: true },
      store: noStore,
      stored: null,
      transports: [(events) => createMemoryRoom().join(optionsOf(1).keys.account, events)],
      createPool(options) {
        duties.push(options.duty);
        return { ...createIdlePool(), setDuty: (duty) => void duties.push(duty) };
      },
      threads: 1,
      processorShare: 0.5,
      startTicks: () => () => undefined,
      readClocks,
      runSoon: setImmediate,
    });
    sessions.push(session);
    expect(duties).toEqual([0.5]);
    session.setPower(0.4);
    expect(duties.at(-1)).toBeCloseTo(0.2);
    session.setProcessorShare(0.25);
    expect(duties.at(-1)).toBeCloseTo(0.1);
    session.setPower(1);
    expect(duties.at(-1)).toBeCloseTo(0.25);
    expect(session.snapshot().processorShare).toBe(0.25);
  });
});

describe('a session that catches up', () => {
  it('takes the chain in task by task, and others come between', async () => {
    const room = createMemoryRoom();
    const join = (number: number) => (events: TransportEvents) =>
      room.join(optionsOf(number).keys.account, events);
    open(1, BLOCKS, join(1));
    const heights: number[] = [];
    const poor = open(2, [], join(2), (action) =>
      setImmediate(() => {
        heights.push(heightOf(poor));
        action();
      }),
    );
    await expect.poll(() => heightOf(poor), { timeout: 30_000 }).toBe(BLOCKS.length);
    expect(new Set(heights).size).toBeGreaterThan(10);
  });
});

describe('a session whose link is congested', () => {
  it('sends no more of what was asked for until that has drained', async () => {
    const sent: Message[] = [];
    let queuedBytes = 0;
    let events: TransportEvents | null = null;
    open(1, BLOCKS, (given) => {
      events = given;
      return {
        dial: () => undefined,
        send(_linkId, bytes) {
          queuedBytes += bytes.length;
          const decoded = decodeMessage(bytes);
          if (decoded.ok) sent.push(decoded.message);
          return true;
        },
        queuedBytes: () => queuedBytes,
        disconnect: () => undefined,
        close: () => undefined,
      };
    });
    const { connected, received } = events!;
    connected('link', 'webrtc', null);
    received('link', encodeMessage(helloOf(2)));
    const batches = () => sent.filter(({ type }) => type === 'chain').length;
    let answered = 0;
    for (let id = 1; queuedBytes <= CONGESTED_BYTES; id++) {
      received('link', encodeMessage({ type: 'get-chain', id, locator: [], batches: 4 }));
      answered += 4;
      const isServed = () => batches() === answered || queuedBytes > CONGESTED_BYTES;
      await expect.poll(isServed).toBe(true);
    }
    const before = batches();
    received('link', encodeMessage({ type: 'get-chain', id: 99, locator: [], batches: 1 }));
    received('link', encodeMessage({ type: 'ping', id: 7, status: helloOf(2).status }));
    expect(sent.at(-1)!.type).toBe('pong');
    expect(batches()).toBe(before);
    queuedBytes = 0;
    await expect.poll(batches).toBeGreaterThan(before);
  });
});
