import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeUtf8 } from '../../lib/chain/bytes.ts';
import { MessageReader } from '../../lib/net/message-reader.ts';
import { NO_STATUS } from '../../lib/net/chain-status.ts';
import { decodeMessage, encodeMessage, type Message } from '../../lib/net/messages.ts';

const hex = fc.constantFrom(...'0123456789abcdef');
const anyHash = fc.array(hex, { minLength: 64, maxLength: 64 }).map((digits) => digits.join(''));
const anyCount = fc.oneof(fc.nat(20), fc.nat(), fc.integer({ min: 0, max: 2 ** 51 }));
// Few of them, so that they repeat as those of neighbours do.
const anyStatus = fc.constantFrom(
  NO_STATUS,
  ...[1, 2, 3].map((height) => ({
    genesis: 'a'.repeat(64),
    endorsement: null,
    tip: String(height).repeat(64),
    height,
    work: BigInt(height) * 2n ** 40n,
  })),
  { genesis: null, endorsement: null, tip: '1'.repeat(64), height: 1, work: 7n },
);
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('ping' as const), id: anyCount, status: anyStatus }),
  fc.record({ type: fc.constant('pong' as const), id: anyCount, clockMs: anyCount }),
  fc.record({
    type: fc.constantFrom('inventory' as const, 'get' as const),
    hashes: fc.array(anyHash, { maxLength: 2 }),
  }),
);

/** The text of a message with some of it cut out, doubled or replaced. */
const anyDamage = fc.record({
  at: fc.nat(400),
  length: fc.nat(4),
  put: fc.constantFrom('', '0', '9', '"', ',', '}', ' ', 'A', '-', '.5', '1e3', ',"id":7', 'é'),
});

describe('a reader of messages', () => {
  it('reads whatever comes as the decoder of single messages does, in any order', () => {
    const anyText = fc
      .tuple(anyMessage, fc.option(anyDamage, { freq: 2, nil: null }))
      .map(([message, damage]) => {
        const text = new TextDecoder().decode(encodeMessage(message));
        if (damage === null) return text;
        const at = damage.at % (text.length + 1);
        return text.slice(0, at) + damage.put + text.slice(at + damage.length);
      });
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 12 }), (texts) => {
        const reader = new MessageReader();
        for (const text of texts)
          expect(reader.read(writeUtf8(text))).toEqual(decodeMessage(writeUtf8(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not deceived by a ping that says two things', () => {
    const reader = new MessageReader();
    const ping = (id: string, end: string) =>
      writeUtf8(
        `{"type":"ping","id":${id},"status":{"genesis":null,"endorsement":null,"tip":null,"height":0,"work":"0"}${end}}`,
      );
    for (const id of ['1', '2', '03', '-4', '5.0', '123456789012345', '1234567890123456'])
      for (const end of ['', ',"id":9', ',"type":"pong","clockMs":1'])
        expect(reader.read(ping(id, end))).toEqual(decodeMessage(ping(id, end)));
  });

  it('gives the same status for the same bytes, so that a repeated ping costs next to nothing', () => {
    const [first, second] = [1, 2].map((id) =>
      encodeMessage({ type: 'ping', id, status: { ...NO_STATUS, height: 5 } }),
    );
    const reader = new MessageReader();
    const statusIn = (bytes: Uint8Array) => {
      const decoded = reader.read(bytes);
      return decoded.ok && decoded.message.type === 'ping' ? decoded.message.status : null;
    };
    const status = statusIn(first!);
    expect(status).toMatchObject({ height: 5 });
    expect(statusIn(second!)).toBe(status);
  });
});
