import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUtf8, writeUtf8 } from '../../lib/chain/bytes.ts';
import { blockToJson } from '../../lib/chain/codec.ts';
import {
  BODY_LIMIT_CHARS,
  CHAIN_BLOCKS_LIMIT,
  decodeMessage,
  encodeMessage,
  NODE_IDS_LIMIT,
  type Message,
} from '../../lib/net/messages.ts';
import {
  anyMessage,
  block,
  chain,
  datagram,
  HASH,
  hello,
  PUBLIC_KEY,
  refusal,
  SIGNATURE,
  status,
} from '../support/messages.ts';

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
