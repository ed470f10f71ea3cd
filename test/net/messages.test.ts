import { base64urlnopad } from '@scure/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES, type Block } from '../../lib/chain/block.ts';
import { readUtf8, writeUtf8 } from '../../lib/chain/bytes.ts';
import { blockToJson, encodeBlock } from '../../lib/chain/codec.ts';
import {
  BODY_LIMIT_CHARS,
  CHAIN_BATCHES_LIMIT,
  CHAIN_BLOCKS_LIMIT,
  decodeMessage,
  encodeMessage,
  HASHES_LIMIT,
  isNodeId,
  MESSAGE_LIMIT_BYTES,
  NODE_IDS_LIMIT,
  NO_STATUS,
  PORTS,
  PROTOCOL_VERSION,
  sizeInChain,
  type ChainStatus,
  type Message,
} from '../../lib/net/messages.ts';
import { anyBlock, anyText, bytes } from '../support/arbitraries.ts';
import { blockVectors } from '../support/block-vectors.ts';

const PUBLIC_KEY = `02${'ab'.repeat(32)}`;
const SIGNATURE = 'cd'.repeat(64);
const HASH = '0f'.repeat(32);

const hexOf = (digits: number) =>
  fc.string({
    unit: fc.constantFrom(...'0123456789abcdef'),
    minLength: digits,
    maxLength: digits,
  });
const anyHash = hexOf(64);
const anyCount = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 40, 2 ** 52));
const anyStatus: fc.Arbitrary<ChainStatus> = fc.record(
  {
    genesis: fc.option(anyHash),
    endorsement: fc.option(
      fc.record(
        {
          publicKey: hexOf(64).map((digits) => `03${digits}`),
          signature: hexOf(128),
        },
        { noNullPrototype: true },
      ),
    ),
    tip: fc.option(anyHash),
    height: anyCount,
    work: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  },
  { noNullPrototype: true },
);
// Lone surrogates become replacement characters in UTF-8, as anywhere on the web.
const anyName = anyText.map((text) => readUtf8(writeUtf8(text.slice(0, 200)))!.slice(0, 200));
const anyHashes = fc.array(anyHash, { maxLength: HASHES_LIMIT });
const anyIds = fc.array(
  bytes(32, 32).map((id) => base64urlnopad.encode(id)),
  { maxLength: HASHES_LIMIT },
);
const anyTransaction = fc.dictionary(
  fc.string({ unit: 'grapheme-ascii', minLength: 1 }).filter((key) => key !== '__proto__'),
  fc.oneof(fc.nat(), fc.string({ unit: 'grapheme' })),
  { noNullPrototype: true },
);

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  anyBlock.map((block) => ({ type: 'block', block }) as const),
  fc
    .record({
      version: anyCount,
      room: anyText.map((text) => readUtf8(writeUtf8(text.slice(0, 64)))!.slice(0, 64)),
      name: anyName,
      agent: fc.constantFrom('tab' as const, 'node' as const),
      status: anyStatus,
    })
    .map((fields) => ({ type: 'hello', publicKey: PUBLIC_KEY, ...fields }) as const),
  anyStatus.map((status) => ({ type: 'status', status }) as const),
  anyName.map((name) => ({ type: 'name', name }) as const),
  fc.boolean().map((hidden) => ({ type: 'visibility', hidden }) as const),
  anyHashes.map((hashes) => ({ type: 'inventory', hashes }) as const),
  anyHashes.map((hashes) => ({ type: 'get', hashes }) as const),
  anyTransaction.map((transaction) => ({ type: 'transaction', transaction }) as const),
  anyIds.map((ids) => ({ type: 'transaction-inventory', ids }) as const),
  anyIds.map((ids) => ({ type: 'get-transactions', ids }) as const),
  fc
    .tuple(anyCount, anyHashes, fc.integer({ min: 1, max: CHAIN_BATCHES_LIMIT }))
    .map(([id, locator, batches]) => ({ type: 'get-chain', id, locator, batches }) as const),
  fc
    .tuple(anyCount, fc.array(anyBlock, { maxLength: 20 }), fc.boolean())
    .map(([id, blocks, more]) => ({ type: 'chain', id, blocks, more }) as const),
  fc.tuple(anyCount, anyStatus).map(([id, status]) => ({ type: 'ping', id, status }) as const),
  fc.tuple(anyCount, anyCount).map(([id, clockMs]) => ({ type: 'pong', id, clockMs }) as const),
  fc
    .array(hexOf(40), { maxLength: NODE_IDS_LIMIT })
    .map((nodeIds) => ({ type: 'neighbours', nodeIds }) as const),
  fc
    .record({
      to: hexOf(40),
      reach: fc.constantFrom('exact' as const, 'nearest' as const),
      from: hexOf(40),
      id: anyCount,
      steps: fc.tuple(fc.nat(255), fc.nat(255)),
      port: fc.constantFrom(...PORTS),
      body: fc
        .string({ unit: 'grapheme', maxLength: 200 })
        .map((text) => text.replace(/\p{Cc}/gu, '')),
    })
    .map(
      ({ steps, ...fields }) =>
        ({
          type: 'datagram',
          ...fields,
          hops: Math.max(...steps),
          detours: Math.min(...steps),
        }) as const,
    ),
);

const wire = (value: unknown) => writeUtf8(JSON.stringify(value));
const refusal = (value: unknown) => {
  const decoded = decodeMessage(wire(value));
  return decoded.ok ? null : decoded.code;
};

const status = { ...NO_STATUS, work: '0' };
const goodStatus = {
  genesis: HASH,
  endorsement: { publicKey: PUBLIC_KEY, signature: SIGNATURE },
  tip: HASH,
  height: 7,
  work: '99',
};
const hello = {
  type: 'hello',
  version: PROTOCOL_VERSION,
  room: 'lab',
  publicKey: PUBLIC_KEY,
  name: 'Ada',
  agent: 'tab',
  status: goodStatus,
};
const block: Block = {
  data: writeUtf8('hi'),
  previousHash: new Uint8Array(32),
  proofOfWork: new Uint8Array(8),
};
const datagram = {
  type: 'datagram',
  to: 'ab'.repeat(20),
  reach: 'exact',
  from: 'cd'.repeat(20),
  id: 1,
  hops: 2,
  detours: 1,
  port: 'link',
  body: '{"hello":"world"}',
};
const chain = { type: 'chain', id: 1, blocks: [blockToJson(block)], more: false };

describe('a message between peers', () => {
  it('comes back as it was written, whatever its type', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual({ ok: true, message });
      }),
      { numRuns: 300 },
    );
  });

  it('is read or refused, never a crash, for any JSON', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      // Near misses: the right names with any values.
      fc.dictionary(
        fc.constantFrom(
          'type',
          'id',
          'status',
          'hashes',
          'blocks',
          'more',
          'name',
          'data',
          'p_o_w',
        ),
        fc.oneof(
          fc.jsonValue(),
          fc.constantFrom('hello', 'chain', 'get', 'get-chain', 'ping', 'pong', 'status', 'name'),
        ),
      ),
    );
    fc.assert(
      fc.property(value, (json) => {
        const decoded = decodeMessage(wire(json));
        if (decoded.ok) expect(decodeMessage(encodeMessage(decoded.message))).toEqual(decoded);
        else expect(decoded.code).toBe('bad-message');
      }),
      { numRuns: 500 },
    );
  });

  it('is read or refused, never a crash, for any bytes', () => {
    fc.assert(
      fc.property(bytes(0, 200), (junk) => {
        expect(decodeMessage(junk).ok).toBe(false);
      }),
    );
  });

  it('has at most 64 KiB: one byte more is refused before it is looked at', () => {
    const spaced = (length: number) => {
      const out = new Uint8Array(length).fill(0x20);
      out.set(encodeMessage({ type: 'name', name: 'Ada' }));
      return out;
    };
    expect(decodeMessage(spaced(MESSAGE_LIMIT_BYTES)).ok).toBe(true);
    const refused = { ok: false, code: 'message-too-large' };
    expect(decodeMessage(spaced(MESSAGE_LIMIT_BYTES + 1))).toEqual(refused);
    expect(decodeMessage(new Uint8Array(1_000_000))).toEqual(refused);
  });
});

describe('a datagram', () => {
  it('fits into a message with the longest body, however many bytes its characters take', () => {
    for (const character of ['"', '\\', '語', '\u2028', '𝒳']) {
      const body = character.repeat(BODY_LIMIT_CHARS / character.length);
      const message = { ...datagram, body } as Message;
      expect(decodeMessage(encodeMessage(message))).toEqual({ ok: true, message });
    }
  });
});

describe('a block pushed whole', () => {
  it('is what a homework miner sends, byte for byte', () => {
    fc.assert(
      fc.property(anyBlock, (block) => {
        expect(encodeMessage({ type: 'block', block })).toEqual(encodeBlock(block));
      }),
    );
  });

  it('is taken and refused as the homework does, but that the last of repeated fields counts', () => {
    for (const { name, bytes: vector, expected } of blockVectors) {
      if (/twice|three times/.test(name)) continue;
      expect([name, decodeMessage(vector).ok]).toEqual([name, expected.ok]);
    }
  });
});

describe('a message with a field that is not as described is refused', () => {
  it.each<[string, unknown]>([
    ['no object', 7],
    ['null', null],
    ['a list', []],
    ['a text', 'hello'],
    ['an empty object', {}],
    ['an unknown type', { type: 'shutdown' }],
    ['a type that is no text', { type: 1 }],
    ['a type inherited by every object', { type: 'constructor' }],
    ['a hello without version', { ...hello, version: undefined }],
    ['a hello of version -1', { ...hello, version: -1 }],
    ['a hello of version 1.5', { ...hello, version: 1.5 }],
    ['a hello without room', { ...hello, room: undefined }],
    ['a hello with a room of 65 characters', { ...hello, room: 'r'.repeat(65) }],
    ['a hello without key', { ...hello, publicKey: undefined }],
    ['a hello with an uncompressed key', { ...hello, publicKey: `04${'ab'.repeat(64)}` }],
    ['a hello with a key in upper case', { ...hello, publicKey: PUBLIC_KEY.toUpperCase() }],
    ['a hello with a key and a line break', { ...hello, publicKey: `${PUBLIC_KEY}\n` }],
    ['a hello without name', { ...hello, name: undefined }],
    ['a hello with a name of 201 characters', { ...hello, name: 'n'.repeat(201) }],
    ['a hello of an unknown agent', { ...hello, agent: 'robot' }],
    ['a hello without status', { ...hello, status: undefined }],
    ['a status without status', { type: 'status' }],
    ['a status of null', { type: 'status', status: null }],
    ['a status with a short genesis', { type: 'status', status: { ...status, genesis: 'ab' } }],
    ['a status with upper case', { type: 'status', status: { ...status, tip: 'AB'.repeat(32) } }],
    ['a status without tip', { type: 'status', status: { ...status, tip: undefined } }],
    [
      'a status without endorsement',
      { type: 'status', status: { ...status, endorsement: undefined } },
    ],
    [
      'a status with an empty endorsement',
      { type: 'status', status: { ...status, endorsement: {} } },
    ],
    [
      'a status with a short signature',
      {
        type: 'status',
        status: { ...status, endorsement: { publicKey: PUBLIC_KEY, signature: 'ab' } },
      },
    ],
    [
      'a status with an endorsement without key',
      { type: 'status', status: { ...status, endorsement: { signature: SIGNATURE } } },
    ],
    ['a status of negative height', { type: 'status', status: { ...status, height: -1 } }],
    ['a status of endless height', { type: 'status', status: { ...status, height: 1e300 } }],
    ['a status with a number as work', { type: 'status', status: { ...status, work: 99 } }],
    ['a status of negative work', { type: 'status', status: { ...status, work: '-1' } }],
    ['a status of work in hex', { type: 'status', status: { ...status, work: '0xff' } }],
    [
      'a status of work of 79 digits',
      { type: 'status', status: { ...status, work: '9'.repeat(79) } },
    ],
    ['a name that is no text', { type: 'name', name: 7 }],
    ['a visibility that is a text', { type: 'visibility', hidden: 'no' }],
    ['a name of 201 characters', { type: 'name', name: 'n'.repeat(201) }],
    ['an inventory without hashes', { type: 'inventory' }],
    ['an inventory of numbers', { type: 'inventory', hashes: [1] }],
    ['an inventory of 65', { type: 'inventory', hashes: Array(65).fill(HASH) }],
    ['a get of short hashes', { type: 'get', hashes: ['ab'] }],
    ['a get of 65', { type: 'get', hashes: Array(65).fill(HASH) }],
    ['a transaction without one', { type: 'transaction' }],
    ['a transaction that is a text', { type: 'transaction', transaction: 'pay me' }],
    ['a transaction of null', { type: 'transaction', transaction: null }],
    ['transactions without ids', { type: 'transaction-inventory' }],
    ['transactions with a hash as id', { type: 'transaction-inventory', ids: [HASH] }],
    ['transactions with bits beyond an id', { type: 'get-transactions', ids: ['B'.repeat(43)] }],
    ['a question for 65', { type: 'get-transactions', ids: Array(65).fill('A'.repeat(43)) }],
    ['a list of neighbours without ids', { type: 'neighbours' }],
    ['a list of neighbours with a short id', { type: 'neighbours', nodeIds: ['ab'] }],
    [
      'a list of 33 neighbours',
      { type: 'neighbours', nodeIds: Array(NODE_IDS_LIMIT + 1).fill('ab'.repeat(20)) },
    ],
    ['a datagram to nobody', { ...datagram, to: undefined }],
    ['a datagram to an id in upper case', { ...datagram, to: 'AB'.repeat(20) }],
    ['a datagram with an id and a line break', { ...datagram, to: `${'ab'.repeat(20)}\n` }],
    ['a datagram from nobody', { ...datagram, from: null }],
    ['a datagram that reaches everybody', { ...datagram, reach: 'all' }],
    ['a datagram without id', { ...datagram, id: undefined }],
    ['a datagram with -1 hops', { ...datagram, hops: -1 }],
    ['a datagram with 256 hops', { ...datagram, hops: 256 }],
    ['a datagram with more detours than hops', { ...datagram, detours: 3 }],
    ['a datagram for an unknown port', { ...datagram, port: 'http' }],
    ['a datagram for a port of every object', { ...datagram, port: 'constructor' }],
    ['a datagram without body', { ...datagram, body: undefined }],
    ['a datagram with an object as body', { ...datagram, body: {} }],
    ['a datagram with a line break in its body', { ...datagram, body: 'a\nb' }],
    ['a datagram with half a character in its body', { ...datagram, body: '\ud800' }],
    [
      'a datagram with a body of 16,385 characters',
      { ...datagram, body: 'b'.repeat(BODY_LIMIT_CHARS + 1) },
    ],
    ['a get-chain without id', { type: 'get-chain', locator: [HASH], batches: 1 }],
    ['a get-chain with a text as id', { type: 'get-chain', id: '1', locator: [HASH], batches: 1 }],
    ['a get-chain without locator', { type: 'get-chain', id: 1, batches: 1 }],
    ['a get-chain without batches', { type: 'get-chain', id: 1, locator: [HASH] }],
    ['a get-chain for no batch', { type: 'get-chain', id: 1, locator: [HASH], batches: 0 }],
    ['a get-chain for five batches', { type: 'get-chain', id: 1, locator: [HASH], batches: 5 }],
    [
      'a get-chain with a locator of 65',
      { type: 'get-chain', id: 1, locator: Array(65).fill(HASH), batches: 1 },
    ],
    ['a chain without id', { ...chain, id: undefined }],
    ['a chain without blocks', { ...chain, blocks: undefined }],
    ['a chain with an object as blocks', { ...chain, blocks: {} }],
    ['a chain with null among its blocks', { ...chain, blocks: [null] }],
    ['a chain with a bad block', { ...chain, blocks: [{ data: '', previous: '', p_o_w: '' }] }],
    ['a chain without more', { ...chain, more: undefined }],
    ['a ping without status', { type: 'ping', id: 1 }],
    ['a ping without id', { type: 'ping', status }],
    ['a pong without clock', { type: 'pong', id: 1 }],
    ['a pong of a negative clock', { type: 'pong', id: 1, clockMs: -1 }],
    ['a pong with half a millisecond', { type: 'pong', id: 1, clockMs: 0.5 }],
    ['a pong of an endless clock', { type: 'pong', id: 1, clockMs: 2 ** 53 }],
  ])('%s', (_, value) => {
    expect(refusal(value)).toBe('bad-message');
  });

  it('though the messages next to them are taken', () => {
    for (const value of [hello, chain, { type: 'status', status }, { type: 'ping', id: 0, status }])
      expect(refusal(value)).toBeNull();
  });

  it('nor is a chain of more blocks than a batch has, though it be short enough', () => {
    const empty = blockToJson({ ...block, data: new Uint8Array() });
    const blocks = Array(CHAIN_BLOCKS_LIMIT + 1).fill(empty);
    expect(refusal({ ...chain, blocks })).toBe('bad-message');
    expect(refusal({ ...chain, blocks: blocks.slice(1) })).toBeNull();
  });

  it('and so are bytes that are no UTF-8, no JSON, or begin with a byte order mark', () => {
    const bad = { ok: false, code: 'bad-message' };
    const named = encodeMessage({ type: 'name', name: 'Ada' });
    expect(decodeMessage(Uint8Array.of(0xff, ...named))).toEqual(bad);
    expect(decodeMessage(Uint8Array.of(0xef, 0xbb, 0xbf, ...named))).toEqual(bad);
    expect(decodeMessage(named.subarray(0, -1))).toEqual(bad);
    expect(decodeMessage(new Uint8Array())).toEqual(bad);
  });

  it('and so is an object so deep that a reader might run out of stack', () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    expect(decodeMessage(writeUtf8(`{"type":"name","name":${deep}}`)).ok).toBe(false);
  });
});

describe('sizes at the limits', () => {
  it('a hello with the longest name and every field filled is a few kilobytes at most', () => {
    const message: Message = {
      type: 'hello',
      version: PROTOCOL_VERSION,
      room: 'r'.repeat(64),
      publicKey: PUBLIC_KEY,
      name: '\u{1F600}'.repeat(100),
      agent: 'node',
      status: { ...goodStatus, height: 2 ** 40, work: 2n ** 256n - 1n },
    };
    const encoded = encodeMessage(message);
    expect(encoded.length).toBeLessThan(2_000);
    expect(decodeMessage(encoded)).toEqual({ ok: true, message });
  });

  it('a name of 200 characters of 4 bytes is refused: it counts as 400', () => {
    expect(refusal({ type: 'name', name: '\u{1F600}'.repeat(200) })).toBe('bad-message');
    expect(refusal({ type: 'name', name: '\u{1F600}'.repeat(100) })).toBeNull();
  });

  it('a block takes no more bytes in a chain than is counted for it', () => {
    fc.assert(
      fc.property(bytes(0, DATA_LIMIT_BYTES), bytes(32), bytes(8), (data, previousHash, proof) => {
        const block = { data, previousHash, proofOfWork: proof };
        const size = JSON.stringify(blockToJson(block)).length + 1;
        expect(size).toBeLessThanOrEqual(sizeInChain(block));
      }),
    );
  });

  it('the longest inventory and the longest locator fit', () => {
    const hashes = Array<string>(HASHES_LIMIT).fill(HASH);
    for (const message of [
      { type: 'inventory', hashes },
      { type: 'get-chain', id: 2 ** 52, locator: hashes, batches: 1 },
    ] as const)
      expect(decodeMessage(encodeMessage(message))).toEqual({ ok: true, message });
  });
});

describe('a message with a repeated field', () => {
  const text = (message: Message): string => readUtf8(encodeMessage(message))!;
  const codeOf = (json: string) => {
    const decoded = decodeMessage(writeUtf8(json));
    return decoded.ok ? null : decoded.code;
  };

  it('is refused, be it in the message or in a block of it, even where both say the same', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), (message, choice) => {
        const json = text(message);
        expect(codeOf(json)).toBeNull();
        // Names end in a quote and a colon; a text that looks like one has its quotes escaped.
        const names = [...json.matchAll(/(?<=[{,])"[A-Za-z_]+":/g)];
        const { 0: name, index } = names[choice % names.length]!;
        expect(codeOf(`${json.slice(0, index)}${name}null,${json.slice(index)}`)).toBe(
          'bad-message',
        );
      }),
    );
    const pushed = text({ type: 'block', block });
    expect(codeOf(pushed.replace('{', '{"p_o_w":"0000000000000000",'))).toBe('bad-message');
  });
});

describe('a node id', () => {
  it('has 40 lower-case hex digits and nothing else', () => {
    expect(isNodeId('0123456789abcdef0123456789abcdef01234567')).toBe(true);
    for (const text of [
      '',
      'AB'.repeat(20),
      'ab'.repeat(19),
      `${'ab'.repeat(20)}\n`,
      'xy'.repeat(20),
    ])
      expect(isNodeId(text)).toBe(false);
  });
});
