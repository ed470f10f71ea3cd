import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlock, hashBlockHex } from '../../lib/chain/block.ts';
import { writeUtf8 } from '../../lib/chain/bytes.ts';
import { Chain, HELD_BLOCK_LIMIT } from '../../lib/chain/chain.ts';
import { RETARGET_LIMITS } from '../../lib/chain/retarget.ts';
import { homeworkRules, MEDIAN_TIME_BLOCKS, medianTimeMs } from '../../lib/chain/rules.ts';
import { HOMEWORK_TARGET, meetsTarget } from '../../lib/chain/target.ts';
import type { TreeEntry } from '../../lib/chain/tree.ts';
import { bytes } from '../support/arbitraries.ts';
import {
  imagineAt,
  makeClassGenesis,
  makeClassRules,
  mineAt,
  SPACING_MS,
  START_MS,
} from '../support/class-room.ts';
import { EASY_TARGET, makeGenesis, mineBlock, mineWithoutWork } from '../support/test-miner.ts';

const LATER_MS = START_MS + 1000 * SPACING_MS;

describe('homework rules', () => {
  it('ask for the constant target and nothing else, whatever the data says', () => {
    const rules = homeworkRules(EASY_TARGET);
    const chain = new Chain(makeGenesis(), rules, { from: 'test', wallMs: 0 });
    fc.assert(
      fc.property(bytes(0, 40), bytes(8), (data, proofOfWork) => {
        const block = { data, previousHash: hashBlock(makeGenesis()), proofOfWork };
        const hash = hashBlock(block);
        expect(rules.judge(block, hash, chain.tip, 0)).toEqual(
          meetsTarget(hash, EASY_TARGET)
            ? { kind: 'valid', target: EASY_TARGET, baseTarget: EASY_TARGET, timeMs: null }
            : { kind: 'invalid', code: 'no-work' },
        );
      }),
    );
    expect(homeworkRules(HOMEWORK_TARGET).targetAt(chain.tip, 0)).toBe(HOMEWORK_TARGET);
    expect(rules.orphanTarget(chain.tip)).toBe(EASY_TARGET);
  });
});

describe('class rules', () => {
  it('take the first target from the terms, and then follow the spacing of blocks', () => {
    const { rules, chain } = openRoom();
    expect(rules.targetAt(chain.tip, START_MS + SPACING_MS)).toBe(EASY_TARGET);
    expectTip(chain, chain.accept(mineAt(rules, chain.tip, START_MS + 1), arrival()));
    const harder = rules.targetAt(chain.tip, START_MS + 2);
    expect(harder).toBeLessThan((EASY_TARGET * 8n) / 10n);
    expectTip(chain, chain.accept(mineAt(rules, chain.tip, START_MS + 2), arrival()));
    expect(chain.tip).toMatchObject({ target: harder, baseTarget: harder, timeMs: START_MS + 2 });
  });

  it('let a late block use an easier target, but do not hand the easing on', () => {
    const { rules, chain } = openRoom(EASY_TARGET >> 16n);
    const lateMs = START_MS + 12 * SPACING_MS;
    const target = EASY_TARGET >> 16n;
    expect(rules.targetAt(chain.tip, lateMs)).toBe(target << 10n);
    expectTip(chain, chain.accept(mineAt(rules, chain.tip, lateMs), arrival()));
    expect(chain.tip).toMatchObject({ target: target << 10n, baseTarget: target });
    expect(rules.targetAt(chain.tip, lateMs + 1)).toBeLessThan(6n * target);
  });

  it('refuse a block that states no time, or meets only an easier target', () => {
    const { rules, chain } = openRoom(EASY_TARGET >> 4n);
    const timeless = mineBlock(writeUtf8('none'), chain.tip.hash, EASY_TARGET >> 4n);
    expect(chain.accept(timeless, arrival())).toEqual({ kind: 'invalid', code: 'no-time' });
    const weak = mineWithoutWork(
      writeUtf8(`${START_MS + 1}`),
      chain.tip.hash,
      rules.targetAt(chain.tip, START_MS + 1),
    );
    expect(chain.accept(weak, arrival())).toEqual({ kind: 'invalid', code: 'no-work' });
  });

  it('refuse a block whose time is not after the median of the eleven before it', () => {
    const { rules, chain } = openRoom();
    for (let i = 1; i <= MEDIAN_TIME_BLOCKS; i++)
      expectTip(chain, chain.accept(mineAt(rules, chain.tip, START_MS + 4000 * i), arrival()));
    const medianMs = START_MS + 4000 * 6;
    expect(medianTimeMs(chain.tip)).toBe(medianMs);
    expect(chain.accept(mineAt(rules, chain.tip, medianMs), arrival())).toEqual({
      kind: 'invalid',
      code: 'time-too-early',
    });
    expectTip(chain, chain.accept(mineAt(rules, chain.tip, medianMs + 1), arrival()));
  });

  it('know the median of any times', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 }), (times) => {
        const rules = makeClassRules();
        let tip: TreeEntry | null = null;
        for (const time of times) tip = imagineAt(rules, tip, time);
        const lastTimes = times.slice(-11).sort((a, b) => a - b);
        expect(medianTimeMs(tip!)).toBe(lastTimes[Math.floor(lastTimes.length / 2)]);
      }),
    );
  });

  it('choose most work, not most blocks', () => {
    const { rules, chain } = openRoom(EASY_TARGET >> 4n);
    for (const ms of [1, 2, 3])
      expectTip(chain, chain.accept(mineAt(rules, chain.tip, START_MS + ms), arrival()));
    const best = chain.tip;
    let side = chain.tree.genesis;
    for (let i = 1; i <= 5; i++) {
      const block = mineAt(rules, side, START_MS + 4 * SPACING_MS * i, 'side');
      expect(chain.accept(block, arrival()).kind).toBe('side-branch');
      side = chain.tree.get(hashBlockHex(block))!;
    }
    expect(side.height).toBe(5);
    expect(side.work).toBeLessThan(best.work);
    expect(chain.tip).toEqual(best);
  });

  it('keep orphans only that a miner paid for, by the target of our tip', () => {
    const { rules, chain } = openRoom(1n << 240n);
    expect(rules.orphanTarget(chain.tip)).toBe(1n << 248n);
    expect(makeClassRules(EASY_TARGET).orphanTarget(openRoom().chain.tip)).toBe(
      RETARGET_LIMITS.most,
    );
    const cheap = mineWithoutWork(writeUtf8('x'), 'aa'.repeat(32), 1n << 248n);
    expect(chain.accept(cheap, arrival())).toEqual({ kind: 'invalid', code: 'orphan-no-work' });
    const paid = mineBlock(writeUtf8('x'), 'aa'.repeat(32), 1n << 248n);
    expect(chain.accept(paid, arrival()).kind).toBe('orphan');
  });

  it('read a genesis block without a time as one of the beginning of time', () => {
    expect(makeClassRules().judgeGenesis(makeGenesis(writeUtf8('Genesis')))).toEqual({
      target: EASY_TARGET,
      baseTarget: EASY_TARGET,
      timeMs: 0,
    });
  });
});

describe('a block from the future', () => {
  it('of up to half a spacing is taken at once', () => {
    const { rules, chain } = openRoom();
    const block = mineAt(rules, chain.tip, START_MS + SPACING_MS / 2);
    expectTip(chain, chain.accept(block, arrival(START_MS)));
  });

  it('of more is held, and taken when the clock comes', () => {
    const { rules, chain } = openRoom();
    const block = mineAt(rules, chain.tip, START_MS + SPACING_MS);
    const untilMs = START_MS + SPACING_MS / 2;
    expect(chain.accept(block, arrival(START_MS))).toEqual({ kind: 'held', untilMs });
    expect(chain.accept(block, arrival(START_MS))).toEqual({ kind: 'duplicate', entry: null });
    expect(chain.heldCount).toBe(1);
    expect(chain.releaseHeld(untilMs - 1, 7)).toEqual([]);
    const [released, ...others] = chain.releaseHeld(untilMs, 7);
    expect(others).toEqual([]);
    expect(released).toMatchObject({ from: 'x', block, outcome: { kind: 'tip-changed' } });
    expect(chain.tip).toMatchObject({ heardFrom: 'x', heardMs: 7 });
    expect(chain.heldCount).toBe(0);
    expect(chain.releaseHeld(LATER_MS, 7)).toEqual([]);
  });

  it('brings the orphans that waited for it', () => {
    const { rules, chain } = openRoom();
    const parent = mineAt(rules, chain.tip, START_MS + SPACING_MS);
    const parentEntry = imagineAt(rules, chain.tip, START_MS + SPACING_MS);
    const child = mineAt(
      rules,
      { ...parentEntry, hash: hashBlockHex(parent) },
      START_MS + 2 * SPACING_MS,
    );
    expect(chain.accept(parent, arrival(START_MS)).kind).toBe('held');
    expect(chain.accept(child, arrival(START_MS)).kind).toBe('orphan');
    expect(chain.releaseHeld(START_MS + SPACING_MS, 0)).toHaveLength(1);
    expect(chain.tip.height).toBe(1);
    // The child has found its parent, but is itself held now.
    expect(chain.orphanCount).toBe(0);
    expect(chain.heldCount).toBe(1);
    expect(chain.releaseHeld(START_MS + 2 * SPACING_MS, 0)).toHaveLength(1);
    expect(chain.tip.hash).toBe(hashBlockHex(child));
  });

  it('is appended all the same by who asks for it directly', () => {
    const { rules, chain } = openRoom();
    const block = mineAt(rules, chain.tip, START_MS + SPACING_MS);
    expect(chain.append(block)).toBe(block);
  });

  it('waits with a limited number of others, and those of the far future make room first', () => {
    const { rules, chain } = openRoom();
    const yearMs = 365 * 86_400_000;
    for (let i = 0; i < HELD_BLOCK_LIMIT; i++) {
      const far = mineAt(rules, chain.tip, START_MS + yearMs, `far ${i}`);
      expect(chain.accept(far, arrival(START_MS)).kind).toBe('held');
    }
    const further = mineAt(rules, chain.tip, START_MS + yearMs, 'one too many');
    expect(chain.accept(further, arrival(START_MS))).toEqual({
      kind: 'invalid',
      code: 'too-many-held',
    });
    const near = mineAt(rules, chain.tip, START_MS + SPACING_MS, 'a clock that is a little fast');
    expect(chain.accept(near, arrival(START_MS)).kind).toBe('held');
    expect(chain.heldCount).toBe(HELD_BLOCK_LIMIT);
    chain.releaseHeld(START_MS + SPACING_MS, 0);
    expect(chain.tip.hash).toBe(hashBlockHex(near));
  });
});

function openRoom(target = EASY_TARGET) {
  const rules = makeClassRules(target);
  return { rules, chain: new Chain(makeClassGenesis(), rules, { from: 'test', wallMs: 0 }) };
}

function arrival(networkMs = LATER_MS) {
  return { from: 'x', wallMs: 0, networkMs };
}

function expectTip(chain: Chain, outcome: ReturnType<Chain['accept']>): void {
  expect(outcome).toMatchObject({ kind: 'tip-changed' });
  if (outcome.kind === 'tip-changed') expect(outcome.connected).toEqual([chain.tip]);
}
