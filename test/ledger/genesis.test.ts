import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlock } from '../../lib/chain/block.ts';
import { writeUtf8 } from '../../lib/chain/bytes.ts';
import { Chain } from '../../lib/chain/chain.ts';
import { MAX_TARGET, targetToHex } from '../../lib/chain/target.ts';
import {
  BLOCK_REWARD,
  encodeGenesisData,
  readGenesisData,
  rulesOf,
  type GenesisTerms,
} from '../../lib/ledger/genesis.ts';
import { encodePayload } from '../../lib/ledger/payload.ts';
import { anyText, bytes } from '../support/arbitraries.ts';
import { makeGenesis, mineBlock } from '../support/test-miner.ts';

const TERMS: GenesisTerms = {
  room: 'physics-7b',
  rules: 'class',
  target: 1n << 250n,
  spacingMs: 10_000,
  reward: BLOCK_REWARD,
  timeMs: 1_763_686_800_000,
};

const anyTerms: fc.Arbitrary<GenesisTerms> = fc
  .record({
    room: fc.oneof(anyText, fc.constant('physics-7b')),
    rules: fc.constantFrom('class' as const, 'homework' as const),
    target: fc.bigInt({ min: 1n, max: MAX_TARGET }),
    spacingMs: fc.integer({ min: 100, max: 86_400_000 }),
    reward: fc.nat(1_000_000),
    timeMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  })
  .map((terms) => (terms.rules === 'homework' ? { ...terms, spacingMs: 0 } : terms));

describe('the terms of a genesis block', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        const data = encodeGenesisData(terms);
        expect(readGenesisData(data)).toEqual(terms);
        expect(data.length % 64).toBe(15);
      }),
    );
  });

  it('are none in any other bytes, and never an error', () => {
    for (const foreign of ['', 'Genesis', '{}', '[]', 'null', '{"tabchain":2}'])
      expect(readGenesisData(writeUtf8(foreign))).toBeNull();
    const payload = encodePayload({ timeMs: 1, miner: 'a'.repeat(40), name: '', note: '' });
    expect(readGenesisData(payload)).toBeNull();
    fc.assert(fc.property(bytes(0, 200), (data) => readGenesisData(data) === null));
  });

  it.each<[string, Record<string, unknown>]>([
    ['another version', { tabchain: 2 }],
    ['a version as text', { tabchain: '1' }],
    ['no version', { tabchain: undefined }],
    ['no room', { room: undefined }],
    ['a room that is no text', { room: 5 }],
    ['unknown rules', { rules: 'anarchy' }],
    ['rules named like a method', { rules: 'toString' }],
    ['no rules', { rules: undefined }],
    ['no target', { target: undefined }],
    ['a target of zero', { target: '0'.repeat(64) }],
    ['a target that is too large', { target: 'f'.repeat(65) }],
    ['a target that is a number', { target: 5 }],
    ['a target that is no number', { target: 'easy' }],
    ['no spacing', { spacingMs: undefined }],
    ['a spacing of zero', { spacingMs: 0 }],
    ['a spacing that is too short', { spacingMs: 99 }],
    ['a spacing that is too long', { spacingMs: 86_400_001 }],
    ['a spacing with a fraction', { spacingMs: 1000.5 }],
    ['a negative spacing', { spacingMs: -10_000 }],
    ['a spacing that is null', { spacingMs: null }],
    ['a spacing as text', { spacingMs: '10000' }],
    ['no reward', { reward: undefined }],
    ['a negative reward', { reward: -1 }],
    ['a reward with a fraction', { reward: 0.5 }],
    ['a reward that is too large', { reward: 1_000_001 }],
    ['a reward as text', { reward: '50' }],
    ['no time', { time: undefined }],
    ['a negative time', { time: -1 }],
    ['a time beyond all dates', { time: 2 ** 48 }],
  ])('are refused with %s', (_name, change) => {
    const good = {
      tabchain: 1,
      room: 'a',
      rules: 'class',
      target: targetToHex(1n << 240n),
      spacingMs: 10_000,
      reward: 50,
      time: 1,
    };
    expect(readGenesisData(writeUtf8(JSON.stringify(good)))).not.toBeNull();
    expect(readGenesisData(writeUtf8(JSON.stringify({ ...good, ...change })))).toBeNull();
  });

  it('of homework need no spacing', () => {
    const data = encodeGenesisData({ ...TERMS, rules: 'homework' });
    expect(readGenesisData(data)).toEqual({ ...TERMS, rules: 'homework', spacingMs: 0 });
    expect(new TextDecoder().decode(data)).not.toContain('spacing');
  });
});

describe('the rules that terms set up', () => {
  it('for a class want a time in each block and follow the spacing', () => {
    const rules = rulesOf(TERMS);
    const genesis = makeGenesis(encodeGenesisData(TERMS));
    const chain = new Chain(genesis, rules, { from: 'test', wallMs: 0 });
    expect(chain.tip).toMatchObject({ target: TERMS.target, timeMs: TERMS.timeMs });
    const timeless = mineBlock(writeUtf8('no time'), chain.tip.hash, TERMS.target);
    const timely = mineBlock(
      encodePayload({ timeMs: TERMS.timeMs + 1, miner: 'a'.repeat(40), name: '', note: '' }),
      chain.tip.hash,
      TERMS.target,
    );
    const arrival = { from: 'test', wallMs: 0, networkMs: TERMS.timeMs };
    expect(chain.accept(timeless, arrival)).toEqual({ kind: 'invalid', code: 'no-time' });
    expect(chain.accept(timely, arrival).kind).toBe('tip-changed');
    expect(rules.targetAt(chain.tip, TERMS.timeMs + 2)).toBeLessThan(TERMS.target);
  });

  it('for homework keep the target and read nothing', () => {
    const terms: GenesisTerms = { ...TERMS, rules: 'homework' };
    const rules = rulesOf(terms);
    const genesis = makeGenesis(encodeGenesisData(terms));
    const chain = new Chain(genesis, rules, { from: 'test', wallMs: 0 });
    const block = mineBlock(writeUtf8('no time'), chain.tip.hash, terms.target);
    expect(rules.judge(block, hashBlock(block), chain.tip, 0).kind).toBe('valid');
    expect(rules.targetAt(chain.tip, 5)).toBe(terms.target);
  });
});
