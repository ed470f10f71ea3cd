/** Generators of payments, of what their parties say of them, and of spoilt bytes, for the codecs of two-phase commit. */
import { base64urlnopad } from '@scure/base';
import fc from 'fast-check';
import type { Account } from '../../lib/ledger/account.ts';
import {
  AMOUNT_LIMIT,
  EXPIRY_LIMIT,
  INPUTS_LIMIT,
  makeTransaction,
  type Payment,
  type Transaction,
  type TransactionId,
} from '../../lib/ledger/transaction.ts';
import { bytes } from './arbitraries.ts';
import { FREE_GENESIS_HASH } from './free-chain.ts';

const ACCOUNT_BYTES = 20;
const SIGNATURE_BYTES = 65;
const S_OFFSET = 33;

export const anyId: fc.Arbitrary<TransactionId> = bytes(32).map((id) => base64urlnopad.encode(id));

/** Of the right form; nobody's. */
export const anySignature: fc.Arbitrary<string> = bytes(SIGNATURE_BYTES).map((drawn) => {
  const signature = drawn.slice();
  signature[0]! &= 1;
  signature[S_OFFSET]! &= 0x3f;
  return base64urlnopad.encode(signature);
});

const anyAccount: fc.Arbitrary<Account> = bytes(ACCOUNT_BYTES).map((drawn) =>
  Buffer.from(drawn).toString('hex'),
);

/** Of any that fit into a transaction, as three inputs do with the largest amounts. */
export const anyPayment: fc.Arbitrary<Payment> = fc
  .record({
    parties: fc.uniqueArray(anyAccount, { minLength: 3, maxLength: 3 }),
    creators: fc.uniqueArray(anyId, { minLength: 1, maxLength: INPUTS_LIMIT - 1 }),
    output: fc.integer({ min: 0, max: 1 }),
    amount: fc.integer({ min: 1, max: AMOUNT_LIMIT }),
    change: fc.integer({ min: 0, max: AMOUNT_LIMIT }),
    expiry: fc.integer({ min: 1, max: EXPIRY_LIMIT }),
  })
  .map(({ parties, creators, output, amount, change, expiry }) => {
    const [from, to, witness] = parties as [Account, Account, Account];
    const inputs = creators.map((id) => `${id}.${output}`);
    return { kind: 'pay', from, to, witness, inputs, amount, change, expiry };
  });

export const anyCommitted: fc.Arbitrary<Transaction> = fc
  .tuple(anyPayment, fc.tuple(anySignature, anySignature, anySignature))
  .map(([body, signatures]) => makeTransaction(body, signatures, FREE_GENESIS_HASH));

/** For each byte of `whole` a copy in which that one is another. */
export function* spoil(whole: Uint8Array, salt: number): Generator<Uint8Array> {
  for (let at = 0; at < whole.length; at++) {
    const spoilt = whole.slice();
    // From 1 to 255, so that it is never the byte that it was; most of ASCII comes by.
    spoilt[at]! ^= 1 + ((salt + 31 * at) % 127);
    yield spoilt;
  }
}

/** Spaces behind the JSON, which mean nothing, up to this length. */
export function pad(json: Uint8Array, lengthBytes: number): Uint8Array {
  const padded = new Uint8Array(lengthBytes).fill(0x20);
  padded.set(json);
  return padded;
}
