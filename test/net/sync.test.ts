import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { CHAIN_BATCHES_LIMIT, type Message } from '../../lib/net/messages.ts';
import {
  BATCH_TIMEOUT_MS,
  DISTRUST_MS,
  SLICE_BLOCKS_LIMIT,
  SLICE_DATA_LIMIT_BYTES,
  Sync,
  WAITING_BATCHES_LIMIT,
  type SyncNeighbour,
} from '../../lib/net/sync.ts';
import { FREE_GENESIS_HASH, freeBlock, freeBlocks } from '../support/free-chain.ts';

type Question = Extract<Message, { type: 'get-chain' }>;

const locator = () => [FREE_GENESIS_HASH];
const poor = { linkId: 'poor', work: 5n };
const rich = { linkId: 'rich', work: 9n };
const BLOCKS = freeBlocks(FREE_GENESIS_HASH, 20, 'some');

function start() {
  const sync = new Sync();
  const asked: (Question & { readonly linkId: string })[] = [];
  const send = (linkId: string, message: Message) => {
    if (message.type !== 'get-chain') throw new Error('sync only asks for chains');
    asked.push({ linkId, ...message });
  };
  const consider = (nowMs: number, ...richer: SyncNeighbour[]) => {
    sync.consider(richer, locator, nowMs, send);
    return asked.at(-1)?.linkId ?? null;
  };
  /** The answer to the last question, as its neighbour would give it. */
  const hear = (blocks: readonly Block[], more: boolean, nowMs = 0) => {
    const { linkId, id } = asked.at(-1)!;
    const taken = sync.receive(linkId, { type: 'chain', id, blocks, more }, nowMs);
    sync.askOn(locator, nowMs, send);
    return taken;
  };
  /** Judges the batch that waits first: of its blocks some were new, and its last has this height. */
  const judge = (reachedHeight: number, grew = true, lacking = true, nowMs = 0) => {
    for (let slice = sync.takeSlice(); slice !== null; slice = sync.takeSlice()) {
      if (grew) sync.brought();
      if (slice.closes !== null)
        return sync.finish({ reachedHeight, lacking }, locator, nowMs, send);
    }
    throw new Error('no batch waits');
  };
  return { sync, asked, send, consider, hear, judge };
}

describe('what has come', () => {
  it('is given out whole and in order, in slices that are bounded by blocks and by bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 40, 1_000, 4_096), { minLength: 1, maxLength: 500 }),
        (sizes) => {
          const { sync, consider, hear } = start();
          consider(0, rich);
          const blocks = sizes.map((size, i) => freeBlock(FREE_GENESIS_HASH, `${i}`, size));
          hear(blocks, false);
          const given: Block[] = [];
          for (let slice = sync.takeSlice()!; ; slice = sync.takeSlice()!) {
            expect(slice.opens).toBe(given.length === 0 ? blocks : null);
            given.push(...slice.blocks);
            const bytes = slice.blocks.reduce((sum, { data }) => sum + data.length, 0);
            expect(slice.blocks.length).toBeLessThanOrEqual(SLICE_BLOCKS_LIMIT);
            expect(bytes <= SLICE_DATA_LIMIT_BYTES || slice.blocks.length === 1).toBe(true);
            if (slice.closes === null) continue;
            expect(slice.closes).toBe(hashBlockHex(blocks.at(-1)!));
            break;
          }
          expect(given).toEqual(blocks);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is never more than a few batches, however long they wait to be judged', () => {
    const { asked, consider, hear } = start();
    consider(0, rich);
    let taken = 0;
    while (hear(BLOCKS, true)) taken++;
    expect(taken).toBeLessThan(WAITING_BATCHES_LIMIT + CHAIN_BATCHES_LIMIT);
    expect(asked).toHaveLength(Math.ceil(taken / CHAIN_BATCHES_LIMIT));
  });
});

describe('catching up', () => {
  it('asks one neighbour at a time, the one with most work', () => {
    const { consider, asked } = start();
    expect(consider(0)).toBeNull();
    expect(consider(0, poor, rich)).toBe('rich');
    consider(BATCH_TIMEOUT_MS - 1, poor, rich);
    expect(asked).toHaveLength(1);
  });

  it('asks on as soon as the last of the batches has come, before all are judged', () => {
    const { asked, consider, hear, judge } = start();
    consider(0, rich);
    hear(BLOCKS, true);
    judge(20);
    for (let i = 2; i < CHAIN_BATCHES_LIMIT; i++) hear(BLOCKS.slice(0, i), true);
    expect(asked).toHaveLength(1);
    hear(BLOCKS.slice(0, 7), true);
    expect(asked).toHaveLength(2);
    expect(asked[1]!.locator).toEqual([hashBlockHex(BLOCKS[6]!), FREE_GENESIS_HASH]);
  });

  it('turns to another neighbour when one stalls, and trusts it again after a while', () => {
    const { consider, asked } = start();
    consider(0, poor, rich);
    expect(consider(BATCH_TIMEOUT_MS, poor, rich)).toBe('poor');
    consider(2 * BATCH_TIMEOUT_MS, poor, rich);
    expect(asked).toHaveLength(2);
    expect(consider(BATCH_TIMEOUT_MS + DISTRUST_MS, poor, rich)).toBe('rich');
  });

  it('gives each batch its time, and turns to another when the next of them does not come', () => {
    const { consider, hear, judge } = start();
    consider(0, rich);
    const laterMs = BATCH_TIMEOUT_MS - 1;
    hear(BLOCKS, true, laterMs);
    expect(judge(20, true, true, laterMs)).toBe(true);
    expect(consider(laterMs + BATCH_TIMEOUT_MS - 1, poor, rich)).toBe('rich');
    expect(consider(laterMs + BATCH_TIMEOUT_MS, poor, rich)).toBe('poor');
  });

  it('judges what a neighbour has sent before it stalled, and does not ask it for the rest', () => {
    const { sync, consider, hear, judge, asked } = start();
    consider(0, rich);
    hear(BLOCKS, true);
    consider(BATCH_TIMEOUT_MS, poor, rich);
    expect(sync.hasWaiting).toBe(true);
    expect(judge(20, true, true, BATCH_TIMEOUT_MS)).toBe(false);
    expect(asked).toHaveLength(1);
    expect(consider(BATCH_TIMEOUT_MS, poor, rich)).toBe('poor');
  });

  it('turns to another neighbour when one claims work that its blocks do not show', () => {
    const { consider, hear, judge } = start();
    consider(0, poor, rich);
    hear(BLOCKS, false);
    expect(judge(-1, false)).toBe(false);
    expect(consider(2, poor, rich)).toBe('poor');
  });

  it('turns to another neighbour when one claims work and answers with nothing', () => {
    const { sync, consider, hear } = start();
    consider(0, poor, rich);
    expect(hear([], true)).toBe(true);
    sync.disappoint('rich', 0);
    expect(consider(2, poor, rich)).toBe('poor');
  });

  it('trusts one whose blocks came by another way while they were asked for', () => {
    const { consider, hear, judge, asked } = start();
    consider(0, rich);
    hear(BLOCKS, false);
    judge(20, false, false);
    consider(2, rich);
    expect(asked.map(({ linkId }) => linkId)).toEqual(['rich', 'rich']);
  });

  it('goes on through blocks that it had already as long as they climb', () => {
    const { consider, hear, judge } = start();
    consider(0, rich);
    for (let height = 1; height < 10; height++) {
      hear(BLOCKS, true);
      expect(judge(height, false)).toBe(true);
    }
    // The same batch again leads nowhere.
    hear(BLOCKS, true);
    expect(judge(9, false)).toBe(false);
    expect(consider(2, poor, rich)).toBe('poor');
  });

  it('drops what came above a batch that led nowhere', () => {
    const { sync, consider, hear, judge } = start();
    consider(0, rich);
    hear(BLOCKS, true);
    hear(BLOCKS, true);
    expect(judge(-1, false)).toBe(false);
    expect(sync.isUnderWay).toBe(false);
  });

  it('is under way only while blocks come, not while a first answer is waited for', () => {
    const { sync, consider, hear, judge } = start();
    consider(0, rich);
    expect(sync.catchingUp).toBe(false);
    hear(BLOCKS, true);
    expect(judge(20)).toBe(true);
    expect(sync.catchingUp).toBe(true);
    hear(BLOCKS, false);
    judge(40);
    expect(sync.catchingUp).toBe(false);
  });

  it('takes the answers to its question only, and only from whom it asked', () => {
    const { sync, asked, consider } = start();
    const answer = (linkId: string, id: number) =>
      sync.receive(linkId, { type: 'chain', id, blocks: BLOCKS, more: true }, 0);
    expect(answer('rich', 1)).toBe(false);
    consider(0, rich);
    const { id } = asked[0]!;
    expect(answer('poor', id)).toBe(false);
    expect(answer('rich', id + 1)).toBe(false);
    for (let i = 0; i < CHAIN_BATCHES_LIMIT; i++) expect(answer('rich', id)).toBe(true);
    expect(answer('rich', id)).toBe(false);
  });

  it('takes no more after the answer that says that there is no more', () => {
    const { consider, hear } = start();
    consider(0, rich);
    expect(hear(BLOCKS, false)).toBe(true);
    expect(hear(BLOCKS, false)).toBe(false);
  });

  it('forgets a link that is gone, and asks the next once what came over it is judged', () => {
    const { sync, consider, hear, judge } = start();
    consider(0, rich);
    sync.dropLink('rich');
    expect(consider(1, rich)).toBe('rich');
    hear(BLOCKS, true);
    sync.dropLink('rich');
    expect(sync.hasWaitingFrom('rich')).toBe(true);
    consider(1, poor);
    expect(judge(20)).toBe(false);
    expect(consider(1, poor)).toBe('poor');
  });

  it('cannot be pushed by one who is distrusted', () => {
    const { sync, consider, asked, send, hear, judge } = start();
    consider(0, rich);
    hear(BLOCKS, false);
    judge(-1, false);
    sync.ask('rich', locator, 2, send);
    expect(asked).toHaveLength(1);
    sync.ask('poor', locator, 2, send);
    expect(asked).toHaveLength(2);
  });
});
