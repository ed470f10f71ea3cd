/** Messages between peers, any and some, for tests (R14). */
import fc from 'fast-check';
import { base64urlnopad } from '@scure/base';
import { type Block } from '../../lib/chain/block.ts';
import { readUtf8, writeUtf8 } from '../../lib/chain/bytes.ts';
import { blockToJson } from '../../lib/chain/codec.ts';
import { NO_STATUS, type ChainStatus } from '../../lib/net/chain-status.ts';
import {
  CHAIN_BATCHES_LIMIT,
  decodeMessage,
  HASHES_LIMIT,
  NODE_IDS_LIMIT,
  PORTS,
  PROTOCOL_VERSION,
  type Message,
} from '../../lib/net/messages.ts';
import { anyBlock, anyText, bytes } from './arbitraries.ts';

export const PUBLIC_KEY = `02${'ab'.repeat(32)}`;
export const SIGNATURE = 'cd'.repeat(64);
export const HASH = '0f'.repeat(32);

const hexOf = (digits: number) =>
  fc.string({
    unit: fc.constantFrom(...'0123456789abcdef'),
    minLength: digits,
    maxLength: digits,
  });
export const anyHash = hexOf(64);
export const anyCount = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 40, 2 ** 52));
export const anyStatus: fc.Arbitrary<ChainStatus> = fc.record(
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
export const anyName = anyText.map((text) =>
  readUtf8(writeUtf8(text.slice(0, 200)))!.slice(0, 200),
);
export const anyHashes = fc.array(anyHash, { maxLength: HASHES_LIMIT });
export const anyIds = fc.array(
  bytes(32, 32).map((id) => base64urlnopad.encode(id)),
  { maxLength: HASHES_LIMIT },
);
export const anyTransaction = fc.dictionary(
  fc.string({ unit: 'grapheme-ascii', minLength: 1 }).filter((key) => key !== '__proto__'),
  fc.oneof(fc.nat(), fc.string({ unit: 'grapheme' })),
  { noNullPrototype: true },
);

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
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

export const wire = (value: unknown) => writeUtf8(JSON.stringify(value));
export const refusal = (value: unknown) => {
  const decoded = decodeMessage(wire(value));
  return decoded.ok ? null : decoded.code;
};

export const status = { ...NO_STATUS, work: '0' };
export const goodStatus = {
  genesis: HASH,
  endorsement: { publicKey: PUBLIC_KEY, signature: SIGNATURE },
  tip: HASH,
  height: 7,
  work: '99',
};
export const hello = {
  type: 'hello',
  version: PROTOCOL_VERSION,
  room: 'lab',
  publicKey: PUBLIC_KEY,
  name: 'Ada',
  agent: 'tab',
  status: goodStatus,
};
export const block: Block = {
  data: writeUtf8('hi'),
  previousHash: new Uint8Array(32),
  proofOfWork: new Uint8Array(8),
};
export const datagram = {
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
export const chain = { type: 'chain', id: 1, blocks: [blockToJson(block)], more: false };
