import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dialSignalFromJson,
  dialSignalToJson,
  type DialSignal,
} from '../../../lib/drivers/webrtc/signal.ts';

const dialSignal: fc.Arbitrary<DialSignal> = fc.record({
  dial: fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 16, maxLength: 16 })
    .map((digits) => digits.join('')),
  step: fc.oneof(
    fc.record({ kind: fc.constantFrom('offer' as const, 'answer' as const), sdp: fc.string() }),
    fc.record({
      kind: fc.constant('candidate' as const),
      candidate: fc.record({
        candidate: fc.string(),
        sdpMid: fc.option(fc.string()),
        sdpMLineIndex: fc.option(fc.nat(9)),
      }),
    }),
    fc.record({
      kind: fc.constant('refuse' as const),
      code: fc.constantFrom('too-many-links' as const, 'too-many-dials' as const),
    }),
  ),
});

const throughJson = (fields: object) =>
  JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;

describe('the body of a signal', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(dialSignal, (signal) => {
        expect(dialSignalFromJson(throughJson(dialSignalToJson(signal)))).toEqual(signal);
      }),
    );
  });

  test('of any other fields is refused, and none throws', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
        expect(dialSignalFromJson(fields)).toBeNull();
      }),
    );
  });

  const dial = '0'.repeat(16);
  test.each([
    ['without a dial', { offer: 'x' }],
    ['with a malformed dial', { dial: 'x', offer: 'x' }],
    ['without a step', { dial }],
    ['with an offer that is no text', { dial, offer: {} }],
    ['with a candidate that is a list', { dial, candidate: [] }],
    ['with a candidate without its line', { dial, candidate: {} }],
    [
      'with a candidate of a negative index',
      { dial, candidate: { candidate: '', sdpMLineIndex: -1 } },
    ],
    ['with a refusal of no known code', { dial, refuse: 'mood' }],
    ['that asks to renegotiate', { dial, renegotiate: true }],
  ])('%s is refused', (_name, value) => {
    expect(dialSignalFromJson(value)).toBeNull();
  });
});
