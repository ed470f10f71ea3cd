import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HEARD_DATAGRAM_LIMIT_BYTES,
  HEARD_DATAGRAMS_LIMIT,
  HeardDatagrams,
  type HeardBlock,
} from '../../lib/net/heard-datagrams.ts';

const blockOf = (hash: string): HeardBlock => ({ hash, field: 'previous' });

describe('datagrams whose blocks are kept', () => {
  it('are known again byte for byte; no other datagram is ever taken for one of them', () => {
    const anyBytes = fc.uint8Array({ maxLength: 80 });
    // Two that differ before the bytes that tell them apart are as near to each other as a sender can make them.
    const anyPair = fc.tuple(anyBytes, anyBytes, fc.uint8Array({ minLength: 64, maxLength: 64 }));
    fc.assert(
      fc.property(anyPair, ([first, second, end]) => {
        const heard = new HeardDatagrams();
        const [one, other] = [first, second].map((start) => Uint8Array.of(...start, ...end));
        heard.remember(one!, blockOf('one'));
        expect(heard.find(one!)).toEqual(blockOf('one'));
        const same = Buffer.from(one!).equals(other!);
        expect(heard.find(other!)).toEqual(same ? blockOf('one') : undefined);
      }),
    );
  });

  it('are remembered as they were, whatever becomes of the buffer that they came in', () => {
    const heard = new HeardDatagrams();
    const bytes = Uint8Array.of(1, 2, 3);
    heard.remember(bytes, blockOf('a'));
    bytes[0] = 9;
    expect(heard.find(bytes)).toBeUndefined();
    expect(heard.find(Uint8Array.of(1, 2, 3))).toEqual(blockOf('a'));
  });

  it('are forgotten beyond the limit, the oldest first, and longer ones at once', () => {
    const heard = new HeardDatagrams();
    const bytesOf = (number: number) => new TextEncoder().encode(`datagram ${number}`);
    const count = HEARD_DATAGRAMS_LIMIT + 100;
    for (let number = 0; number < count; number++)
      heard.remember(bytesOf(number), blockOf(String(number)));
    expect(heard.size).toBeLessThanOrEqual(HEARD_DATAGRAMS_LIMIT);
    expect(heard.find(bytesOf(0))).toBeUndefined();
    expect(heard.find(bytesOf(count - 1))).toEqual(blockOf(String(count - 1)));
    const long = new Uint8Array(HEARD_DATAGRAM_LIMIT_BYTES + 1);
    heard.remember(long, blockOf('long'));
    expect(heard.find(long)).toBeUndefined();
  });
});
