import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY_SEED_BYTES, makeKeyPair } from '../../lib/ledger/account.ts';
import { isSignatureText, recoverSigner, signDigest } from '../../lib/ledger/signature.ts';
import { REMEMBERED_CHECKS_LIMIT, SignatureChecks } from '../../lib/ledger/signature-checks.ts';
import { makeTransaction, transactionId } from '../../lib/ledger/transaction.ts';
import { bytes } from '../support/arbitraries.ts';
import { FREE_GENESIS_HASH } from '../support/free-chain.ts';
import {
  ALICE,
  BOB,
  CAROL,
  DAVE,
  makeSigned,
  note,
  payment,
  sign,
} from '../support/transactions.ts';

/** Curve arithmetic takes milliseconds. */
const FEW_RUNS = { numRuns: 20 };
const COIN = `${'A'.repeat(43)}.0`;
const OTHER_ROOM = 'ab'.repeat(32);

describe('a recoverable signature', () => {
  it('tells its signer, and of another digest tells somebody else or nobody', () => {
    fc.assert(
      fc.property(
        bytes(KEY_SEED_BYTES).map(makeKeyPair),
        bytes(32),
        bytes(32),
        (keys, digest, other) => {
          const signature = signDigest(digest, keys);
          expect(isSignatureText(signature)).toBe(true);
          expect(recoverSigner(digest, signature)).toBe(keys.account);
          if (!digest.every((byte, i) => byte === other[i]))
            expect(recoverSigner(other, signature)).not.toBe(keys.account);
        },
      ),
      FEW_RUNS,
    );
  });

  it('is worth nothing once any bit of it is changed', () => {
    const digest = createHash('sha256').update('text').digest();
    fc.assert(
      fc.property(fc.nat(64), fc.nat(7), (at, bit) => {
        const signature = Buffer.from(signDigest(digest, ALICE), 'base64url');
        signature[at]! ^= 1 << bit;
        const text = signature.toString('base64url');
        expect(isSignatureText(text) && recoverSigner(digest, text) === ALICE.account).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('of numbers that no signature has is nobody’s, and never an error', () => {
    const digest = new Uint8Array(32).fill(1);
    for (const fill of [0, 255]) {
      const text = Buffer.from([0, ...new Uint8Array(64).fill(fill)]).toString('base64url');
      expect(recoverSigner(digest, text)).toBeNull();
    }
    expect(recoverSigner(digest, 'no base64url!')).toBeNull();
  });
});

describe('the checks of signatures', () => {
  const body = payment({ inputs: [COIN] });

  it('take what sender, receiver and witness have signed, each in the own place', () => {
    const checks = new SignatureChecks();
    expect(checks.check(makeSigned(body))).toBe(true);
    for (const signers of [
      [BOB, ALICE, CAROL],
      [ALICE, CAROL, BOB],
      [ALICE, ALICE, ALICE],
      [DAVE, BOB, CAROL],
      [ALICE, BOB, DAVE],
    ])
      expect(checks.check(makeSigned(body, signers))).toBe(false);
  });

  it('refuse what was signed for another room, or for another transaction', () => {
    const checks = new SignatureChecks();
    const elsewhere = [ALICE, BOB, CAROL].map((keys) => sign(body, keys, OTHER_ROOM));
    expect(checks.check(makeTransaction(body, elsewhere, FREE_GENESIS_HASH))).toBe(false);
    const { signatures } = makeSigned({ ...body, expiry: body.expiry + 1 });
    expect(checks.check(makeTransaction(body, signatures, FREE_GENESIS_HASH))).toBe(false);
  });

  it('are done once for each id with its signatures', () => {
    const checks = new SignatureChecks();
    const good = makeSigned(body);
    expect(checks.cost(good)).toBe(3);
    expect([checks.check(good), checks.check(makeSigned(body))]).toEqual([true, true]);
    expect(checks.performed).toBe(3);
    expect(checks.cost(good)).toBe(0);
    // The same id with other signatures is another question.
    const forged = makeSigned(body, [ALICE, BOB, DAVE]);
    expect(forged.id).toBe(good.id);
    expect(checks.cost(forged)).toBe(3);
    expect(checks.check(forged)).toBe(false);
  });

  it('are remembered up to a limit, the oldest forgotten first', () => {
    const checks = new SignatureChecks();
    const transactions = Array.from({ length: REMEMBERED_CHECKS_LIMIT + 1 }, (_, i) => {
      const line = note(`${i}`);
      return {
        id: transactionId(line, FREE_GENESIS_HASH),
        body: line,
        signatures: [''],
        sizeBytes: 0,
      };
    });
    for (const transaction of transactions) checks.remember(transaction);
    expect(checks.cost(transactions[0]!)).toBe(1);
    expect(checks.cost(transactions[1]!)).toBe(0);
    expect(checks.cost(transactions.at(-1)!)).toBe(0);
  });
});
