import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigintToBytes, bytesToBigint, writeUtf8 } from '../../lib/chain/bytes.ts';
import { NOTE_LIMIT_CHARS } from '../../lib/ledger/text.ts';
import {
  AMOUNT_LIMIT,
  EXPIRY_LIMIT,
  INPUTS_LIMIT,
  MERGE_INPUTS_LIMIT,
  TRANSACTION_LIMIT_BYTES,
  transactionId,
  transactionToJson,
  type TransactionBody,
} from '../../lib/ledger/transaction.ts';
import { decodeTransaction, isNoteText } from '../../lib/ledger/transaction-codec.ts';
import { anyText } from '../support/arbitraries.ts';
import { FREE_GENESIS_HASH } from '../support/free-chain.ts';
import { ALICE, BOB, makeSigned, note, payment, toJson } from '../support/transactions.ts';

const COIN = `${'A'.repeat(43)}.0`;
const OTHER_ROOM = 'ab'.repeat(32);
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const PAYMENT = toJson(payment({ inputs: [COIN], change: 7 }));
const NOTE = toJson(note('a line'));
const MERGE = toJson({
  kind: 'merge',
  from: ALICE.account,
  inputs: [COIN, `${'A'.repeat(43)}.1`],
  amount: 70,
  expiry: 9,
});

const anyBody: fc.Arbitrary<TransactionBody> = fc.oneof(
  fc.record({
    kind: fc.constant('pay' as const),
    from: fc.constant(ALICE.account),
    to: fc.constant(BOB.account),
    witness: fc.constant('12'.repeat(20)),
    inputs: fc
      .uniqueArray(fc.integer({ min: 0, max: 25 }), { minLength: 1, maxLength: 3 })
      .map((list) => list.map((n) => `${String.fromCharCode(65 + n).repeat(42)}A.${n % 2}`)),
    amount: fc.integer({ min: 1, max: AMOUNT_LIMIT }),
    change: fc.integer({ min: 0, max: AMOUNT_LIMIT }),
    expiry: fc.integer({ min: 1, max: EXPIRY_LIMIT }),
  }),
  fc.record({
    kind: fc.constant('merge' as const),
    from: fc.constant(ALICE.account),
    inputs: fc
      .uniqueArray(fc.integer({ min: 0, max: 25 }), { minLength: 2, maxLength: 8 })
      .map((list) => list.map((n) => `${String.fromCharCode(65 + n).repeat(42)}A.${n % 2}`)),
    amount: fc.integer({ min: 1, max: AMOUNT_LIMIT }),
    expiry: fc.integer({ min: 1, max: EXPIRY_LIMIT }),
  }),
  fc.record({
    kind: fc.constant('note' as const),
    from: fc.constant(ALICE.account),
    text: anyText.filter((text) => isNoteText(text)),
    expiry: fc.integer({ min: 1, max: EXPIRY_LIMIT }),
  }),
);

describe('a transaction', () => {
  it('comes back from its JSON as it was, in whatever order its fields stand', () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        const transaction = makeSigned(body, body.kind === 'pay' ? [ALICE, BOB, ALICE] : [ALICE]);
        const text = JSON.stringify(transactionToJson(transaction));
        const decoded = decodeTransaction(JSON.parse(text), FREE_GENESIS_HASH);
        if (transaction.sizeBytes > TRANSACTION_LIMIT_BYTES) {
          expect(decoded).toEqual({ ok: false, code: 'transaction-too-large' });
          return;
        }
        expect(decoded).toEqual({ ok: true, transaction });
        const turned = Object.fromEntries(Object.entries(transactionToJson(transaction)).reverse());
        expect(decodeTransaction(turned, FREE_GENESIS_HASH)).toEqual(decoded);
        // JSON.stringify writes what RFC 8785 wants, as the keys stand in order.
        expect(text).toBe(canonicalize(JSON.parse(text)));
        expect(transaction.sizeBytes).toBe(writeUtf8(text).length);
      }),
      { numRuns: 40 },
    );
  });

  it('has an id that depends on every field and on the room, and on no signature', () => {
    const body = payment({ inputs: [COIN], change: 7 });
    const others: TransactionBody[] = [
      { ...body, amount: body.amount + 1 },
      { ...body, change: 8 },
      { ...body, expiry: body.expiry + 1 },
      { ...body, from: BOB.account, to: ALICE.account },
      { ...body, witness: '12'.repeat(20) },
      { ...body, inputs: [`${'B'.repeat(42)}A.0`] },
      note('a line'),
    ];
    const ids = [body, ...others].map((each) => transactionId(each, FREE_GENESIS_HASH));
    ids.push(transactionId(body, OTHER_ROOM));
    expect(new Set(ids).size).toBe(ids.length);
    const decoded = decodeTransaction(
      { ...PAYMENT, signatures: NOTE.signatures.concat(NOTE.signatures, NOTE.signatures) },
      FREE_GENESIS_HASH,
    );
    expect(decoded).toMatchObject({ ok: true, transaction: { id: ids[0] } });
  });

  it('takes at most 700 bytes, into which four inputs and amounts of five digits fit', () => {
    const inputs = Array.from({ length: INPUTS_LIMIT }, (_, i) => `${'ABCD'[i]!.repeat(42)}A.1`);
    const body = payment({ inputs, amount: 12_345, change: 67_890, expiry: 123_456 });
    expect(makeSigned(body).sizeBytes).toBeLessThanOrEqual(TRANSACTION_LIMIT_BYTES);
    const largest = { ...body, amount: AMOUNT_LIMIT, change: AMOUNT_LIMIT, expiry: EXPIRY_LIMIT };
    expectRefusal(toJson(largest), 'transaction-too-large');
    expect(makeSigned({ ...largest, inputs: inputs.slice(1) }).sizeBytes).toBeLessThanOrEqual(
      TRANSACTION_LIMIT_BYTES,
    );
  });

  it('has room for eight inputs of a merge, whatever they are worth', () => {
    const inputs = Array.from(
      { length: MERGE_INPUTS_LIMIT },
      (_, i) => `${'ABCDEFGH'[i]!.repeat(42)}A.1`,
    );
    const [amount, expiry] = [AMOUNT_LIMIT, EXPIRY_LIMIT];
    const merge = makeSigned({ kind: 'merge', from: ALICE.account, inputs, amount, expiry });
    expect(merge.sizeBytes).toBeLessThanOrEqual(TRANSACTION_LIMIT_BYTES);
    expect(decodeTransaction(transactionToJson(merge), FREE_GENESIS_HASH).ok).toBe(true);
  });

  it('may be a line of the system with client, server and miner, as long as any there', () => {
    expect(isNoteText(`tx|Abcd1234|${'x'.repeat(70)}`)).toBe(true);
    expect(isNoteText('x'.repeat(NOTE_LIMIT_CHARS))).toBe(true);
    expect(isNoteText('😀'.repeat(NOTE_LIMIT_CHARS))).toBe(true);
  });
});

describe('the grammar', () => {
  const cases: [code: string, what: string, value: unknown][] = [
    ['not-a-transaction', 'null', null],
    ['not-a-transaction', 'a list', [PAYMENT]],
    ['not-a-transaction', 'a text', 'tx|Abcd1234|hello'],
    ['bad-kind', 'no kind', without(PAYMENT, 'kind')],
    ['bad-kind', 'another kind', { ...PAYMENT, kind: 'transfer' }],
    ['unknown-field', 'one field more', { ...PAYMENT, fee: 1 }],
    ['unknown-field', 'a field of the other kind', { ...NOTE, amount: 1 }],
    ['unknown-field', '__proto__', JSON.parse('{"kind":"note","__proto__":1}')],
    ['bad-from', 'no sender', without(PAYMENT, 'from')],
    ['bad-from', 'a sender in upper case', { ...PAYMENT, from: ALICE.account.toUpperCase() }],
    ['bad-from', 'a note by nobody', { ...NOTE, from: '' }],
    ['bad-to', 'no receiver', without(PAYMENT, 'to')],
    ['bad-to', 'a short receiver', { ...PAYMENT, to: BOB.account.slice(1) }],
    ['bad-witness', 'no witness', without(PAYMENT, 'witness')],
    ['bad-witness', 'a number as witness', { ...PAYMENT, witness: 7 }],
    ['same-party', 'a payment to oneself', { ...PAYMENT, to: PAYMENT.from }],
    ['same-party', 'the sender as witness', { ...PAYMENT, witness: PAYMENT.from }],
    ['same-party', 'the receiver as witness', { ...PAYMENT, witness: BOB.account }],
    ...[undefined, null, '5', 0, -1, 1.5, NaN, Infinity, AMOUNT_LIMIT + 1, 2 ** 53, 1e300].map(
      (amount): [string, string, unknown] => [
        'bad-amount',
        `an amount of ${String(amount)}`,
        { ...PAYMENT, amount },
      ],
    ),
    ...[undefined, null, '5', -1, -0.5, 1.5, NaN, AMOUNT_LIMIT + 1, 2 ** 63].map(
      (change): [string, string, unknown] => [
        'bad-change',
        `a change of ${String(change)}`,
        { ...PAYMENT, change },
      ],
    ),
    ...[undefined, null, '5', 0, -1, 1.5, EXPIRY_LIMIT + 1].map(
      (expiry): [string, string, unknown] => [
        'bad-expiry',
        `an expiry of ${String(expiry)}`,
        { ...PAYMENT, expiry },
      ],
    ),
    ['bad-inputs', 'no inputs', without(PAYMENT, 'inputs')],
    ['bad-inputs', 'an empty list of inputs', { ...PAYMENT, inputs: [] }],
    [
      'bad-inputs',
      'five inputs',
      { ...PAYMENT, inputs: [...'ABCDE'].map((c) => `${c.repeat(42)}A.0`) },
    ],
    ...[
      null,
      7,
      '',
      'A'.repeat(43),
      `${'A'.repeat(43)}.2`,
      `${'A'.repeat(43)}.00`,
      `${'A'.repeat(42)}B.0`,
      `${'A'.repeat(42)}=.0`,
      `${'A'.repeat(44)}.0`,
      `${'+'.repeat(42)}A.0`,
      `${'A'.repeat(43)}.0\n`,
    ].map((name): [string, string, unknown] => [
      'bad-inputs',
      `an input ${JSON.stringify(name)}`,
      { ...PAYMENT, inputs: [name] },
    ]),
    ['duplicate-input', 'one coin twice', { ...PAYMENT, inputs: [COIN, COIN] }],
    ['unknown-field', 'a merge with change', { ...MERGE, change: 0 }],
    ['bad-from', 'a merge by nobody', { ...MERGE, from: null }],
    ['bad-amount', 'a merge into nothing', { ...MERGE, amount: 0 }],
    ['bad-expiry', 'a merge without end', without(MERGE, 'expiry')],
    ['bad-inputs', 'a merge of one coin', { ...MERGE, inputs: [COIN] }],
    [
      'bad-inputs',
      'a merge of nine coins',
      { ...MERGE, inputs: [...'ABCDEFGHI'].map((c) => `${c.repeat(42)}A.0`) },
    ],
    ['duplicate-input', 'a merge of one coin with itself', { ...MERGE, inputs: [COIN, COIN] }],
    ['bad-signatures', 'two under a merge', { ...MERGE, signatures: PAYMENT.signatures.slice(1) }],
    ...[
      undefined,
      null,
      7,
      '',
      'two\nlines',
      'nul\u0000',
      '\u007f',
      '\u0085',
      'a\u2028b',
      '\ud800',
    ].map((text): [string, string, unknown] => [
      'bad-text',
      `a text ${JSON.stringify(text)}`,
      { ...NOTE, text },
    ]),
    ['bad-text', 'a long text', { ...NOTE, text: 'x'.repeat(NOTE_LIMIT_CHARS + 1) }],
    ['bad-text', 'a long text of pairs', { ...NOTE, text: '😀'.repeat(NOTE_LIMIT_CHARS + 1) }],
    ['bad-signatures', 'no signatures', without(PAYMENT, 'signatures')],
    ['bad-signatures', 'a text as signatures', { ...NOTE, signatures: NOTE.signatures[0] }],
    ['bad-signatures', 'two of three', { ...PAYMENT, signatures: PAYMENT.signatures.slice(1) }],
    [
      'bad-signatures',
      'two under a note',
      { ...NOTE, signatures: [...NOTE.signatures, ...NOTE.signatures] },
    ],
    ...forgedForms(NOTE.signatures[0]!).map(([what, text]): [string, string, unknown] => [
      'bad-signatures',
      what,
      { ...NOTE, signatures: [text] },
    ]),
    [
      'transaction-too-large',
      'a long text of many bytes',
      { ...NOTE, text: '😀'.repeat(NOTE_LIMIT_CHARS) },
    ],
  ];

  it.each(cases)('answers %s to %s', (code, _what, value) => {
    expectRefusal(value, code);
  });

  it('answers anything at all without an error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(PAYMENT)), (value, field) => {
        expect(decodeTransaction(value, FREE_GENESIS_HASH).ok).toBe(false);
        // A field may by chance be given what it had, or another good value; then nothing is wrong.
        const changed = decodeTransaction({ ...PAYMENT, [field]: value }, FREE_GENESIS_HASH);
        if (changed.ok) expect(typeof value).toBe('number');
      }),
      { numRuns: 300 },
    );
  });
});

function expectRefusal(value: unknown, code: string): void {
  expect(decodeTransaction(value, FREE_GENESIS_HASH)).toEqual({ ok: false, code });
}

function without(value: object, field: string): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));
}

function forgedForms(signature: string): [string, string][] {
  const bytes = Buffer.from(signature, 'base64url');
  const mirrored = Buffer.from(bytes);
  const s = bytesToBigint(bytes.subarray(33));
  mirrored.set(bigintToBytes(ORDER - s, 32), 33);
  mirrored[0]! ^= 1;
  const withRecovery = (byte: number) => Buffer.from([byte, ...bytes.subarray(1)]);
  return [
    ['an empty signature', ''],
    ['its mirrored form, with a high s', mirrored.toString('base64url')],
    ['a recovery byte of 2', withRecovery(2).toString('base64url')],
    ['a recovery byte of 27', withRecovery(27).toString('base64url')],
    ['standard base64 with padding', bytes.toString('base64')],
    ['one without recovery byte', bytes.subarray(1).toString('base64url')],
    ['unused bits that are not zero', `${signature.slice(0, -1)}B`],
    ['hexadecimal', bytes.toString('hex')],
  ];
}
