import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES } from '../../lib/chain/block.ts';
import { readUtf8, writeUtf8 } from '../../lib/chain/bytes.ts';
import {
  alignForSearch,
  encodePayload,
  PAD_CHARS,
  PAD_OFFSET_BYTES,
  readJsonObject,
  readPayload,
  readTimeMs,
  roomForTransactions,
  type Payload,
} from '../../lib/ledger/payload.ts';
import { cleanName, cleanNote } from '../../lib/ledger/text.ts';
import { readBlockEntries } from '../../lib/ledger/block-entries.ts';
import { note, toJson } from '../support/transactions.ts';
import { anyText, bytes } from '../support/arbitraries.ts';

const MINER = '0123456789abcdef0123456789abcdef01234567';

const anyPayload: fc.Arbitrary<Payload> = fc.record({
  timeMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  miner: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 }),
  name: anyText,
  note: anyText,
});

describe('the payload of a block', () => {
  it('comes back as it was written, its texts cleaned', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const data = encodePayload(payload);
        const { timeMs, name, note } = payload;
        expect(readPayload(data)).toEqual({
          ...payload,
          name: cleanName(name),
          note: cleanNote(note),
        });
        expect(readTimeMs(data)).toBe(timeMs);
      }),
    );
  });

  it('has a length of 12 bytes more than a multiple of 64, and its pad at a constant place', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const data = encodePayload(payload);
        expect(data.length % 64).toBe(15);
        const pad = data.subarray(PAD_OFFSET_BYTES, PAD_OFFSET_BYTES + PAD_CHARS);
        expect(readUtf8(pad)).toBe('0'.repeat(PAD_CHARS));
        expect(PAD_OFFSET_BYTES + PAD_CHARS).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('says the same whatever letters and digits the search writes into its pad', () => {
    const padText = fc.string({
      unit: fc.constantFrom(...'0123456789ABCXYZabcxyz'),
      minLength: PAD_CHARS,
      maxLength: PAD_CHARS,
    });
    fc.assert(
      fc.property(anyPayload, padText, (payload, pad) => {
        const data = encodePayload(payload);
        const before = readPayload(data);
        data.set(writeUtf8(pad), PAD_OFFSET_BYTES);
        expect(readPayload(data)).toEqual(before);
      }),
    );
  });

  it('fits into a block even with the longest texts', () => {
    for (const unit of ['"', '\\', '😀', '\u0800'])
      expect(
        encodePayload({
          timeMs: 2 ** 48 - 1,
          miner: MINER,
          name: unit.repeat(1000),
          note: unit.repeat(1000),
        }).length,
      ).toBeLessThan(DATA_LIMIT_BYTES / 2);
  });

  it('is readable JSON for the owner of any miner', () => {
    const data = encodePayload({ timeMs: 5, miner: MINER, name: 'Ada', note: 'hi "you"' });
    expect(JSON.parse(readUtf8(data)!)).toEqual({
      pad: '0'.repeat(PAD_CHARS),
      time: 5,
      miner: MINER,
      name: 'Ada',
      note: 'hi "you"',
      transactions: [],
    });
    const bare = encodePayload({ timeMs: 5, miner: MINER, name: '', note: '' });
    expect(Object.keys(readJsonObject(bare)!)).toEqual(['pad', 'time', 'miner', 'transactions']);
  });
});

describe('data that others wrote', () => {
  it('of any bytes is a payload or none, and never an error', () => {
    fc.assert(fc.property(bytes(0, 200), expectAnswer));
    fc.assert(fc.property(fc.json(), (text) => expectAnswer(writeUtf8(text))));
    fc.assert(
      fc.property(
        fc.record(
          {
            time: fc.oneof(fc.jsonValue(), fc.nat()),
            miner: fc.oneof(fc.jsonValue(), fc.constant(MINER)),
            name: fc.oneof(fc.jsonValue(), anyText),
            note: fc.oneof(fc.jsonValue(), anyText),
          },
          { requiredKeys: [] },
        ),
        (value) => expectAnswer(writeUtf8(JSON.stringify(value))),
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['nothing', ''],
    ['text', 'Genesis'],
    ['a list', '[{"time":1}]'],
    ['half an object', '{"time":1'],
    ['white space before the object', ` {"time":1,"miner":"${MINER}"}`],
    ['a byte order mark', `\ufeff{"time":1,"miner":"${MINER}"}`],
    ['no time', `{"miner":"${MINER}"}`],
    ['a time as text', `{"time":"1","miner":"${MINER}"}`],
    ['a negative time', `{"time":-1,"miner":"${MINER}"}`],
    ['a fraction of a millisecond', `{"time":1.5,"miner":"${MINER}"}`],
    ['a time beyond all dates', `{"time":281474976710656,"miner":"${MINER}"}`],
    ['an endless time', `{"time":1e999,"miner":"${MINER}"}`],
    ['time as null', `{"time":null,"miner":"${MINER}"}`],
    ['a time in __proto__', `{"__proto__":{"time":1,"miner":"${MINER}"}}`],
    ['thousands of brackets', `{"time":${'['.repeat(4000)}`],
  ])('states no time and is no payload: %s', (_name, text) => {
    expect(readTimeMs(writeUtf8(text))).toBeNull();
    expect(readPayload(writeUtf8(text))).toBeNull();
  });

  it.each([
    ['no miner', '{"time":1}'],
    ['an account in upper case', `{"time":1,"miner":"${MINER.toUpperCase()}"}`],
    ['an account that is too short', `{"time":1,"miner":"${MINER.slice(1)}"}`],
    ['an account and a line break', `{"time":1,"miner":"${MINER}\\n"}`],
    ['a number as account', '{"time":1,"miner":5}'],
  ])('states a time but is no payload: %s', (_name, text) => {
    expect(readTimeMs(writeUtf8(text))).toBe(1);
    expect(readPayload(writeUtf8(text))).toBeNull();
  });

  it('may have texts of wrong types, which count as none', () => {
    const data = writeUtf8(`{"time":1,"miner":"${MINER}","name":5,"note":{"a":1}}`);
    expect(readPayload(data)).toEqual({ timeMs: 1, miner: MINER, name: '', note: '' });
  });

  it('is no object where its UTF-8 is broken', () => {
    const data = Uint8Array.from([...writeUtf8('{"time":1,"note":"'), 0xff, ...writeUtf8('"}')]);
    expect(readJsonObject(data)).toBeNull();
    expect(readTimeMs(data)).toBeNull();
  });
});

describe('the transactions of a payload', () => {
  it('fill the room that there is, and never more than a block takes', () => {
    fc.assert(
      fc.property(anyPayload, fc.integer({ min: 0, max: 63 }), (payload, less) => {
        const room = roomForTransactions(payload);
        const line = toJson(note('a line'));
        const lineBytes = JSON.stringify(line).length + 1;
        const count = Math.floor((room + 1) / lineBytes);
        const transactions = Array.from({ length: count }, () => line);
        const data = encodePayload(payload, transactions);
        expect(data.length).toBeLessThanOrEqual(DATA_LIMIT_BYTES);
        expect(data.length % 64).toBe(15);
        expect(readBlockEntries(data)).toEqual({ miner: payload.miner, transactions });
        expect(readPayload(data)?.miner).toBe(payload.miner);
        const longest = {
          ...line,
          text: 'x'.repeat(room - lineBytes + 1 + 'a line'.length - less),
        };
        expect(encodePayload(payload, [longest]).length).toBeLessThanOrEqual(DATA_LIMIT_BYTES);
      }),
      { numRuns: 50 },
    );
  });

  it('are read only where the data names an account, and none where there is no list', () => {
    const read = (text: string) => readBlockEntries(writeUtf8(text));
    expect(read(`{"miner":"${MINER}","transactions":[1,{}]}`)).toEqual({
      miner: MINER,
      transactions: [1, {}],
    });
    expect(read(` {"miner":"${MINER}"}`)).toBeNull();
    expect(read(`{"miner":"${MINER}"}`)).toEqual({ miner: MINER, transactions: [] });
    expect(read(`{"miner":"${MINER}","transactions":{"0":1}}`)?.transactions).toEqual([]);
    for (const text of ['', 'Genesis', '{}', '{"transactions":[1]}', '{"miner":7}', '{"miner":'])
      expect(read(text)).toBeNull();
  });
});

describe('filling up for the search', () => {
  it('adds spaces only, fewer than 64, up to the fastest layout', () => {
    fc.assert(
      fc.property(bytes(0, 300), (data) => {
        const aligned = alignForSearch(data);
        expect(aligned.length % 64).toBe(15);
        expect(aligned.length - data.length).toBeLessThan(64);
        expect(aligned.subarray(0, data.length)).toEqual(data);
        expect(aligned.subarray(data.length).every((byte) => byte === 0x20)).toBe(true);
      }),
    );
  });
});

function expectAnswer(data: Uint8Array): void {
  const timeMs = readTimeMs(data);
  if (timeMs !== null) expect(Number.isSafeInteger(timeMs) && timeMs >= 0).toBe(true);
  const payload = readPayload(data);
  if (payload === null) return;
  expect(payload.timeMs).toBe(timeMs);
  expect(payload.miner).toMatch(/^[0-9a-f]{40}$/);
  expect(cleanName(payload.name)).toBe(payload.name);
  expect(cleanNote(payload.note)).toBe(payload.note);
}
