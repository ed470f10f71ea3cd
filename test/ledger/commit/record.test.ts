import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUtf8, writeUtf8 } from '../../../lib/chain/bytes.ts';
import {
  decodeRecord,
  encodeRecord,
  recordId,
  type CommitRecord,
} from '../../../lib/ledger/commit/record.ts';
import { transactionId } from '../../../lib/ledger/transaction.ts';
import { bytes } from '../../support/arbitraries.ts';
import {
  anyCommitted,
  anyPayment,
  anySignature,
  pad,
  spoil,
} from '../../support/commit-arbitraries.ts';
import { FREE_GENESIS_HASH } from '../../support/free-chain.ts';

const LIMIT_BYTES = 2_048;

const anyRecord: fc.Arbitrary<CommitRecord> = fc.oneof(
  anyPayment.map((body) => ({ role: 'sender', phase: 'begun', body }) as const),
  fc
    .tuple(anyPayment, anySignature, anySignature)
    .map(([body, ...votes]) => ({ role: 'sender', phase: 'voted', body, votes }) as const),
  fc
    .tuple(anyPayment, anySignature)
    .map(([body, vote]) => ({ role: 'cohort', phase: 'voted', body, vote }) as const),
  fc
    .tuple(fc.constantFrom('sender' as const, 'cohort' as const), anyCommitted)
    .map(([role, transaction]) => ({ role, phase: 'committed', transaction }) as const),
);

const decode = (encoded: Uint8Array): CommitRecord | null =>
  decodeRecord(encoded, FREE_GENESIS_HASH);

describe('a record', () => {
  it('comes back from its bytes as it was, under the id of its payment', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const read = decode(encodeRecord(record));
        expect(read).toEqual(record);
        const body = record.phase === 'committed' ? record.transaction.body : record.body;
        expect(recordId(read!, FREE_GENESIS_HASH)).toBe(transactionId(body, FREE_GENESIS_HASH));
      }),
    );
  });

  it('with one byte changed, whichever, is none, or another that comes back as itself', () => {
    fc.assert(
      fc.property(anyRecord, fc.nat(126), (record, salt) => {
        for (const spoilt of spoil(encodeRecord(record), salt)) {
          const read = decode(spoilt);
          if (read === null) continue;
          const again = encodeRecord(read);
          expect(readUtf8(encodeRecord(decode(again)!))).toBe(readUtf8(again));
        }
      }),
      { numRuns: 5 },
    );
  });

  it('is at most 2 KiB long', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const encoded = encodeRecord(record);
        expect(decode(pad(encoded, LIMIT_BYTES))).toEqual(record);
        expect(decode(pad(encoded, LIMIT_BYTES + 1))).toBeNull();
      }),
      { numRuns: 20 },
    );
  });

  it('has as many signatures as its phase says, neither fewer nor more', () => {
    fc.assert(
      fc.property(anyRecord, anySignature, (record, signature) => {
        const fields = JSON.parse(readUtf8(encodeRecord(record))!) as { signatures: string[] };
        const { signatures } = fields;
        for (const others of [[...signatures, signature], signatures.slice(1)])
          if (others.length !== signatures.length)
            expect(decode(writeUtf8(JSON.stringify({ ...fields, signatures: others })))).toBeNull();
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
    readsNothing(writeUtf8('['.repeat(LIMIT_BYTES)));
  });
});
