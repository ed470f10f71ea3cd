/** What a peer makes of the chain that its store gives back (R28). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { startRoomSession } from '../../lib/drivers/room-session.ts';
import { createIdlePool } from '../../lib/node/idle-pool.ts';
import { FREE_GENESIS_HASH, freeBlock, freeBlocks } from '../support/free-chain.ts';
import { optionsOf, stored, TestPeer } from '../support/peers.ts';

const CHAIN = freeBlocks(FREE_GENESIS_HASH, 300, 'kept');

function restoredEvent(peer: TestPeer) {
  return peer.outputs
    .flatMap((output) => (output.kind === 'event' ? [output.event] : []))
    .find((event) => event.kind === 'restored');
}

function damage(block: Block): Block {
  return { ...block, data: block.data.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) };
}

describe('a chain out of a store', () => {
  it('keeps what lies below a damaged block, and counts all above it', () => {
    fc.assert(
      fc.property(fc.nat(CHAIN.length - 2), (at) => {
        const blocks = CHAIN.map((block, i) => (i === at ? damage(block) : block));
        const peer = new TestPeer(1, {}, stored(blocks));
        // Work is free here, so that the changed block is another valid one, with nothing above it.
        expect(peer.peer.chain!.tip.height).toBe(at + 1);
        expect(restoredEvent(peer)).toEqual({
          kind: 'restored',
          blocks: CHAIN.length,
          dropped: CHAIN.length - at - 1,
        });
        expect(peer.picture().blocks.orphans).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it('counts nothing where blocks came back in another order, or twice', () => {
    const [first, second, third] = CHAIN;
    const peer = new TestPeer(1, {}, stored([second!, first!, third!, first!]));
    expect(peer.tip).toBe(hashBlockHex(third!));
    expect(restoredEvent(peer)).toMatchObject({ dropped: 0 });
  });

  it('leads to one sentence where a block of it is lost, and to none where it is whole', () => {
    const lone = freeBlock(hashBlockHex(damage(CHAIN[5]!)), 'lone');
    expect(warningsOf([...CHAIN, lone])).toEqual([
      expect.stringMatching(/^1 of the 301 blocks in the store is damaged, .* fetched again/),
    ]);
    expect(warningsOf(CHAIN)).toEqual([]);
  });
});

function warningsOf(blocks: readonly Block[]): readonly string[] {
  const session = startRoomSession({
    peer: optionsOf(1),
    store: {
      storedHeight: null,
      storedBytes: 0,
      write: () => undefined,
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    stored: stored(blocks),
    transports: [],
    createPool: createIdlePool,
    threads: 1,
    startTicks: () => () => undefined,
    readClocks: () => ({ wallMs: 0, monotonicMs: 0 }),
    runSoon: setImmediate,
  });
  return session.snapshot().warnings;
}
