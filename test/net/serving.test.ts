import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES, hashBlockHex } from '../../lib/chain/block.ts';
import { homeworkRules } from '../../lib/chain/rules.ts';
import { Chain } from '../../lib/chain/chain.ts';
import {
  CHAIN_BATCHES_LIMIT,
  CHAIN_BLOCKS_LIMIT,
  encodeMessage,
  MESSAGE_LIMIT_BYTES,
  sizeInChain,
} from '../../lib/net/messages.ts';
import { answerLocator, Serving, SERVING_COST } from '../../lib/net/serving.ts';
import { TokenBucket } from '../../lib/net/token-bucket.ts';
import { arrivingTree } from '../support/block-trees.ts';
import { EASY_TARGET } from '../support/test-miner.ts';
import {
  extend,
  FREE_GENESIS_HASH,
  freeBlock,
  freeBlocks,
  freeChain,
  lastHash,
} from '../support/free-chain.ts';

const answer = (chain: Chain, locator: readonly string[]) => answerLocator(chain, 1, locator);

/** Fetches the server's best chain as a peer does; returns the number of batches. */
function fetchAll(client: Chain, server: Chain): number {
  let locator: readonly string[] = client.locator();
  for (let batches = 1; ; batches++) {
    const { blocks, more } = answer(server, locator);
    // The first block is the genesis where nothing was shared.
    extend(client, blocks);
    if (!more) return batches;
    locator = [hashBlockHex(blocks.at(-1)!), ...client.locator()];
  }
}

describe('the answer to a locator', () => {
  it('leads, batch after batch, to the best chain, whatever tree each side has', () => {
    fc.assert(
      fc.property(
        arrivingTree(40),
        fc.infiniteStream(fc.boolean()),
        ({ tree, arrivals }, clientHears) => {
          const rules = homeworkRules(EASY_TARGET);
          const [server, client] = [0, 1].map(
            () => new Chain(tree.genesis, rules, { from: 'test', wallMs: 0 }),
          ) as [Chain, Chain];
          for (const { planned } of arrivals) {
            extend(server, [planned.block]);
            if (clientHears.next().value) extend(client, [planned.block]);
          }
          fetchAll(client, server);
          expect(client.tip.work).toBe(server.tip.work);
          // Of equals the first seen stays, but the server's are all there.
          expect(client.tree.get(server.tip.hash)).toBeDefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leads over a branch of many batches, from any fork', () => {
    fc.assert(
      fc.property(
        fc.nat(30),
        fc.nat(40),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: DATA_LIMIT_BYTES }),
        (shared, ours, ahead, dataBytes) => {
          const trunk = freeBlocks(FREE_GENESIS_HASH, shared, 'trunk');
          const client = freeChain(...trunk, ...freeBlocks(lastHash(trunk), ours, 'ours'));
          const theirs = freeBlocks(lastHash(trunk), ours + ahead, 'theirs', dataBytes);
          const server = freeChain(...trunk, ...theirs);
          fetchAll(client, server);
          expect(client.tip.hash).toBe(server.tip.hash);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('never exceeds 64 KiB, and fills it as far as whole blocks do, for blocks of any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: DATA_LIMIT_BYTES }), { minLength: 1, maxLength: 60 }),
        (sizes) => {
          const server = freeChain();
          for (const size of sizes) extend(server, [freeBlock(server.tip.hash, '', size)]);
          const message = answerLocator(server, 2 ** 52, server.locator().slice(-1));
          const { blocks, more } = message;
          const encoded = encodeMessage(message).length;
          expect(encoded).toBeLessThanOrEqual(MESSAGE_LIMIT_BYTES);
          expect(more).toBe(blocks.length < sizes.length);
          if (more) {
            const next = server.tree.at(blocks.length + 1)!.block;
            const slackBytes = 256 + 30 * blocks.length;
            expect(encoded + sizeInChain(next) + slackBytes).toBeGreaterThan(MESSAGE_LIMIT_BYTES);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([0, 1, 2, 3, 12, 140, 1000, 4094, 4095, 4096])(
    'fits for a long chain of blocks of %i bytes',
    (size) => {
      const server = freeChain(...freeBlocks(FREE_GENESIS_HASH, 700, '', size));
      const message = answerLocator(server, 2 ** 52, []);
      expect(encodeMessage(message).length).toBeLessThanOrEqual(MESSAGE_LIMIT_BYTES);
      const { blocks, more } = message;
      expect(more).toBe(true);
      expect(blocks.length).toBeGreaterThan(10);
      expect(blocks.length).toBeLessThanOrEqual(CHAIN_BLOCKS_LIMIT);
    },
  );

  it('begins with the genesis block where no hash is known, and skips hashes of side branches', () => {
    const best = freeBlocks(FREE_GENESIS_HASH, 5, 'best');
    const side = freeBlocks(lastHash(best.slice(0, 2)), 2, 'side');
    const server = freeChain(...best, ...side);
    expect(answer(server, ['ab'.repeat(32)]).blocks).toHaveLength(6);
    expect(answer(server, []).blocks[0]).toEqual(server.tree.genesis.block);
    const sideLocator = [lastHash(side), hashBlockHex(best[1]!), FREE_GENESIS_HASH];
    expect(answer(server, sideLocator).blocks).toEqual(best.slice(2));
  });

  it('is empty for a peer that has all', () => {
    const server = freeChain(...freeBlocks(FREE_GENESIS_HASH, 3, ''));
    expect(answer(server, server.locator())).toEqual({
      type: 'chain',
      id: 1,
      blocks: [],
      more: false,
    });
  });
});

describe('a neighbour that is served', () => {
  const long = freeBlocks(FREE_GENESIS_HASH, 2_000, 'long', 200);
  const longHashes = long.map(hashBlockHex);
  const server = freeChain(...long);
  /** Enough for so many chain messages, and never filled again. */
  const budgetFor = (batches: number) => new TokenBucket(0, batches * SERVING_COST.chain, 0);
  const drain = (serving: Serving, budget: TokenBucket) => {
    const answers = [];
    for (let next = serving.answer(server, budget, 0); next !== null;) {
      answers.push(next);
      next = serving.answer(server, budget, 0);
    }
    return answers;
  };

  it('gets as many batches as it asked for, each going on where the one before ended', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: CHAIN_BATCHES_LIMIT }),
        fc.nat(2_000),
        (batches, from) => {
          const serving = new Serving();
          serving.ask(7, [server.tree.at(from)!.hash], batches);
          const answers = drain(serving, budgetFor(100));
          const blocks = answers.flatMap((one) => one.blocks);
          const hashes = blocks.map(hashBlockHex);
          expect(hashes).toEqual(longHashes.slice(from, from + blocks.length));
          expect(answers.every(({ id }) => id === 7)).toBe(true);
          const isAll = from + blocks.length === long.length;
          if (isAll) expect(answers.length).toBeLessThanOrEqual(batches);
          else expect(answers).toHaveLength(batches);
          expect(answers.map(({ more }) => more)).toEqual(
            answers.map((_, i) => i < answers.length - 1 || !isAll),
          );
          expect(serving.isDue).toBe(false);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('waits while its link is congested, and is served on when that has drained', () => {
    const serving = new Serving();
    serving.ask(1, [], 4);
    expect(serving.answer(server, budgetFor(9), 0)).not.toBeNull();
    serving.isCongested = true;
    expect(serving.isDue).toBe(false);
    expect(drain(serving, budgetFor(9))).toEqual([]);
    serving.isCongested = false;
    expect(serving.isDue).toBe(true);
    expect(drain(serving, budgetFor(9))).toHaveLength(3);
  });

  it('waits while its budget is spent, instead of being forgotten', () => {
    const serving = new Serving();
    const budget = new TokenBucket(SERVING_COST.chain, SERVING_COST.chain, 0);
    serving.ask(1, [], 2);
    expect(serving.answer(server, budget, 0)).not.toBeNull();
    expect(serving.answer(server, budget, 0)).toBeNull();
    expect(serving.isDue).toBe(true);
    expect(serving.answer(server, budget, 1_000)).not.toBeNull();
  });

  it('has one question at a time: the next takes the place of what is left of the last', () => {
    const serving = new Serving();
    for (let id = 1; id <= 50; id++) serving.ask(id, [], 4);
    expect(drain(serving, budgetFor(100)).map(({ id }) => id)).toEqual([50, 50, 50, 50]);
  });
});
