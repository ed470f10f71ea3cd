import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, NO_PREVIOUS_HASH } from '../../lib/chain/block.ts';
import { bytesToHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import type { MessageCode } from '../../lib/chain/codes.ts';
import { SHUN_MS } from '../../lib/net/mesh.ts';
import { NO_STATUS } from '../../lib/net/chain-status.ts';
import {
  encodeMessage,
  HASHES_LIMIT,
  PROTOCOL_VERSION,
  type Message,
} from '../../lib/net/messages.ts';
import { SERVING_COST } from '../../lib/net/serving.ts';
import { DROPPED_MESSAGES_LIMIT, MESSAGE_RATE } from '../../lib/peer/neighbour.ts';
import type { StoredChain } from '../../lib/peer/inputs.ts';
import { bytes } from '../support/arbitraries.ts';
import { freeBlock, freeBlocks, FREE_GENESIS_HASH, lastHash } from '../support/free-chain.ts';
import { closeCodeIn, helloOf, keysOf, messagesIn, stored, TestPeer } from '../support/peers.ts';
import {
  EASY_TARGET,
  makeGenesis,
  mineBlock,
  mineChain,
  mineWithoutWork,
} from '../support/test-miner.ts';

const GENESIS = makeGenesis();
const GENESIS_HASH = hashBlockHex(GENESIS);
const CHAIN = mineChain(GENESIS_HASH, 3, 'ours');
const TIP = hashBlockHex(CHAIN[2]!);
const STORED: StoredChain = { ...stored(CHAIN), genesis: GENESIS };
const HOSTILE = 'link 2';
const HONEST = 'link 3';

/** A mining peer whose blocks need work, with a hostile and an honest neighbour. */
function room(): TestPeer {
  const peer = new TestPeer(
    1,
    { mines: true, genesis: { kind: 'pinned', hash: GENESIS_HASH }, target: EASY_TARGET },
    STORED,
  );
  peer.greet(2);
  peer.greet(3);
  return peer;
}

/** All goes on as if nothing had been: same chain, same search, and the honest neighbour's next block is taken. */
function expectUnharmed(peer: TestPeer): void {
  expect(peer.tip).toBe(TIP);
  const { mining, blocks, peers } = peer.picture();
  expect(mining.active).toBe(true);
  expect(bytesToHex(peer.template!.previousHash)).toBe(TIP);
  expect(blocks.kept).toBe(1 + CHAIN.length);
  expect(peers.map(({ linkId }) => linkId)).toContain(HONEST);
  const block = mineBlock(writeUtf8('good'), TIP);
  peer.hear(HONEST, { type: 'block', block });
  expect(peer.tip).toBe(hashBlockHex(block));
}

const noWork = mineWithoutWork(writeUtf8('lazy'), TIP);
const blockText = (changes: object) =>
  writeUtf8(JSON.stringify({ data: '', previous: TIP, p_o_w: '00'.repeat(8), ...changes }));

describe('a neighbour that sends what no honest peer sends', () => {
  it.each<[string, Uint8Array, MessageCode]>([
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe), 'bad-message'],
    ['nothing', new Uint8Array(), 'bad-message'],
    ['torn JSON', writeUtf8('{"data":'), 'bad-message'],
    ['JSON that is no message', writeUtf8('[1,2,3]'), 'bad-message'],
    ['an unknown type', writeUtf8('{"type":"shutdown"}'), 'bad-message'],
    ['a block with a short previous hash', blockText({ previous: 'ab' }), 'bad-message'],
    ['a block with a long proof', blockText({ p_o_w: '00'.repeat(9) }), 'bad-message'],
    ['a block with url-safe base64', blockText({ data: '-_==' }), 'bad-message'],
    ['a block of 4097 bytes', blockText({ data: 'A'.repeat(5464) }), 'bad-message'],
    ['a megabyte', new Uint8Array(1_000_000).fill(0x20), 'message-too-large'],
    ['a second hello', encodeMessage(helloOf(2)), 'second-hello'],
    ['a block without work', encodeMessage({ type: 'block', block: noWork }), 'bad-block'],
  ])('is closed for %s, and nothing else changes', (_, bytesSent, code) => {
    const peer = room();
    expect(closeCodeIn(peer.hearBytes(HOSTILE, bytesSent), HOSTILE)).toBe(code);
    expect(peer.picture().refused[code]).toBe(1);
    // What comes after the closing is not even read.
    expect(peer.hearBytes(HOSTILE, bytesSent).filter(({ kind }) => kind !== 'mine')).toEqual([]);
    expectUnharmed(peer);
  });

  it('is not let in again for a minute', () => {
    const peer = room();
    peer.hearBytes(HOSTILE, writeUtf8('{'));
    peer.connect('again', keysOf(2).account);
    expect(closeCodeIn(peer.outputs, 'again')).toBe('mesh-full');
    peer.monotonicMs += SHUN_MS;
    expect(closeCodeIn(peer.connect('later', keysOf(2).account), 'later')).toBeNull();
  });

  it.each<[string, Message, MessageCode]>([
    ['a block before any hello', { type: 'block', block: CHAIN[0]! }, 'no-hello'],
    ['a ping before any hello', { type: 'ping', id: 1, status: NO_STATUS }, 'no-hello'],
    ['a hello from another room', helloOf(4, { room: 'attic' }), 'wrong-room'],
    ['a hello of another revision', helloOf(4, { version: PROTOCOL_VERSION - 1 }), 'wrong-version'],
    ['a hello with our own key', helloOf(1), 'stolen-id'],
  ])('is closed for %s', (_, message, code) => {
    const peer = room();
    peer.connect('new');
    expect(closeCodeIn(peer.hear('new', message), 'new')).toBe(code);
    expectUnharmed(peer);
  });

  it('is closed for a hello of another than was dialled', () => {
    const peer = room();
    peer.connect('new', keysOf(5).account);
    expect(closeCodeIn(peer.hear('new', helloOf(4)), 'new')).toBe('stolen-id');
    expectUnharmed(peer);
  });

  it('does not get the one shunned in whose name it came', () => {
    const peer = room();
    peer.connect('false', keysOf(5).account);
    peer.hear('false', helloOf(4));
    expect(closeCodeIn(peer.connect('true', keysOf(5).account), 'true')).toBeNull();
    expectUnharmed(peer);
  });

  it('is closed for a chain with a block without work in it, of which the good part stays', () => {
    const peer = room();
    const good = mineBlock(writeUtf8('good'), TIP);
    const bad = mineWithoutWork(writeUtf8('bad'), hashBlockHex(good));
    const status = {
      genesis: GENESIS_HASH,
      endorsement: null,
      tip: hashBlockHex(bad),
      height: 5,
      work: 1_000n,
    };
    const [question] = messagesIn(
      peer.hear(HOSTILE, { type: 'status', status }),
      HOSTILE,
      'get-chain',
    );
    const answer = { type: 'chain', id: question!.id, blocks: [good, bad], more: true } as const;
    expect(closeCodeIn(peer.hear(HOSTILE, answer), HOSTILE)).toBe('bad-block');
    expect(peer.tip).toBe(hashBlockHex(good));
  });

  it('is closed for a flood, after which others are still heard', () => {
    const peer = room();
    const name = encodeMessage({ type: 'name', name: 'flood' });
    let sent = 0;
    for (; closeCodeIn(peer.outputs.slice(-5), HOSTILE) === null && sent < 20_000; sent++)
      peer.hearBytes(HOSTILE, name);
    expect(closeCodeIn(peer.outputs, HOSTILE)).toBe('flood');
    expect(sent).toBeGreaterThanOrEqual(MESSAGE_RATE.burst + DROPPED_MESSAGES_LIMIT);
    expectUnharmed(peer);
  });
});

describe('a neighbour that is merely odd', () => {
  it.each<[string, Message]>([
    ['an answer that nobody waits for', { type: 'chain', id: 1, blocks: [noWork], more: true }],
    ['an answer to no ping', { type: 'pong', id: 77, clockMs: 2 ** 52 }],
    ['a request for blocks that nobody has', { type: 'get', hashes: ['ab'.repeat(32)] }],
    [
      'a locator of another chain',
      { type: 'get-chain', id: 1, locator: ['ab'.repeat(32)], batches: 1 },
    ],
    ['an announcement of nothing', { type: 'inventory', hashes: [] }],
    ['an announcement of blocks that never come', { type: 'inventory', hashes: ['ab'.repeat(32)] }],
    ['another genesis block', { type: 'block', block: makeGenesis(writeUtf8('other')) }],
    [
      'an orphan without work',
      { type: 'block', block: mineWithoutWork(writeUtf8('x'), 'ab'.repeat(32)) },
    ],
    ['a name of control characters', { type: 'name', name: '\u202e\u0000\u200b' }],
  ])('is kept in spite of %s, and nothing changes', (_, message) => {
    const peer = room();
    expect(closeCodeIn(peer.hear(HOSTILE, message), HOSTILE)).toBeNull();
    expect(peer.picture().peers).toHaveLength(2);
    expectUnharmed(peer);
  });

  it('is answered for as many blocks as an honest peer may want, and no more', () => {
    const blocks = freeBlocks(FREE_GENESIS_HASH, HASHES_LIMIT, 'served');
    const peer = new TestPeer(1, {}, stored(blocks));
    const link = peer.greet(2);
    const greedy = encodeMessage({ type: 'get', hashes: blocks.map(hashBlockHex) });
    for (let i = 0; i < 500; i++) peer.hearBytes(link, greedy);
    expect(messagesIn(peer.outputs, link, 'block').length).toBeLessThanOrEqual(MESSAGE_RATE.burst);
    peer.wait(5_000);
    peer.outputs.length = 0;
    const everything = encodeMessage({ type: 'get-chain', id: 1, locator: [], batches: 1 });
    for (let i = 0; i < 1_000; i++) peer.hearBytes(link, everything);
    const served = messagesIn(peer.outputs, link, 'chain').length;
    expect(served).toBeGreaterThan(100);
    expect(served).toBeLessThanOrEqual(MESSAGE_RATE.burst / SERVING_COST.chain);
    const block = freeBlock(lastHash(blocks), 'good');
    peer.wait(5_000);
    peer.hear(link, { type: 'block', block });
    expect(peer.tip).toBe(hashBlockHex(block));
  });
});

describe('any bytes on any link at any time', () => {
  it('never make the peer throw, nor change its chain', () => {
    const anyInput = fc.oneof(
      fc.record({ link: fc.constantFrom('a', 'b', 'udp:?', 'udp:x'), bytes: bytes(0, 60) }),
      fc.record({
        link: fc.constantFrom('a', 'b', 'nobody'),
        bytes: fc.jsonValue().map((value) => writeUtf8(JSON.stringify(value))),
      }),
      fc.record({ connect: fc.constantFrom('a', 'b', 'udp:x') }),
      fc.record({ disconnect: fc.constantFrom('a', 'b', 'udp:x', 'nobody') }),
      fc.record({ present: fc.array(fc.oneof(fc.string(), fc.constant(keysOf(2).account))) }),
      fc.record({ waitMs: fc.nat(20_000) }),
      fc.record({ find: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 40 }), (inputs) => {
        const peer = new TestPeer(1, {}, stored([freeBlock(FREE_GENESIS_HASH, 'only')]));
        const { tip } = peer;
        for (const input of inputs)
          if ('bytes' in input) peer.hearBytes(input.link, input.bytes);
          else if ('connect' in input)
            peer.connect(input.connect, null, input.connect.startsWith('udp') ? 'udp' : 'relay');
          else if ('disconnect' in input)
            peer.step({ kind: 'disconnected', linkId: input.disconnect });
          else if ('present' in input) peer.step({ kind: 'present', nodeIds: input.present });
          else if ('waitMs' in input) peer.wait(input.waitMs);
          else
            peer.step({
              kind: 'found',
              templateId: input.find,
              data: NO_PREVIOUS_HASH,
              proofOfWork: NO_PREVIOUS_HASH.subarray(0, 8),
            });
        expect(peer.tip).toBe(tip);
        expect(() => peer.picture()).not.toThrow();
      }),
    );
  });
});
