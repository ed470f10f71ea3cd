import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUtf8, writeUtf8 } from '../../../lib/chain/bytes.ts';
import { COMMIT_CODES, MEMPOOL_CODES, TRANSACTION_CODES } from '../../../lib/chain/codes.ts';
import { MESSAGE_LIMIT_BYTES, NAMED_ABORTS_LIMIT } from '../../../lib/ledger/commit/limits.ts';
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  type CommitAnswer,
  type CommitRefusal,
  type CommitRequest,
} from '../../../lib/ledger/commit/messages.ts';
import { bytes } from '../../support/arbitraries.ts';
import {
  anyCommitted,
  anyId,
  anyPayment,
  anySignature,
  pad,
  spoil,
} from '../../support/commit-arbitraries.ts';
import { FREE_GENESIS_HASH } from '../../support/free-chain.ts';
import { note, toJson } from '../../support/transactions.ts';

const REFUSALS = [COMMIT_CODES, TRANSACTION_CODES, MEMPOOL_CODES].flatMap((codes) =>
  Object.keys(codes),
) as CommitRefusal[];

const anyRequest: fc.Arbitrary<CommitRequest> = fc.oneof(
  fc
    .tuple(anyPayment, fc.array(anyId, { maxLength: NAMED_ABORTS_LIMIT }))
    .map(([body, aborted]) => ({ kind: 'prepare', body, aborted }) as const),
  anyCommitted.map((transaction) => ({ kind: 'commit', transaction }) as const),
  anyId.map((id) => ({ kind: 'abort', id }) as const),
  anyId.map((id) => ({ kind: 'inquire', id }) as const),
);

const anyAnswer: fc.Arbitrary<CommitAnswer> = fc.oneof(
  anySignature.map((signature) => ({ kind: 'vote', signature }) as const),
  fc.constantFrom(...REFUSALS).map((code) => ({ kind: 'refusal', code }) as const),
  anyCommitted.map((transaction) => ({ kind: 'committed', transaction }) as const),
  fc.constantFrom('done' as const, 'aborted' as const, 'open' as const).map((kind) => ({ kind })),
);

/** Requests and answers have one form, and are read by one rule. */
interface Codec<Message> {
  readonly name: string;
  readonly any: fc.Arbitrary<Message>;
  readonly encode: (message: Message) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Message | null;
}

describeCodec<CommitRequest>({
  name: 'a request',
  any: anyRequest,
  encode: encodeRequest,
  decode: (bytes) => decodeRequest(bytes, FREE_GENESIS_HASH),
});
describeCodec<CommitAnswer>({
  name: 'an answer',
  any: anyAnswer,
  encode: encodeAnswer,
  decode: (bytes) => decodeAnswer(bytes, FREE_GENESIS_HASH),
});

function describeCodec<Message>({ name, any, encode, decode }: Codec<Message>): void {
  describe(name, () => {
    it('comes back from its bytes as it was, which are never too many', () => {
      fc.assert(
        fc.property(any, (message) => {
          const encoded = encode(message);
          expect(encoded.length).toBeLessThanOrEqual(MESSAGE_LIMIT_BYTES);
          expect(decode(encoded)).toEqual(message);
        }),
      );
    });

    it('with one byte changed, whichever, is none, or another that comes back as itself', () => {
      fc.assert(
        fc.property(any, fc.nat(126), (message, salt) => {
          for (const spoilt of spoil(encode(message), salt)) {
            const read = decode(spoilt);
            if (read === null) continue;
            const again = encode(read);
            expect(readUtf8(encode(decode(again)!))).toBe(readUtf8(again));
          }
        }),
        { numRuns: 5 },
      );
    });

    it('is at most 2 KiB long', () => {
      fc.assert(
        fc.property(any, (message) => {
          const encoded = encode(message);
          expect(decode(pad(encoded, MESSAGE_LIMIT_BYTES))).toEqual(message);
          expect(decode(pad(encoded, MESSAGE_LIMIT_BYTES + 1))).toBeNull();
        }),
        { numRuns: 20 },
      );
    });

    it('is not to be found in other bytes or values, which never make it throw', () => {
      const readsNothing = (other: Uint8Array): void => {
        expect(decode(other)).toBeNull();
      };
      fc.assert(fc.property(bytes(0, 300), readsNothing));
      fc.assert(fc.property(fc.json().map(writeUtf8), readsNothing));
      readsNothing(writeUtf8('['.repeat(MESSAGE_LIMIT_BYTES)));
    });
  });
}

describe('what no honest peer sends', () => {
  it('names more attempts than one message may, or ids that are none', () => {
    const tooMany = fc.array(anyId, {
      minLength: NAMED_ABORTS_LIMIT + 1,
      maxLength: NAMED_ABORTS_LIMIT + 1,
    });
    fc.assert(
      fc.property(anyPayment, tooMany, (body, aborted) => {
        expect(decodeJson({ kind: 'prepare', body, aborted })).toBeNull();
        const [id] = aborted as [string];
        // The last character has two bits that mean nothing, and have to be zero.
        for (const wrong of [id.slice(1), `${id}A`, `${id.slice(0, -1)}B`, 7, null]) {
          expect(decodeJson({ kind: 'prepare', body, aborted: [wrong] })).toBeNull();
          expect(decodeJson({ kind: 'abort', id: wrong })).toBeNull();
          expect(decodeJson({ kind: 'inquire', id: wrong })).toBeNull();
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is a note instead of a payment, or a payment that lacks a signature', () => {
    const line = toJson(note('a line'));
    expect(decodeJson({ kind: 'prepare', body: note('a line'), aborted: [] })).toBeNull();
    expect(decodeJson({ kind: 'commit', transaction: line })).toBeNull();
    fc.assert(
      fc.property(anyCommitted, fc.nat(2), (transaction, missing) => {
        const text = readUtf8(encodeRequest({ kind: 'commit', transaction }))!;
        const fields = JSON.parse(text) as { transaction: { signatures: string[] } };
        fields.transaction.signatures.splice(missing, 1);
        expect(decodeJson(fields)).toBeNull();
      }),
      { numRuns: 20 },
    );
  });

  it('refuses with a word that is no code', () => {
    for (const code of ['', 'toString', '__proto__', 'wrong-room', 7, null])
      expect(
        decodeAnswer(writeUtf8(JSON.stringify({ kind: 'refusal', code })), FREE_GENESIS_HASH),
      ).toBeNull();
  });
});

function decodeJson(value: unknown): CommitRequest | null {
  return decodeRequest(writeUtf8(JSON.stringify(value)), FREE_GENESIS_HASH);
}
