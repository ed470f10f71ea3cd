import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { readUtf8, writeUtf8 } from '../../lib/chain/bytes.ts';
import { decodeBlock, encodeBlock } from '../../lib/chain/codec.ts';
import { encodeGenesisData } from '../../lib/ledger/genesis.ts';
import { GENESIS_COPIES } from '../../lib/net/homework.ts';
import { UDP_STRANGERS_LINK } from '../../lib/peer/neighbour.ts';
import type { PeerOutput } from '../../lib/peer/inputs.ts';
import { blockVectors } from '../support/block-vectors.ts';
import {
  FREE_GENESIS,
  FREE_GENESIS_HASH,
  freeBlock,
  freeBlocks,
  lastHash,
} from '../support/free-chain.ts';
import { eventsIn, messagesIn, restoredFrom, ROOM, stored, TestPeer } from '../support/peers.ts';
import { fuzzBridge } from '../support/udp-fuzz.ts';
import { EASY_TARGET, makeGenesis, mineBlock } from '../support/test-miner.ts';

const MINER = 'udp:10.0.0.7:5000';
const OTHER = 'udp:10.0.0.8:5000';
const CHAIN = freeBlocks(FREE_GENESIS_HASH, 5, 'ours');

/** A bridge that has this chain and one configured miner. */
function bridge(blocks: readonly Block[] = CHAIN, ...others: string[]): TestPeer {
  const peer = new TestPeer(1, { agent: 'node' }, stored(blocks));
  for (const linkId of [MINER, ...others]) peer.connect(linkId, null, 'udp');
  return peer;
}

/** The texts of the datagrams sent over this link. */
const datagramsTo = (outputs: readonly PeerOutput[], linkId: string) =>
  outputs
    .filter((output) => output.kind === 'send')
    .filter((output) => output.linkId === linkId)
    .map(({ bytes }) => bytes);
const hashesTo = (outputs: readonly PeerOutput[], linkId: string) =>
  datagramsTo(outputs, linkId).map((bytes) => {
    const decoded = decodeBlock(bytes);
    if (!decoded.ok) throw new Error('a homework miner would die of this datagram');
    return hashBlockHex(decoded.block);
  });

describe('a bridge to homework miners', () => {
  it('sends a miner that is new to it the genesis block and the chain in order, and nothing but blocks', () => {
    const peer = bridge();
    const root = Array.from({ length: GENESIS_COPIES }, () => FREE_GENESIS);
    const all = [...root, ...CHAIN].map(hashBlockHex);
    expect(hashesTo(peer.wait(200), MINER)).toEqual(all);
  });

  it('takes the first block of a miner as genesis where it hears one, and does not send it back', () => {
    const peer = new TestPeer(1, { agent: 'node', genesis: { kind: 'heard' } });
    for (const linkId of [MINER, OTHER]) peer.connect(linkId, null, 'udp');
    const outputs = peer.hearBytes(MINER, encodeBlock(FREE_GENESIS));
    expect(peer.tip).toBe(FREE_GENESIS_HASH);
    expect(hashesTo(outputs, MINER)).toEqual([]);
    expect(new Set(hashesTo(outputs, OTHER))).toEqual(new Set([FREE_GENESIS_HASH]));
  });

  it('waits while it has no genesis block: a block that hangs in the air founds nothing', () => {
    const peer = new TestPeer(1, { agent: 'node', genesis: { kind: 'heard' } });
    peer.connect(MINER, null, 'udp');
    peer.hearBytes(MINER, encodeBlock(CHAIN[0]!));
    expect(peer.tip).toBeNull();
    expect(peer.picture().phase).toBe('waiting-for-genesis');
  });

  it('that starts late takes the first block as its root where it is asked to, and goes on from there', () => {
    const options = { genesis: { kind: 'heard' }, udpRoot: { hash: null, any: true } } as const;
    const peer = new TestPeer(1, { agent: 'node', ...options });
    for (const linkId of [MINER, OTHER]) peer.connect(linkId, null, 'udp');
    for (const block of CHAIN.slice(2)) peer.hearBytes(MINER, encodeBlock(block));
    expect(peer.tip).toBe(lastHash(CHAIN));
    peer.hearBytes(MINER, encodeBlock(FREE_GENESIS));
    expect(peer.picture()).toMatchObject({ tip: { height: 2 }, refused: { 'second-genesis': 1 } });
    const again = new TestPeer(1, { agent: 'node', ...options }, restoredFrom(peer.outputs));
    expect(again.tip).toBe(lastHash(CHAIN));
  });

  it('takes only the genesis block that is pinned', () => {
    const udpRoot = { hash: FREE_GENESIS_HASH, any: false };
    const peer = new TestPeer(1, { agent: 'node', genesis: { kind: 'heard' }, udpRoot });
    peer.connect(MINER, null, 'udp');
    peer.hearBytes(MINER, encodeBlock(makeGenesis(writeUtf8('another'))));
    expect(peer.tip).toBeNull();
    peer.hearBytes(MINER, encodeBlock(FREE_GENESIS));
    expect(peer.tip).toBe(FREE_GENESIS_HASH);
  });

  it('passes the block of one miner on to the other miners and whole to the room, never back', () => {
    const peer = bridge(CHAIN, OTHER);
    const tab = peer.greet(2);
    peer.wait(1_000);
    const block = freeBlock(lastHash(CHAIN), 'theirs');
    const outputs = peer.hearBytes(MINER, encodeBlock(block));
    expect(hashesTo(outputs, MINER)).toEqual([]);
    expect(hashesTo(outputs, OTHER)).toContain(hashBlockHex(block));
    expect(messagesIn(outputs, tab, 'block').map(({ block }) => hashBlockHex(block))).toEqual([
      hashBlockHex(block),
    ]);
  });

  it('passes a block of the room on to the miners', () => {
    const peer = bridge();
    const tab = peer.greet(2);
    peer.wait(1_000);
    peer.hearBytes(MINER, encodeBlock(CHAIN[4]!));
    const block = freeBlock(lastHash(CHAIN), 'a tab');
    expect(hashesTo(peer.hear(tab, { type: 'block', block }), MINER)).toEqual([
      hashBlockHex(block),
    ]);
  });

  it('sends a reorganisation from the fork on', () => {
    const peer = bridge();
    const tab = peer.greet(2);
    peer.wait(1_000);
    peer.hearBytes(MINER, encodeBlock(CHAIN[4]!));
    const branch = freeBlocks(lastHash(CHAIN.slice(0, 3)), 3, 'branch');
    const outputs = branch.flatMap((block) => peer.hear(tab, { type: 'block', block }));
    expect(hashesTo(outputs, MINER)).toEqual(branch.map(hashBlockHex));
  });

  it('heals all miners of an address from which a stale block came, and takes none of them as its sender', () => {
    const peer = bridge(CHAIN, OTHER);
    for (const linkId of [MINER, OTHER]) peer.hearBytes(linkId, encodeBlock(CHAIN[4]!));
    const block = freeBlock(lastHash(CHAIN), 'a tab');
    const tab = peer.greet(2);
    peer.hear(tab, { type: 'block', block });
    peer.wait(30_000);
    const stale = freeBlock(lastHash(CHAIN.slice(0, 3)), 'whose');
    const outputs = peer.step({
      kind: 'received',
      linkId: UDP_STRANGERS_LINK,
      bytes: encodeBlock(stale, 'previous_hash'),
      among: [MINER, OTHER],
    });
    for (const linkId of [MINER, OTHER]) {
      expect(hashesTo(outputs, linkId)).toEqual([hashBlockHex(block)]);
      expect(readUtf8(datagramsTo(outputs, linkId)[0]!)).toContain('"previous_hash"');
    }
    expect(peer.picture().peers.filter(({ kind }) => kind === 'udp')).toMatchObject([
      { height: 5 },
      { height: 5 },
    ]);
  });

  it('answers a miner that writes previous_hash only with both names', () => {
    const peer = bridge(CHAIN, OTHER);
    const heard = peer.hearBytes(MINER, encodeBlock(CHAIN[0]!, 'previous_hash'));
    const outputs = [...heard, ...peer.wait(5_000)];
    const names = (linkId: string) =>
      datagramsTo(outputs, linkId).map((bytes) =>
        Object.keys(JSON.parse(readUtf8(bytes)!) as object).join(),
      );
    expect(new Set(names(MINER))).toEqual(new Set(['data,previous,previous_hash,p_o_w']));
    expect(new Set(names(OTHER))).toEqual(new Set(['data,previous,p_o_w']));
  });

  it('sends nothing at all to UDP miners while the rules are those of a class room', () => {
    const target = EASY_TARGET;
    const terms = { room: ROOM, rules: 'class', target, spacingMs: 10_000, reward: 50 } as const;
    const genesis = makeGenesis(encodeGenesisData({ ...terms, timeMs: 1_000 }));
    const peer = new TestPeer(
      1,
      { agent: 'node', genesis: { kind: 'pinned', hash: hashBlockHex(genesis) } },
      { ...stored([]), genesis },
    );
    const tab = peer.greet(2);
    peer.connect(MINER, null, 'udp');
    const first = mineBlock(writeUtf8('{"time":20000}'), hashBlockHex(genesis));
    peer.hear(tab, { type: 'block', block: first });
    peer.hearBytes(MINER, encodeBlock(genesis));
    peer.wait(90_000);
    expect(peer.tip).toBe(hashBlockHex(first));
    expect(datagramsTo(peer.outputs, MINER)).toEqual([]);
  });
});

describe('datagrams that come again', () => {
  const branch = freeBlocks(lastHash(CHAIN.slice(0, 2)), 4, 'branch');
  const astray = freeBlocks('ab'.repeat(32), 2, 'astray');
  const foreign = makeGenesis(writeUtf8('another'));
  const anyDatagram = fc.record({
    block: fc.constantFrom(FREE_GENESIS, ...CHAIN, ...branch, ...astray, foreign),
    field: fc.constantFrom('previous' as const, 'previous_hash' as const),
    from: fc.constantFrom(MINER, OTHER, UDP_STRANGERS_LINK),
    among: fc.subarray([MINER, OTHER]),
    times: fc.integer({ min: 1, max: 3 }),
    waitMs: fc.constantFrom(0, 0, 200, 1_500),
  });

  /** What the last steps did, in words. */
  const tell = (peer: TestPeer) =>
    peer.outputs.splice(0).map((output) => {
      if (output.kind === 'send') return `${output.linkId} ${readUtf8(output.bytes)}`;
      return output.kind === 'event' ? output.event.kind : output.kind;
    });

  it('byte for byte have the very same effects as the same blocks written in other words', () => {
    fc.assert(
      fc.property(fc.array(anyDatagram, { minLength: 1, maxLength: 15 }), (datagrams) => {
        const alike = bridge(CHAIN.slice(0, 2), OTHER);
        const reworded = bridge(CHAIN.slice(0, 2), OTHER);
        let words = 0;
        for (const { block, field, from, among, times, waitMs } of datagrams)
          for (let time = 0; time < times; time++) {
            const bytes = encodeBlock(block, field);
            // White space makes each of them a datagram that was never heard before.
            const spaced = Uint8Array.of(...bytes, ...new Uint8Array(++words).fill(0x20));
            const source = { linkId: from, ...(from === UDP_STRANGERS_LINK && { among }) };
            alike.step({ kind: 'received', ...source, bytes });
            reworded.step({ kind: 'received', ...source, bytes: spaced });
            alike.wait(waitMs);
            reworded.wait(waitMs);
            expect(tell(alike)).toEqual(tell(reworded));
          }
        expect(alike.picture()).toEqual(reworded.picture());
      }),
      { numRuns: 50 },
    );
  });
});

describe('datagrams that are no use', () => {
  it('are refused, counted by their code, and stop nothing', () => {
    const peer = bridge();
    for (const { bytes, expected } of blockVectors) {
      const outputs = peer.hearBytes(MINER, bytes);
      const codes = eventsIn(outputs, 'refused').map(({ code }) => code);
      if (!expected.ok) expect(codes).toEqual([expected.code]);
    }
    peer.hearBytes(MINER, new Uint8Array(1_000_000));
    expect(peer.picture().refused).toMatchObject({ 'too-large': expect.any(Number) as number });
    expect(peer.tip).toBe(lastHash(CHAIN));
    const block = freeBlock(lastHash(CHAIN), 'good');
    peer.hearBytes(MINER, encodeBlock(block));
    expect(peer.tip).toBe(hashBlockHex(block));
  });

  it('of strangers are read like any others, and answered never', () => {
    const peer = bridge(CHAIN);
    const block = freeBlock(lastHash(CHAIN), 'stranger');
    peer.hearBytes(UDP_STRANGERS_LINK, encodeBlock(block));
    expect(peer.tip).toBe(hashBlockHex(block));
    for (let i = 0; i < 20; i++) {
      peer.hearBytes(UDP_STRANGERS_LINK, encodeBlock(CHAIN[0]!));
      peer.wait(1_000);
    }
    expect(datagramsTo(peer.outputs, UDP_STRANGERS_LINK)).toEqual([]);
    expect(peer.picture().peers.map(({ linkId }) => linkId)).toEqual([MINER]);
  });

  it('of a miner on another genesis block name its trouble until it follows ours', () => {
    const peer = bridge();
    const trouble = () => peer.picture().peers[0]!.trouble;
    peer.hearBytes(MINER, encodeBlock(makeGenesis(writeUtf8('another'))));
    expect(trouble()).toMatch(/another genesis.*restart/);
    expect(peer.picture().peers[0]!.height).toBeNull();
    peer.hearBytes(MINER, encodeBlock(CHAIN[1]!));
    expect(trouble()).toBeNull();
    expect(peer.picture().peers[0]).toMatchObject({ agent: 'udp', kind: 'udp', height: 2 });
  });

  it('of a miner that builds on what never came here name its trouble until it follows ours', () => {
    const peer = bridge();
    peer.hearBytes(MINER, encodeBlock(CHAIN[4]!));
    const trouble = () => peer.picture().peers[0]!.trouble;
    const astray = freeBlocks('ab'.repeat(32), 200, 'astray');
    for (const block of astray) {
      peer.hearBytes(MINER, encodeBlock(block));
      peer.wait(1_000);
    }
    expect(trouble()).toMatch(/never came here.*restart/);
    peer.hearBytes(MINER, encodeBlock(freeBlock(lastHash(CHAIN), 'back')));
    expect(trouble()).toBeNull();
  });

  it('of a miner on another genesis block get it no more than the introductions', () => {
    const peer = bridge();
    peer.wait(1_000);
    const foreign = makeGenesis(writeUtf8('another'));
    peer.hearBytes(MINER, encodeBlock(foreign));
    let bursts = 0;
    for (const block of freeBlocks(hashBlockHex(foreign), 60, 'foreign')) {
      const outputs = [...peer.hearBytes(MINER, encodeBlock(block)), ...peer.wait(1_000)];
      if (hashesTo(outputs, MINER).length > 0) bursts++;
    }
    expect(bursts).toBeLessThanOrEqual(5);
    expect(peer.picture().blocks.orphans).toBeLessThanOrEqual(128);
  });
});

describe('a miner that is no longer configured', () => {
  it('is sent nothing more', () => {
    const peer = bridge();
    peer.wait(1_000);
    peer.step({ kind: 'disconnected', linkId: MINER });
    expect(datagramsTo(peer.wait(60_000), MINER)).toEqual([]);
    expect(peer.picture().peers).toEqual([]);
  });
});

describe('hostile datagrams from everywhere', () => {
  it('are counted by what is wrong with them, change nothing, and stop nothing', () => {
    const { refused, failures } = fuzzBridge(6_000, 1);
    expect(failures).toEqual([]);
    const codes = ['bad-json', 'bad-utf8', 'missing-field', 'wrong-type', 'wrong-length'] as const;
    for (const code of [...codes, 'no-work', 'orphan-no-work', 'second-genesis', 'too-large'])
      expect(refused[code], code).toBeGreaterThan(0);
  });
});
