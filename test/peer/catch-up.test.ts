import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { DEEP_FORK_BLOCKS } from '../../lib/chain/contenders.ts';
import type { ChainStatus } from '../../lib/net/chain-status.ts';
import { CHAIN_BATCHES_LIMIT } from '../../lib/net/messages.ts';
import { answerLocator } from '../../lib/net/serving.ts';
import {
  BATCH_TIMEOUT_MS,
  SLICE_BLOCKS_LIMIT,
  SLICE_DATA_LIMIT_BYTES,
} from '../../lib/net/sync.ts';
import type { PeerOutput } from '../../lib/peer/inputs.ts';
import { FREE_GENESIS_HASH, freeBlocks, freeChain, lastHash } from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { closeCodeIn, eventsIn, messagesIn, stored, TestPeer } from '../support/peers.ts';
import { EASY_TARGET, mineChain, mineWithoutWork } from '../support/test-miner.ts';

/** The status of a peer that has these blocks. */
function statusOf(blocks: readonly Block[]): ChainStatus {
  const { tip, tree } = freeChain(...blocks);
  const { hash, height, work } = tip;
  return { genesis: tree.genesis.hash, endorsement: null, tip: hash, height, work };
}

/** A neighbour with this chain that answers the latest question it was asked, with at most so many batches. */
function answer(
  peer: TestPeer,
  link: string,
  blocks: readonly Block[],
  limit = CHAIN_BATCHES_LIMIT,
): PeerOutput[] {
  const question = messagesIn(peer.outputs, link, 'get-chain').at(-1)!;
  const chain = freeChain(...blocks);
  const outputs: PeerOutput[] = [];
  let { locator } = question;
  for (let batch = 0; batch < Math.min(limit, question.batches); batch++) {
    const message = answerLocator(chain, question.id, locator);
    outputs.push(...peer.hear(link, message));
    if (!message.more) break;
    locator = [lastHash(message.blocks)];
  }
  return outputs;
}

/** Blocks kept in one step, and the bytes of their data. */
function keptIn(outputs: readonly PeerOutput[]): { count: number; bytes: number } {
  const blocks = eventsIn(outputs, 'block-kept').map(({ entry }) => entry.block);
  return { count: blocks.length, bytes: blocks.reduce((sum, { data }) => sum + data.length, 0) };
}

describe('a step of a peer that catches up', () => {
  it('judges no more than a slice, and asks for another step until all that came is judged', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.constantFrom(0, 100, 1_000, 4_096),
        (length, dataBytes) => {
          const blocks = freeBlocks(FREE_GENESIS_HASH, length, 'long', dataBytes);
          const peer = new TestPeer(1, {}, stored([]));
          peer.resumes = false;
          const link = peer.greet(2, { status: statusOf(blocks) });
          const isBounded = (outputs: readonly PeerOutput[]): boolean => {
            const { count, bytes } = keptIn(outputs);
            return count <= SLICE_BLOCKS_LIMIT && bytes <= SLICE_DATA_LIMIT_BYTES;
          };
          const chain = freeChain(...blocks);
          let isDue = false;
          let received = 0;
          while (peer.tip !== lastHash(blocks)) {
            const question = messagesIn(peer.outputs, link, 'get-chain').at(-1)!;
            let { locator } = question;
            peer.outputs.length = 0;
            for (let batch = 0; batch < question.batches; batch++) {
              const message = answerLocator(chain, question.id, locator);
              const outputs = peer.hear(link, message);
              expect(isBounded(outputs)).toBe(true);
              // One step is asked for at a time.
              const wanted = outputs.filter(({ kind }) => kind === 'resume').length;
              expect(wanted + Number(isDue)).toBeLessThanOrEqual(1);
              isDue ||= wanted === 1;
              received++;
              if (!message.more) break;
              locator = [lastHash(message.blocks)];
            }
            while (isDue) {
              const outputs = peer.step({ kind: 'resume' });
              expect(isBounded(outputs)).toBe(true);
              isDue = outputs.some(({ kind }) => kind === 'resume');
            }
            if (received > 2 * length) throw new Error('it goes round in circles');
          }
          expect(peer.picture().phase).toBe('ready');
        },
      ),
      { numRuns: 6 },
    );
  });

  it('sends one batch at most, whoever asked for how many', () => {
    const blocks = freeBlocks(FREE_GENESIS_HASH, 3_000, 'long');
    const peer = new TestPeer(1, {}, stored(blocks));
    peer.resumes = false;
    const links = [2, 3, 4].map((number) => peer.greet(number));
    const sent = (outputs: readonly PeerOutput[]) =>
      links.map((link) => messagesIn(outputs, link, 'chain').length);
    for (const link of links) {
      const question = { type: 'get-chain', id: 1, locator: [], batches: 4 } as const;
      expect(sent(peer.hear(link, question)).reduce((sum, count) => sum + count, 0)).toBe(1);
    }
    for (let step = 0; step < 9; step++)
      expect(sent(peer.step({ kind: 'resume' })).reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(sent(peer.outputs)).toEqual([4, 4, 4]);
    expect(sent(peer.step({ kind: 'resume' }))).toEqual([0, 0, 0]);
  });

  it('sends nothing that was asked for on a congested link, until that has drained', () => {
    const blocks = freeBlocks(FREE_GENESIS_HASH, 3_000, 'long');
    const peer = new TestPeer(1, {}, stored(blocks));
    const link = peer.greet(2);
    peer.step({ kind: 'congestion', linkId: link, isCongested: true });
    const question = { type: 'get-chain', id: 1, locator: [], batches: 4 } as const;
    expect(messagesIn(peer.hear(link, question), link)).toEqual([]);
    const hashes = [lastHash(blocks)];
    expect(messagesIn(peer.hear(link, { type: 'get', hashes }), link)).toEqual([]);
    expect(messagesIn(peer.wait(5_000), link, 'chain')).toEqual([]);
    const outputs = peer.step({ kind: 'congestion', linkId: link, isCongested: false });
    expect(messagesIn(outputs, link, 'chain')).toHaveLength(4);
  });
});

describe('a neighbour that breaks off', () => {
  const blocks = freeBlocks(FREE_GENESIS_HASH, 2_400, 'long', 60);

  it('is replaced when it stalls, and nothing that it sent comes again', () => {
    const peer = new TestPeer(1, {}, stored([]));
    const [first, second] = [2, 3].map((number) =>
      peer.greet(number, { status: statusOf(blocks) }),
    ) as [string, string];
    answer(peer, first, blocks, 2);
    const reached = peer.peer.chain!.tip.height;
    expect(reached).toBeGreaterThan(500);
    peer.hear(first, { type: 'status', status: statusOf(blocks) });
    peer.wait(BATCH_TIMEOUT_MS / 2);
    for (const link of [first, second]) peer.hear(link, { type: 'name', name: 'alive' });
    peer.wait(BATCH_TIMEOUT_MS / 2 + 200);
    const [question] = messagesIn(peer.outputs, second, 'get-chain');
    expect(question!.locator[0]).toBe(peer.tip);
    while (peer.tip !== lastHash(blocks)) answer(peer, second, blocks);
    expect(keptIn(peer.outputs).count).toBe(blocks.length);
  });

  it('leaves what has come to be judged, and another goes on from there', () => {
    const peer = new TestPeer(1, {}, stored([]));
    peer.resumes = false;
    const [first, second] = [2, 3].map((number) =>
      peer.greet(number, { status: statusOf(blocks) }),
    ) as [string, string];
    answer(peer, first, blocks, 3);
    peer.step({ kind: 'disconnected', linkId: first });
    expect(messagesIn(peer.outputs, second, 'get-chain')).toEqual([]);
    peer.resumes = true;
    peer.step({ kind: 'resume' });
    const reached = peer.peer.chain!.tip.height;
    expect(reached).toBeGreaterThan(2 * SLICE_BLOCKS_LIMIT);
    expect(messagesIn(peer.outputs, second, 'get-chain')[0]!.locator[0]).toBe(peer.tip);
    while (peer.tip !== lastHash(blocks)) answer(peer, second, blocks);
    expect(keptIn(peer.outputs).count).toBe(blocks.length);
  });

  it('leaves no part of a branch behind that has yet to show its work', () => {
    const ours = freeBlocks(FREE_GENESIS_HASH, 2 * DEEP_FORK_BLOCKS, 'ours');
    const peer = new TestPeer(1, {}, stored(ours));
    peer.resumes = false;
    const link = peer.greet(2, { status: statusOf(blocks) });
    answer(peer, link, blocks, 1);
    expect(peer.peer.chain!.contenderCount).toBeGreaterThan(0);
    peer.step({ kind: 'disconnected', linkId: link });
    peer.resumes = true;
    peer.step({ kind: 'resume' });
    expect(peer.peer.chain!.contenderCount).toBe(0);
  });

  it('says so to the room when it has more than before', () => {
    const peer = new TestPeer(1, {}, stored([]));
    const [source, other] = [peer.greet(2, { status: statusOf(blocks) }), peer.greet(3)];
    answer(peer, source, blocks, 2);
    peer.step({ kind: 'disconnected', linkId: source });
    const [status] = messagesIn(peer.outputs, other, 'status');
    expect(status!.status.tip).toBe(peer.tip);
  });
});

describe('a neighbour that sends a bad block among many', () => {
  it('is closed, and of what it sent only the part below counts', () => {
    const good = mineChain(FREE_GENESIS_HASH, SLICE_BLOCKS_LIMIT + 20, 'good');
    const bad = mineWithoutWork(new Uint8Array(), lastHash(good));
    const above = mineChain(hashBlockHex(bad), 30, 'above');
    const peer = new TestPeer(1, { target: EASY_TARGET }, stored([]));
    peer.resumes = false;
    const status = { ...statusOf(good), height: 900, work: 10n ** 9n };
    const link = peer.greet(2, { status });
    const [question] = messagesIn(peer.outputs, link, 'get-chain');
    const { id } = question!;
    const blocks = [...good, bad, ...above];
    expect(
      closeCodeIn(peer.hear(link, { type: 'chain', id, blocks, more: true }), link),
    ).toBeNull();
    peer.hear(link, { type: 'chain', id, blocks: above, more: true });
    expect(closeCodeIn(peer.step({ kind: 'resume' }), link)).toBe('bad-block');
    expect(peer.tip).toBe(lastHash(good));
    expect(keptIn(peer.step({ kind: 'resume' })).count).toBe(0);
    expect(peer.tip).toBe(lastHash(good));
  });
});

describe('peers that catch up at once', () => {
  it('all have the chain, though each step is bounded and one serves them all', () => {
    const blocks = freeBlocks(FREE_GENESIS_HASH, 1_200, 'long', 300);
    const source = new TestPeer(1, {}, stored(blocks));
    const others = [2, 3, 4].map((number) => new TestPeer(number, {}, stored([])));
    const network = new PeerNetwork(source, ...others);
    for (const other of others) network.link(source, other);
    network.wait(2_000);
    for (const other of others) expect(other.tip).toBe(source.tip);
  });
});
