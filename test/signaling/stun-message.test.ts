import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerBinding, REQUEST_LIMIT_BYTES } from '../../signaling/stun-message.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const REQUEST = hex('0001 0000 2112a442 b7e7a701bc34d686fa87dfae');

/** A Binding request with these attributes, each with its padding. */
function request(...attributes: [type: number, value: Uint8Array][]): Uint8Array {
  const body = attributes.flatMap(([type, value]) => [
    ...[type >>> 8, type & 0xff, value.length >>> 8, value.length & 0xff, ...value],
    ...Array.from({ length: (4 - (value.length % 4)) % 4 }, () => 0),
  ]);
  const message = Uint8Array.from([...REQUEST, ...body]);
  message.set([body.length >>> 8, body.length & 0xff], 2);
  return message;
}

/** The address in an answer, read by the standard's own words: port and address XOR cookie and transaction id. */
function readMapped(answer: Uint8Array): { ip: string; port: number } {
  const bytes = Buffer.from(answer);
  const mask = bytes.subarray(4, 20);
  const plain = bytes.subarray(28).map((byte, i) => byte ^ mask[i]!);
  const words = Array.from({ length: plain.length / 2 }, (_, i) =>
    ((plain[2 * i]! << 8) | plain[2 * i + 1]!).toString(16),
  );
  return {
    ip: bytes[25] === 1 ? [...plain].join('.') : new URL(`http://[${words.join(':')}]/`).hostname,
    port: bytes.readUInt16BE(26) ^ 0x2112,
  };
}

describe('the answer to a Binding request', () => {
  it('is that of the sample in RFC 5769, section 2.2 and 2.3, for the same address and transaction', () => {
    expect(answerBinding(REQUEST, '192.0.2.1', 32_853)).toEqual(
      hex('0101 000c 2112a442 b7e7a701bc34d686fa87dfae 0020 0008 0001a147e112a643'),
    );
    expect(answerBinding(REQUEST, '2001:db8:1234:5678:11:2233:4455:6677', 32_853)).toEqual(
      hex(
        '0101 0018 2112a442 b7e7a701bc34d686fa87dfae 0020 0014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9',
      ),
    );
  });

  it('tells any sender its own address, and at most 44 bytes', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const id = fc.uint8Array({ minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), port, id, (ip, from, transactionId) => {
        const asked = REQUEST.slice();
        asked.set(transactionId, 8);
        const answer = answerBinding(asked, ip, from)!;
        expect(answer.length).toBeLessThanOrEqual(44);
        expect(answer.slice(4, 20)).toEqual(asked.slice(4, 20));
        const wanted = ip.includes(':') ? new URL(`http://[${ip}]/`).hostname : ip;
        expect(readMapped(answer)).toEqual({ ip: wanted, port: from });
      }),
    );
  });

  it('takes an IPv4 address out of its IPv6 form, and leaves a zone out', () => {
    expect(readMapped(answerBinding(REQUEST, '::ffff:10.0.0.7', 9)!)).toEqual({
      ip: '10.0.0.7',
      port: 9,
    });
    expect(readMapped(answerBinding(REQUEST, 'fe80::1%eth0', 9)!).ip).toBe('[fe80::1]');
  });

  it('ignores attributes that may be ignored, and names those that may not', () => {
    const software = [0x8022, new TextEncoder().encode('any')] as [number, Uint8Array];
    expect(answerBinding(request(software), '10.0.0.7', 9)).toEqual(
      answerBinding(REQUEST, '10.0.0.7', 9),
    );
    const user = [0x0006, new Uint8Array(5)] as [number, Uint8Array];
    expect(answerBinding(request(software, user), '10.0.0.7', 9)).toEqual(
      hex(
        `0111 0024 2112a442 b7e7a701bc34d686fa87dfae 0009 0015 00000414 ${Buffer.from('Unknown Attribute').toString('hex')} 000000 000a 0002 0006 0000`,
      ),
    );
  });

  it('is none to anything else, whatever it is', () => {
    const change = (offset: number, byte: number) => {
      const changed = REQUEST.slice();
      changed[offset] = byte;
      return changed;
    };
    const short = request([0x8022, new Uint8Array(8)]);
    short[23] = 9;
    const refused = [
      ...[new Uint8Array(0), REQUEST.subarray(0, 19), new Uint8Array(20)],
      ...[change(0, 1), change(0, 0x80), change(1, 0x11), change(3, 4), change(4, 0), short],
      Uint8Array.from([...REQUEST, 0, 0, 0, 0]),
      request([0x8022, new Uint8Array(REQUEST_LIMIT_BYTES)]),
    ];
    for (const bytes of refused) expect(answerBinding(bytes, '10.0.0.7', 9)).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (noise, hasHeader) => {
        const bytes = hasHeader ? Uint8Array.from([...REQUEST, ...noise]) : noise;
        if (hasHeader) bytes.set([noise.length >>> 8, noise.length & 0xff], 2);
        const answer = answerBinding(bytes, '10.0.0.7', 9);
        if (!hasHeader) expect(answer).toBeNull();
        expect(answer?.length ?? 0).toBeLessThanOrEqual(72);
      }),
    );
  });
});
