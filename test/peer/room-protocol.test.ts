import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES, hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { ORPHANS_PER_SENDER_LIMIT } from '../../lib/chain/orphans.ts';
import { HIDDEN_SILENCE_LIMIT_MS, SILENCE_LIMIT_MS } from '../../lib/net/heartbeat.ts';
import { LINK_LIMITS } from '../../lib/net/neighbour-choice.ts';
import type { ChainStatus } from '../../lib/net/chain-status.ts';
import { BATCH_TIMEOUT_MS } from '../../lib/net/sync.ts';
import { arrivingTree } from '../support/block-trees.ts';
import {
  FREE_GENESIS,
  FREE_GENESIS_HASH,
  freeBlock,
  freeBlocks,
  freeChain,
  lastHash,
} from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import {
  closeCodeIn,
  eventsIn,
  helloOf,
  keysOf,
  messagesIn,
  restoredFrom,
  stored,
  TestPeer,
} from '../support/peers.ts';
import { EASY_TARGET } from '../support/test-miner.ts';

const CHAIN = freeBlocks(FREE_GENESIS_HASH, 5, 'ours');

/** The status of a peer that has these blocks. */
function statusOf(blocks: readonly Block[]): ChainStatus {
  const { tip, tree } = freeChain(...blocks);
  const { hash, height, work } = tip;
  return { genesis: tree.genesis.hash, endorsement: null, tip: hash, height, work };
}

describe('two peers that meet', () => {
  it('end with the chain that has more work, whatever two chains they had', () => {
    fc.assert(
      fc.property(
        fc.nat(12),
        fc.nat(30),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(0, 300, DATA_LIMIT_BYTES),
        fc.boolean(),
        (shared, shorter, ahead, dataBytes, swapped) => {
          const trunk = freeBlocks(FREE_GENESIS_HASH, shared, 'trunk');
          const poor = [...trunk, ...freeBlocks(lastHash(trunk), shorter, 'a', dataBytes)];
          const rich = [...trunk, ...freeBlocks(lastHash(trunk), shorter + ahead, 'b', dataBytes)];
          const [a, b] = swapped ? [rich, poor] : [poor, rich];
          const peers = [new TestPeer(1, {}, stored(a)), new TestPeer(2, {}, stored(b))] as const;
          const network = new PeerNetwork(...peers);
          network.link(...peers);
          expect(peers.map(({ tip }) => tip)).toEqual([lastHash(rich), lastHash(rich)]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('heal though they were apart for more blocks than a branch may lie below the tip', () => {
    const trunk = freeBlocks(FREE_GENESIS_HASH, 20, 'trunk');
    const ours = freeBlocks(lastHash(trunk), 1_200, 'ours');
    const theirs = freeBlocks(lastHash(trunk), 1_300, 'theirs');
    const peers = [
      new TestPeer(1, {}, stored([...trunk, ...ours])),
      new TestPeer(2, {}, stored([...trunk, ...ours])),
      new TestPeer(3, {}, stored([...trunk, ...theirs])),
    ] as const;
    const network = new PeerNetwork(...peers);
    network.link(peers[0], peers[1]);
    network.link(peers[1], peers[2]);
    network.wait(2_000);
    expect(peers.map(({ tip }) => tip)).toEqual(peers.map(() => lastHash(theirs)));
  });

  it('end alike though one had a part of the other branch already', () => {
    const ours = freeBlocks(FREE_GENESIS_HASH, 50, 'ours', DATA_LIMIT_BYTES);
    const theirs = freeBlocks(FREE_GENESIS_HASH, 60, 'theirs', DATA_LIMIT_BYTES);
    const a = new TestPeer(1, {}, stored([...ours, ...theirs.slice(0, 40)]));
    const b = new TestPeer(2, {}, stored(theirs));
    new PeerNetwork(a, b).link(a, b);
    expect(a.tip).toBe(lastHash(theirs));
  });

  it('bring one without a chain all of it, and it says so to those behind it', () => {
    const peers = [1, 2, 3].map((number) => new TestPeer(number));
    const source = new TestPeer(4, {}, stored(freeBlocks(FREE_GENESIS_HASH, 1_200, 'long')));
    const network = new PeerNetwork(...peers, source);
    for (const [i, peer] of peers.entries()) network.link(peer, peers[i + 1] ?? source);
    network.wait(2_000);
    expect(peers.map(({ tip }) => tip)).toEqual(peers.map(() => source.tip));
  });

  it('repair by the next heartbeat what a lost announcement left behind', () => {
    const [a, b] = [new TestPeer(1, {}, stored(CHAIN)), new TestPeer(2, {}, stored(CHAIN))];
    const network = new PeerNetwork(a, b);
    network.link(a, b);
    b.sink = () => {};
    b.greet(3);
    b.hear('link 3', { type: 'block', block: freeBlock(lastHash(CHAIN), 'unheard') });
    const next = new PeerNetwork(a, b);
    next.link(a, b);
    next.wait(5_000);
    expect(a.tip).toBe(b.tip);
  });
});

describe('a block in a room', () => {
  it('reaches everyone, and travels over each link at most once', () => {
    const peers = [1, 2, 3, 4, 5].map((number) => new TestPeer(number, { mines: number === 1 }));
    for (const peer of peers) peer.step({ kind: 'genesis-offered', block: FREE_GENESIS });
    const network = new PeerNetwork(...peers);
    network.linkAll();
    network.wait(1_000);
    for (const peer of peers) peer.outputs.length = 0;
    peers[0]!.find();
    network.deliver();
    expect(new Set(peers.map(({ tip }) => tip)).size).toBe(1);
    const links = peers.flatMap(({ peer, outputs }) =>
      [...peer.context.neighbours.keys()].map(
        (linkId) => messagesIn(outputs, linkId, 'block').length,
      ),
    );
    // The finder pushes to its four neighbours; nobody else sends it again.
    expect(links.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(Math.max(...links)).toBe(1);
  });

  it('that is asked for comes, and one that nobody has is passed over', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN));
    const link = peer.greet(2);
    const hashes = ['ab'.repeat(32), hashBlockHex(CHAIN[1]!)];
    const outputs = peer.hear(link, { type: 'get', hashes });
    expect(messagesIn(outputs, link)).toEqual([{ type: 'block', block: CHAIN[1] }]);
  });

  it('whose parent is unknown makes the peer ask for what is between', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN.slice(0, 2)));
    const link = peer.greet(2);
    const outputs = peer.hear(link, { type: 'block', block: CHAIN[4]! });
    const [question] = messagesIn(outputs, link, 'get-chain');
    expect(question!.locator[0]).toBe(hashBlockHex(CHAIN[1]!));
    peer.hear(link, { type: 'chain', id: question!.id, blocks: CHAIN.slice(2, 4), more: false });
    expect(peer.tip).toBe(lastHash(CHAIN));
  });
});

describe('a peer that restarts', () => {
  it('has the tip that it had, the first seen of equals included, from what it stored', () => {
    fc.assert(
      fc.property(arrivingTree(40), ({ tree, arrivals }) => {
        const options = {
          genesis: { kind: 'pinned', hash: tree.genesisHash } as const,
          target: EASY_TARGET,
        };
        const before = new TestPeer(1, options);
        before.step({ kind: 'genesis-offered', block: tree.genesis });
        before.greet(2);
        for (const { planned } of arrivals) {
          // A block without work ends the link.
          if (before.peer.context.neighbours.size === 0) before.greet(2);
          before.hear('link 2', { type: 'block', block: planned.block });
        }
        const after = new TestPeer(1, options, restoredFrom(before.outputs));
        expect(after.tip).toBe(before.tip);
        expect(after.picture().blocks.kept).toBe(before.picture().blocks.kept);
        expect(after.picture().leaderboard).toEqual(before.picture().leaderboard);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a link', () => {
  it('carries the greeting first, with our name, key and status', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN));
    expect(messagesIn(peer.connect('a'), 'a')).toEqual([helloOf(1, { status: statusOf(CHAIN) })]);
  });

  it('stands whatever name the user starts with', () => {
    const settings = { name: '\u{1F600}'.repeat(500), note: '', paused: false, power: 1 };
    const peers = [new TestPeer(1, { settings }), new TestPeer(2)] as const;
    new PeerNetwork(...peers).link(...peers);
    expect(peers[1].picture().peers.map(({ name }) => [...name].length)).toEqual([24]);
  });

  it('ends after five seconds of silence, but not because the machine slept', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN));
    const link = peer.greet(2);
    peer.monotonicMs += 3_600_000;
    peer.wallMs += 3_600_000;
    expect(closeCodeIn(peer.wait(SILENCE_LIMIT_MS), link)).toBeNull();
    expect(closeCodeIn(peer.wait(400), link)).toBe('silent');
    expect(peer.picture().peers).toEqual([]);
  });

  it('is told that a page is hidden, also where it was so before, and waits for it longer', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN));
    const early = peer.greet(2);
    const told = messagesIn(peer.step({ kind: 'visibility', hidden: true }), early, 'visibility');
    expect(told).toEqual([{ type: 'visibility', hidden: true }]);
    expect(peer.step({ kind: 'visibility', hidden: true })).toEqual([]);
    const late = peer.greet(3);
    expect(messagesIn(peer.outputs, late, 'visibility')).toEqual(told);

    peer.hear(early, { type: 'visibility', hidden: true });
    const outputs = peer.wait(HIDDEN_SILENCE_LIMIT_MS);
    expect(closeCodeIn(outputs, late)).toBe('silent');
    expect(closeCodeIn(outputs, early)).toBeNull();
    expect(closeCodeIn(peer.wait(400), early)).toBe('silent');
  });

  it('is one of so many: the next is turned away, or another leaves for it', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN));
    const links = Array.from({ length: 3 * LINK_LIMITS.usual }, (_, index) => {
      const link = peer.greet(index + 2);
      expect(peer.picture().peers.length).toBeLessThanOrEqual(LINK_LIMITS.usual);
      return link;
    });
    const closed = links.map((link) => closeCodeIn(peer.outputs, link));
    expect(closed.filter((code) => code === 'mesh-full')).toHaveLength(2 * LINK_LIMITS.usual);
    expect(peer.picture().peers).toHaveLength(LINK_LIMITS.usual);
  });

  it('shows the delay, the name and the height of the other, and its clock', () => {
    const peer = new TestPeer(1, {}, stored(CHAIN));
    const link = peer.greet(2, { name: '  Grace\u202e ', status: statusOf(CHAIN.slice(0, 2)) });
    const [ping] = messagesIn(peer.wait(200), link, 'ping');
    peer.monotonicMs += 40;
    peer.wallMs += 40;
    peer.hear(link, { type: 'pong', id: ping!.id, clockMs: peer.wallMs - 20 + 60_000 });
    expect(peer.picture().peers).toEqual([
      {
        linkId: link,
        nodeId: keysOf(2).account,
        name: 'Grace',
        kind: 'webrtc',
        agent: 'tab',
        delayMs: 40,
        height: 2,
        clockOffsetMs: 60_000,
        trouble: null,
      },
    ]);
    // One other clock alone proves nothing.
    expect(peer.picture().clock).toEqual({ offsetMs: 0, wrong: false });
    peer.hear(link, { type: 'name', name: 'Hopper' });
    expect(peer.picture().peers[0]!.name).toBe('Hopper');
  });
});

describe('a neighbour that claims more than it has', () => {
  const claim = { ...statusOf(CHAIN), height: 900, work: 10n ** 30n };

  it('stops neither the search nor the catching up from another', () => {
    const peer = new TestPeer(1, { mines: true }, stored(CHAIN));
    const liar = peer.greet(2, { status: claim });
    expect(messagesIn(peer.outputs, liar, 'get-chain')).toHaveLength(1);
    expect(peer.template).not.toBeNull();
    const longer = [...CHAIN, ...freeBlocks(lastHash(CHAIN), 3, 'longer')];
    const honest = peer.greet(3, { status: statusOf(longer) });
    peer.wait(BATCH_TIMEOUT_MS / 2);
    // Neither is silent.
    peer.hear(liar, { type: 'status', status: claim });
    peer.hear(honest, { type: 'status', status: statusOf(longer) });
    const outputs = peer.wait(BATCH_TIMEOUT_MS / 2 + 200);
    const [question] = messagesIn(outputs, honest, 'get-chain');
    peer.hear(honest, { type: 'chain', id: question!.id, blocks: longer.slice(5), more: false });
    expect(peer.tip).toBe(lastHash(longer));
    expect(peer.picture()).toMatchObject({ phase: 'ready', mining: { active: true } });
  });

  it('is asked a few times a minute at most, whatever it answers', () => {
    for (const more of [false, true]) {
      const peer = new TestPeer(1, {}, stored(CHAIN));
      const liar = peer.greet(2, { status: claim });
      let asked = 0;
      for (let second = 0; second < 60; second++) {
        peer.hear(liar, { type: 'status', status: claim });
        let seen = 0;
        for (;;) {
          const questions = messagesIn(peer.outputs, liar, 'get-chain').slice(asked);
          if (questions.length === 0 || ++seen > 20) break;
          asked += questions.length;
          for (const { id } of questions)
            peer.hear(liar, { type: 'chain', id, blocks: CHAIN, more });
        }
        peer.wait(1_000);
      }
      expect(asked).toBeLessThanOrEqual(more ? 8 : 4);
    }
  });

  it('is not blamed where its blocks came by another way while they were asked for', () => {
    const longer = [...CHAIN, ...freeBlocks(lastHash(CHAIN), 1, 'longer')];
    const peer = new TestPeer(1, {}, stored(CHAIN));
    const link = peer.greet(2, { status: statusOf(longer) });
    const [question] = messagesIn(peer.outputs, link, 'get-chain');
    peer.hear(link, { type: 'block', block: longer[5]! });
    peer.hear(link, { type: 'chain', id: question!.id, blocks: longer.slice(5), more: false });
    const further = [...longer, ...freeBlocks(lastHash(longer), 2, 'further')];
    const outputs = peer.hear(link, { type: 'status', status: statusOf(further) });
    expect(messagesIn(outputs, link, 'get-chain')).toHaveLength(1);
  });
});

describe('an orphan flood', () => {
  it('of ten thousand changes nothing and stops nothing', () => {
    const peer = new TestPeer(1, { mines: true }, stored(CHAIN));
    const [flooder, honest] = [peer.greet(2), peer.greet(3)];
    for (let i = 0; i < 10_000; i++) {
      if (i % 100 === 0) peer.wait(200);
      const block = freeBlock('ab'.repeat(32), `orphan ${i}`);
      peer.hear(flooder, { type: 'block', block });
      if (i % 100 === 0) peer.hear(honest, { type: 'ping', id: i, status: statusOf(CHAIN) });
    }
    expect(peer.tip).toBe(lastHash(CHAIN));
    expect(peer.picture().blocks.orphans).toBeLessThanOrEqual(ORPHANS_PER_SENDER_LIMIT);
    expect(eventsIn(peer.outputs, 'block-kept')).toEqual([]);
    expect(peer.picture().mining.active).toBe(true);
    const block = freeBlock(lastHash(CHAIN), 'good');
    peer.hear(honest, { type: 'block', block });
    expect(peer.tip).toBe(hashBlockHex(block));
  });
});
