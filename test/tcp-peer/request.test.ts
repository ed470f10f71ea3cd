import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readRequest,
  REQUEST_LIMIT_BYTES,
  takeRequest,
  type TakenRequest,
} from '../../lib/tcp-peer/request.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What a server would do with bytes that come in these pieces, with silence at the end. */
function feed(pieces: readonly Uint8Array[]): TakenRequest['kind'][] {
  let pending: Uint8Array = new Uint8Array(0);
  const taken: TakenRequest['kind'][] = [];
  const look = (quiet: boolean) => {
    for (;;) {
      const next = takeRequest(pending, quiet);
      if (next.kind === 'wait') return;
      taken.push(next.kind);
      expect(next.rest.length).toBeLessThan(pending.length);
      pending = next.rest;
      if (next.kind === 'rejected' && next.fatal) return;
    }
  };
  for (const piece of pieces) {
    pending = Buffer.concat([pending, piece]);
    look(false);
  }
  look(true);
  return taken;
}

const anyRequest = fc.constantFrom(
  'pb',
  'hb',
  'gp',
  'up|5',
  'up | 33',
  'tx|Abcd1234|it\'s "ä" 🦊 {[',
);

describe('requests', () => {
  it('with line breaks are cut alike however the network cuts their bytes', () => {
    fc.assert(
      fc.property(
        fc.array(anyRequest, { minLength: 1, maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.nat(), { maxLength: 6 }),
        (requests, lineBreak, cuts) => {
          const bytes = bytesOf(requests.join(lineBreak) + lineBreak);
          const places = [0, ...cuts.map((cut) => cut % bytes.length), bytes.length];
          places.sort((left, right) => left - right);
          const pieces = places.slice(1).map((end, place) => bytes.subarray(places[place], end));
          expect(feed(pieces)).toEqual(requests.map(() => 'request'));
        },
      ),
    );
  });

  it('without line breaks are cut by silence', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(feed([bytesOf(request)])).toEqual(['request']);
      }),
    );
  });

  it('never make the reader throw, nor keep more than their limit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (bytes, quiet) => {
        const taken = takeRequest(bytes, quiet);
        if (taken.kind === 'wait')
          expect(bytes.length).toBeLessThanOrEqual(REQUEST_LIMIT_BYTES + 1);
      }),
    );
  });

  it.each([
    ['pb', { kind: 'print-blockchain' }],
    ['hb', { kind: 'heartbeat' }],
    ['gp', { kind: 'get-proof' }],
    ['cc', { kind: 'close-connection' }],
    ['up|5', { kind: 'update-proof', proof: 5 }],
    ['up | 5', { kind: 'update-proof', proof: 5 }],
    ['tx|Abcd1234|a  b ', { kind: 'transaction', text: 'tx|Abcd1234|a  b ' }],
  ])('%j are understood', (text, request) => {
    expect(readRequest(text)).toEqual(request);
  });

  it.each([
    ...['', 'PB', 'hello', 'up|x', 'up|-5', 'up|5.0', 'up|5|6', 'up', 'tx', 'tx|Abcd1234'],
    ...['tx|Abcd1234|', 'tx|Abc1234|x', 'tx|Abcd1234|a|b', `tx|Abcd1234|${'x'.repeat(71)}`],
    ...['tx|Abcd1234|a\x07', 'tx|Abcd1234|a\tb', '[{"index": 1}]'],
  ])('%j are none', (text) => {
    expect(typeof readRequest(text)).toBe('string');
  });

  it.each(['t', 'tx', 'tx|', 'tx|Abcd', 'tx|Abcd1234|', 'up', 'up|', 'up | ', 'p', 'g'])(
    'of which only %j has come are waited for, even in silence',
    (half) => {
      expect(takeRequest(bytesOf(half), true)).toEqual({ kind: 'wait', begun: true, quiet: false });
    },
  );

  it('with a line break inside are refused as a whole', () => {
    expect(feed([bytesOf('tx|Abcd1234|one\ntwo')])).toEqual(['rejected']);
  });

  it('that do not end are refused early, and so is what is no text', () => {
    const long = takeRequest(new Uint8Array(REQUEST_LIMIT_BYTES + 1).fill(0x61), false);
    expect(long).toMatchObject({ kind: 'rejected', fatal: true });
    const noise = takeRequest(Uint8Array.of(0x80, 0xff, 0x0a), false);
    expect(noise).toMatchObject({ kind: 'rejected', fatal: true });
    expect(takeRequest(Uint8Array.of(0xc3), false)).toMatchObject({ kind: 'wait', quiet: true });
    expect(takeRequest(Uint8Array.of(0xc3), true)).toMatchObject({ kind: 'rejected', fatal: true });
  });

  it('are nothing where only white space has come', () => {
    expect(takeRequest(bytesOf(' \r\n\n'), true)).toEqual({
      kind: 'wait',
      begun: false,
      quiet: false,
    });
  });
});
