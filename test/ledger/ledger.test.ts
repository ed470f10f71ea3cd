import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import { VOID_MEMORY_LIMIT } from '../../lib/ledger/ledger.ts';
import { SignatureChecks } from '../../lib/ledger/signature-checks.ts';
import { freeBlock } from '../support/free-chain.ts';
import { runLedgerWorld, runUndoWorld } from '../support/ledger-runs.ts';
import {
  ALICE,
  BOB,
  CAROL,
  DAVE,
  HandLedger,
  makeSigned,
  note,
  payment,
  REWARD,
  toJson,
} from '../support/transactions.ts';

/** Shared, as signatures take milliseconds and worlds repeat themselves. */
const checks = new SignatureChecks();
/** Signatures of a world take half a second of computing, on a machine that has other work. */
const WORLDS_TIMEOUT_MS = 120_000;

describe('a ledger of random blocks, forks and reorganisations', () => {
  it(
    'is at every tip what a naive model makes of the chain, with as many coins as rewards',
    () => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 1, max: 30 }), (seed, count) => {
          runLedgerWorld(seed, count, checks);
        }),
        { numRuns: 12 },
      );
    },
    WORLDS_TIMEOUT_MS,
  );

  it(
    'is after a block was applied and undone what it was before',
    () => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 1, max: 15 }), (seed, count) => {
          runUndoWorld(seed, count, checks);
        }),
        { numRuns: 8 },
      );
    },
    WORLDS_TIMEOUT_MS,
  );
});

describe('the ledger', () => {
  it('rewards the account that a block names, and nobody for foreign data', () => {
    const world = new HandLedger();
    const { hash } = world.mine(ALICE.account);
    expect(world.ledger.balance(ALICE.account)).toBe(REWARD);
    expect(world.ledger.coinsOf(ALICE.account, 10)).toEqual([
      { name: rewardName(hash), owner: ALICE.account, amount: REWARD },
    ]);
    for (const text of ['', 'Genesis', '{"miner":"me"}', '[]', '{', '{"transactions":[1]}']) {
      const block = freeBlock(world.tip, text);
      const next = { hash: hashBlockHex(block), height: world.blocks.length + 1, block };
      world.ledger.apply(next);
      world.blocks.push(next);
      expect(world.ledger.supply).toBe(REWARD);
    }
  });

  it('moves coins as a payment says, and tells where it stands', () => {
    const world = new HandLedger();
    const { hash } = world.mine(ALICE.account);
    const body = payment({ inputs: [rewardName(hash)], amount: 20, change: 30 });
    const { id } = makeSigned(body);
    expect(world.ledger.stateOf(id)).toEqual({ kind: 'unknown' });
    world.mine(DAVE.account, [toJson(body)]);
    expect(world.ledger.balance(ALICE.account)).toBe(30);
    expect(world.ledger.balance(BOB.account)).toBe(20);
    expect(world.ledger.stateOf(id)).toEqual({ kind: 'listed', height: 2, confirmations: 1 });
    world.mine(DAVE.account);
    expect(world.ledger.stateOf(id)).toEqual({ kind: 'listed', height: 2, confirmations: 2 });
    world.revert();
    world.revert();
    expect(world.ledger.stateOf(id)).toEqual({ kind: 'unknown' });
    expect(world.ledger.balance(ALICE.account)).toBe(REWARD);
  });

  it('lets a block spend what an earlier transaction of the same block has made, not a later one', () => {
    const world = new HandLedger();
    const { hash } = world.mine(ALICE.account);
    const first = payment({ inputs: [rewardName(hash)] });
    const coin = `${makeSigned(first).id}.0`;
    const second = payment({
      from: BOB.account,
      to: CAROL.account,
      witness: DAVE.account,
      inputs: [coin],
    });
    world.mine(DAVE.account, [toJson(second), toJson(first)]);
    expect(world.ledger.stateOf(makeSigned(second).id)).toEqual({
      kind: 'void',
      height: 2,
      code: 'unknown-input',
    });
    expect(world.ledger.balance(BOB.account)).toBe(REWARD);
    world.revert();
    world.mine(DAVE.account, [toJson(first), toJson(second)]);
    expect(world.ledger.balance(CAROL.account)).toBe(REWARD);
  });

  it('lists a note once, however often and late it comes again', () => {
    const world = new HandLedger();
    const line = toJson(note('tx|Abcd1234|hello'));
    world.mine(ALICE.account, [line, line]);
    const change = world.ledger.apply(world.next(ALICE.account, [line]));
    expect(change.listed).toEqual([]);
    expect(change.voided).toEqual([
      { transaction: makeSigned(note('tx|Abcd1234|hello')), code: 'already-listed' },
    ]);
  });

  it('forgets the reasons of the oldest void transactions, and of blocks that were undone', () => {
    const world = new HandLedger();
    const lines = Array.from({ length: VOID_MEMORY_LIMIT + 1 }, (_, i) =>
      note(`${i}`, { expiry: 1 }),
    );
    const ids = lines.map((body) => makeSigned(body, [ALICE]).id);
    world.mine(ALICE.account);
    const values = lines.map((body) => toJson(body));
    world.mine(ALICE.account, values);
    expect(world.ledger.stateOf(ids[0]!)).toEqual({ kind: 'unknown' });
    expect(world.ledger.stateOf(ids[1]!)).toEqual({ kind: 'void', height: 2, code: 'expired' });
    world.revert();
    expect(world.ledger.stateOf(ids[1]!)).toEqual({ kind: 'unknown' });
  });

  it('computes with each signature once, however often a block is applied', () => {
    const world = new HandLedger();
    const { hash } = world.mine(ALICE.account);
    const value = toJson(payment({ inputs: [rewardName(hash)] }));
    world.mine(BOB.account, [value]);
    expect(world.checks.performed).toBe(3);
    world.revert();
    world.mine(CAROL.account, [value]);
    expect(world.checks.performed).toBe(3);
  });

  it('refuses to skip a block, or to undo another than the last', () => {
    const world = new HandLedger();
    const first = world.mine(ALICE.account);
    const second = world.mine(ALICE.account);
    expect(() => world.ledger.apply(second)).toThrow(/is not the one above/);
    expect(() => world.ledger.undo(first)).toThrow(/is not the last one/);
  });
});
