import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DATA_LIMIT_BYTES,
  hashBlockHex,
  NO_PREVIOUS_HASH,
  type Block,
} from '../../lib/chain/block.ts';
import { bytesToBigint, bytesToHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import { Chain } from '../../lib/chain/chain.ts';
import { checkTemplate, isDataOfTemplate, type Template } from '../../lib/pow/template.ts';
import { readBlockEntries } from '../../lib/ledger/block-entries.ts';
import { DATA_LIMITS_BYTES, readPayload } from '../../lib/ledger/payload.ts';
import { cleanNote } from '../../lib/ledger/text.ts';
import {
  MiningDesk,
  TEMPLATE_AGE_LIMIT_MS,
  TRANSACTIONS_PATIENCE_MS,
  type MiningWish,
} from '../../lib/peer/mining.ts';
import { anyText } from '../support/arbitraries.ts';
import {
  dataAt,
  makeClassGenesis,
  makeClassRules,
  mineAt,
  SPACING_MS,
  START_MS,
} from '../support/class-room.ts';
import { extend, freeBlock, freeChain } from '../support/free-chain.ts';
import { note, toJson } from '../support/transactions.ts';

const WISH: MiningWish = {
  networkMs: 1_000_000,
  miner: 'ab'.repeat(20),
  name: 'Ada',
  note: '',
  spacingMs: null,
  dataLimitBytes: DATA_LIMITS_BYTES.most,
  waiting: { revision: 0, count: 0, select: () => [] },
};
const PROOF = new Uint8Array(8);

function desk(wish: Partial<MiningWish> = {}, chain: Chain = freeChain()) {
  const mining = new MiningDesk();
  const renew = (changed: Partial<MiningWish> = {}) =>
    mining.renew(chain, { ...WISH, ...wish, ...changed });
  return { mining, chain, renew, template: renew()! };
}

const complete = (mining: MiningDesk, { id, data }: Template) => mining.complete(id, data, PROOF);

describe('the template', () => {
  it('can be searched, and says who mines, when, and what its user wrote, whatever that is', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.nat(2 ** 31), (name, note, networkMs) => {
        const { template, chain } = desk({ name, note, networkMs });
        expect(checkTemplate(template)).toEqual({ ok: true });
        expect(isDataOfTemplate(template.data, template)).toBe(true);
        expect(bytesToHex(template.previousHash)).toBe(chain.tip.hash);
        expect(bytesToBigint(template.target)).toBe(chain.tip.target);
        const payload = readPayload(template.data)!;
        expect(payload).toMatchObject({ timeMs: networkMs, miner: WISH.miner });
      }),
    );
  });

  it('keeps its data within its limit, with less of the note and of the transactions where it must', () => {
    const limit = fc.integer({ min: DATA_LIMITS_BYTES.least, max: DATA_LIMITS_BYTES.most });
    fc.assert(
      fc.property(anyText, anyText, limit, (name, text, dataLimitBytes) => {
        let roomBytes = -1;
        const waiting = {
          revision: 1,
          count: 1,
          select: (bytes: number) => ((roomBytes = bytes), []),
        };
        const { template } = desk({ name, note: text, dataLimitBytes, waiting });
        expect(template.data.length).toBeLessThanOrEqual(dataLimitBytes);
        expect(roomBytes).toBeGreaterThanOrEqual(0);
        expect(template.data.length + roomBytes).toBeLessThan(dataLimitBytes + 64);
        const written = readPayload(template.data)!.note;
        expect(cleanNote(text).startsWith(written)).toBe(true);
        // A line as the homework's other peers write it is never cut.
        if ([...cleanNote(text)].length <= 70) expect(written).toBe(cleanNote(text));
      }),
    );
  });

  it('stays while nothing changes', () => {
    const { renew } = desk();
    expect(renew()).toBeNull();
    expect(renew({ networkMs: WISH.networkMs + TEMPLATE_AGE_LIMIT_MS - 1 })).toBeNull();
  });

  it('is renewed with a greater number when the tip moves, the note changes, or it is old', () => {
    const { renew, chain, template } = desk();
    extend(chain, [freeBlock(chain.tip.hash, 'next')]);
    const afterTip = renew()!;
    const afterNote = renew({ note: 'hello' })!;
    const networkMs = WISH.networkMs + TEMPLATE_AGE_LIMIT_MS;
    const afterAge = renew({ note: 'hello', networkMs })!;
    expect(bytesToHex(afterTip.previousHash)).toBe(chain.tip.hash);
    expect(readPayload(afterNote.data)!.note).toBe('hello');
    expect(readPayload(afterAge.data)!.timeMs).toBe(networkMs);
    const ids = [template, afterTip, afterNote, afterAge].map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(4);
  });

  it('is renewed for what waits since it was made, a moment later, and holds it within its room', () => {
    const line = toJson(note('a line'));
    const { renew } = desk({ note: 'n'.repeat(280) });
    const waiting = {
      revision: 1,
      count: 1,
      select: (limitBytes: number) => [{ ...line, text: 'x'.repeat(limitBytes - 300) }],
    };
    const later = { note: 'n'.repeat(280), waiting };
    const networkMs = WISH.networkMs + TRANSACTIONS_PATIENCE_MS;
    expect(renew({ ...later, networkMs: networkMs - 1 })).toBeNull();
    const { data } = renew({ ...later, networkMs })!;
    expect(data.length).toBeLessThanOrEqual(DATA_LIMIT_BYTES);
    expect(readBlockEntries(data)?.transactions.length).toBe(1);
    expect(renew({ ...later, networkMs: networkMs + TRANSACTIONS_PATIENCE_MS })).toBeNull();
  });

  it("is renewed when the room's clock steps back", () => {
    const { renew } = desk();
    const networkMs = WISH.networkMs - TEMPLATE_AGE_LIMIT_MS;
    expect(readPayload(renew({ networkMs })!.data)!.timeMs).toBe(networkMs);
  });

  it('of a class room is renewed five times within a spacing, and its target eases with the time', () => {
    const rules = makeClassRules(1n << 240n);
    const chain = new Chain(makeClassGenesis(), rules, { from: 'test', wallMs: 0 });
    const at = (networkMs: number) => ({ networkMs, spacingMs: SPACING_MS });
    const { renew, template } = desk(at(START_MS), chain);
    expect(renew(at(START_MS + SPACING_MS / 5 - 1))).toBeNull();
    expect(renew(at(START_MS + SPACING_MS / 5))).not.toBeNull();
    const late = renew(at(START_MS + 10 * SPACING_MS))!;
    expect(bytesToBigint(late.target)).toBeGreaterThan(bytesToBigint(template.target));
  });

  it('of a class room states a time after the median even where our clock runs behind', () => {
    const rules = makeClassRules();
    const chain = new Chain(makeClassGenesis(), rules, { from: 'test', wallMs: 0 });
    extend(chain, [mineAt(rules, chain.tip, START_MS)]);
    const accept = (block: Block) =>
      chain.accept(block, { from: 'test', wallMs: 0, networkMs: Number.MAX_SAFE_INTEGER }).kind;
    for (let i = 1; i <= 12; i++)
      expect(accept(mineAt(rules, chain.tip, START_MS + i * SPACING_MS))).toBe('tip-changed');
    const { template } = desk({ networkMs: START_MS, spacingMs: SPACING_MS }, chain);
    const { timeMs } = readPayload(template.data)!;
    expect(accept(mineAt(rules, chain.tip, timeMs))).toBe('tip-changed');
    expect(accept(mineAt(rules, chain.tip.parent!, timeMs - 1, 'a moment before'))).toBe('invalid');
    expect(dataAt(timeMs).length).toBeGreaterThan(0);
  });
});

describe('a proof', () => {
  it('completes the block of its template, and ends the search', () => {
    const { mining, chain, template } = desk({ note: 'hello' });
    const done = complete(mining, template)!;
    expect(done).toMatchObject({ note: 'hello', genesis: false });
    expect(chain.append(done.block)).toBe(done.block);
    expect(mining.active).toBe(false);
    expect(complete(mining, template)).toBeNull();
  });

  it('of the template before is taken where the text was renewed', () => {
    const { mining, renew, template, chain } = desk();
    renew({ note: 'too late for this block' });
    const done = complete(mining, template)!;
    expect(done.note).toBe('');
    expect(chain.append(done.block)).toBe(done.block);
  });

  it('of the template before is taken where the tip has moved: it may have been found first', () => {
    const { mining, renew, template, chain } = desk();
    extend(chain, [freeBlock(chain.tip.hash, 'theirs')]);
    renew();
    const done = complete(mining, template)!;
    expect(done.block.previousHash).toEqual(template.previousHash);
    expect(renew()).not.toBeNull();
  });

  it('of the last template but one, of an unknown one, or after a stop is worthless', () => {
    const { mining, renew, template } = desk();
    renew({ note: 'a' });
    const last = renew({ note: 'b' })!;
    expect(complete(mining, template)).toBeNull();
    expect(mining.complete(999, template.data, PROOF)).toBeNull();
    mining.stop();
    expect(complete(mining, last)).toBeNull();
  });

  it('is one block only, though two workers find one at once', () => {
    const { mining, renew, template } = desk();
    const second = renew({ note: 'b' })!;
    expect(complete(mining, second)).not.toBeNull();
    expect(complete(mining, template)).toBeNull();
  });
});

describe('the search for a genesis block', () => {
  it('gives the data unchanged, without a previous hash', () => {
    const mining = new MiningDesk();
    const data = writeUtf8('terms');
    const template = mining.beginGenesis(data, 1n << 250n, 0);
    expect(template.freeBytes).toBeUndefined();
    const done = complete(mining, template)!;
    expect(done.genesis).toBe(true);
    expect(done.block).toEqual({ data, previousHash: NO_PREVIOUS_HASH, proofOfWork: PROOF });
    expect(hashBlockHex(done.block)).toHaveLength(64);
  });

  it('gives way to a chain', () => {
    const mining = new MiningDesk();
    const genesis = mining.beginGenesis(writeUtf8('terms'), 1n << 250n, 0);
    const template = mining.renew(freeChain(), WISH)!;
    expect(template.id).toBeGreaterThan(genesis.id);
    expect(complete(mining, genesis)).toBeNull();
  });
});
