import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES } from '../../lib/chain/block.ts';
import { blockToJson, encodeBlock } from '../../lib/chain/codec.ts';
import { isNodeId } from '../../lib/net/message-fields.ts';
import {
  BODY_LIMIT_CHARS,
  decodeMessage,
  encodeMessage,
  HASHES_LIMIT,
  MESSAGE_LIMIT_BYTES,
  PROTOCOL_VERSION,
  sizeInChain,
  type Message,
} from '../../lib/net/messages.ts';
import { anyBlock, bytes } from '../support/arbitraries.ts';
import { blockVectors } from '../support/block-vectors.ts';
import {
  anyMessage,
  datagram,
  goodStatus,
  HASH,
  PUBLIC_KEY,
  refusal,
  wire,
} from '../support/messages.ts';

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
