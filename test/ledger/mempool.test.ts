import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyPair } from '../../lib/ledger/account.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import {
  CHECKS_BURST,
  CHECKS_PER_SECOND,
  Mempool,
  WAITING_CHAIN_LIMIT,
  WAITING_LIMITS,
} from '../../lib/ledger/mempool.ts';
import { SignatureChecks } from '../../lib/ledger/signature-checks.ts';
import { TRANSACTION_LIMIT_BYTES, transactionToJson } from '../../lib/ledger/transaction.ts';
import { TokenBucket } from '../../lib/net/token-bucket.ts';
import { runMempoolWorld } from '../support/ledger-runs.ts';
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

const BLOCK_ROOM_BYTES = 3_900;
const checks = new SignatureChecks();
/** Signatures of a world take half a second of computing, on a machine that has other work. */
const WORLDS_TIMEOUT_MS = 120_000;

describe('a mempool beside random blocks, forks and reorganisations', () => {
  it(
    'always holds what the chain could list in its order, and loses nothing that could be',
    () => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seed, count) => {
          runMempoolWorld(seed, count, checks);
        }),
        { numRuns: 10 },
      );
    },
    WORLDS_TIMEOUT_MS,
  );
});

describe('the mempool', () => {
  it('takes a payment once it is signed by all three, and lets it go into a block', () => {
    const { world, mempool, coins } = openMempool(1);
    const body = payment({ inputs: [coins[0]!] });
    const value = toJson(body);
    const outcome = mempool.submit(value, SELF);
    expect(outcome).toMatchObject({ kind: 'accepted', evicted: [] });
    const { id } = makeSigned(body);
    expect(mempool.submit(value, SELF)).toEqual({ kind: 'known', id });
    expect(mempool.get(id)).toEqual(makeSigned(body));
    expect(mempool.sizeBytes).toBe(makeSigned(body).sizeBytes);
    mine(world, mempool, [value]);
    expect(mempool.size).toBe(0);
    expect(mempool.sizeBytes).toBe(0);
    expect(mempool.submit(value, SELF)).toMatchObject({ kind: 'refused', code: 'already-listed' });
  });

  it('refuses what is no transaction, what would be void, and what is signed by others', () => {
    const { mempool, coins } = openMempool(1);
    const body = payment({ inputs: [coins[0]!] });
    expect(mempool.submit('hello', SELF)).toEqual({ kind: 'malformed', code: 'not-a-transaction' });
    expect(mempool.submit(toJson({ ...body, amount: 51 }), SELF)).toMatchObject({
      code: 'wrong-sum',
    });
    const forged = transactionToJson(makeSigned(body, [DAVE, BOB, CAROL]));
    expect(mempool.submit(forged, SELF)).toMatchObject({ code: 'wrong-signature' });
    expect(mempool.size).toBe(0);
  });

  it('keeps the first of two that spend one coin, and says which one that is', () => {
    const { mempool, coins } = openMempool(1);
    const first = payment({ inputs: [coins[0]!] });
    const second = payment({ inputs: [coins[0]!], to: DAVE.account });
    mempool.submit(toJson(first), SELF);
    expect(mempool.submit(toJson(second), SELF)).toEqual({
      kind: 'refused',
      id: makeSigned(second).id,
      code: 'conflicting-input',
      conflict: makeSigned(first).id,
    });
    expect(mempool.spenderOf(coins[0]!)).toBe(makeSigned(first).id);
  });

  it('drops what a block makes impossible, and with it all that builds on it', () => {
    const { world, mempool, coins } = openMempool(1);
    const first = payment({ inputs: [coins[0]!] });
    const heir = payment({
      from: BOB.account,
      to: CAROL.account,
      witness: ALICE.account,
      inputs: [`${makeSigned(first).id}.0`],
    });
    mempool.submit(toJson(first), SELF);
    expect(mempool.submit(toJson(heir), SELF)).toMatchObject({ kind: 'accepted' });
    const rival = payment({ inputs: [coins[0]!], to: DAVE.account });
    expect(mine(world, mempool, [toJson(rival)])).toEqual({
      returned: [],
      dropped: [
        { id: makeSigned(first).id, code: 'spent-input' },
        { id: makeSigned(heir).id, code: 'unknown-input' },
      ],
    });
    expect(mempool.size).toBe(0);
  });

  it('drops what has expired at the next height', () => {
    const { world, mempool, coins } = openMempool(1);
    const body = payment({ inputs: [coins[0]!], expiry: 2 });
    mempool.submit(toJson(body), SELF);
    expect(mine(world, mempool)).toEqual({
      returned: [],
      dropped: [{ id: makeSigned(body).id, code: 'expired' }],
    });
  });

  it('takes back what a reorganisation takes out of the chain, before those that conflict with it', () => {
    const { world, mempool, coins } = openMempool(2);
    const first = payment({ inputs: [coins[0]!] });
    const kept = payment({ inputs: [coins[1]!] });
    mine(world, mempool, [toJson(first)]);
    const performed = world.checks.performed;
    mempool.submit(toJson(kept), SELF);
    const block = world.blocks.pop()!;
    const change = world.ledger.follow([block], []);
    expect(mempool.follow(change)).toEqual({ returned: [makeSigned(first).id], dropped: [] });
    expect([...mempool.inOrder()]).toEqual([makeSigned(first), makeSigned(kept)]);
    // What was listed has been checked.
    expect(world.checks.performed).toBe(performed + 3);
  });

  it('takes back several blocks in their order, so that nothing comes before what it builds on', () => {
    const { world, mempool, coins } = openMempool(1);
    const first = payment({ inputs: [coins[0]!] });
    const heir = payment({
      from: BOB.account,
      to: CAROL.account,
      witness: ALICE.account,
      inputs: [`${makeSigned(first).id}.0`],
    });
    mine(world, mempool, [toJson(first)]);
    mine(world, mempool, [toJson(heir)]);
    const reverted = world.blocks.splice(-2).reverse();
    expect(mempool.follow(world.ledger.follow(reverted, []))).toEqual({
      returned: [makeSigned(first).id, makeSigned(heir).id],
      dropped: [],
    });
  });

  it('checks no more signatures for a peer than it is granted', () => {
    const { world, mempool } = openMempool(0);
    const budget = new TokenBucket(CHECKS_PER_SECOND, CHECKS_BURST, 0);
    const submit = (i: number, nowMs: number) => {
      const forged = makeSigned(note(`${i}`), [BOB]);
      return mempool.submit(transactionToJson(forged), { from: 'peer', budget, nowMs });
    };
    for (let i = 0; i < CHECKS_BURST; i++)
      expect(submit(i, 0)).toMatchObject({ code: 'wrong-signature' });
    expect(submit(-1, 0)).toMatchObject({ code: 'too-many-checks' });
    expect(world.checks.performed).toBe(CHECKS_BURST);
    expect(submit(-1, 1000 / CHECKS_PER_SECOND)).toMatchObject({ code: 'wrong-signature' });
    // What is refused for another reason costs nothing.
    const value = toJson(payment({ inputs: [`${'A'.repeat(43)}.0`] }));
    expect(mempool.submit(value, { from: 'peer', budget, nowMs: 200 })).toMatchObject({
      code: 'unknown-input',
    });
  });

  it('lets a coin be paid on a few times before the chain has seen it, and not for ever', () => {
    const { mempool, coins } = openMempool(1);
    let name = coins[0]!;
    const parties: KeyPair[] = [ALICE, BOB, CAROL];
    for (let i = 0; i <= WAITING_CHAIN_LIMIT + 1; i++) {
      const [from, to, witness] = parties.map(({ account }) => account) as [string, string, string];
      const body = payment({ from, to, witness, inputs: [name] });
      const outcome = mempool.submit(toJson(body), SELF);
      if (i <= WAITING_CHAIN_LIMIT) expect(outcome.kind).toBe('accepted');
      else expect(outcome).toMatchObject({ kind: 'refused', code: 'long-chain' });
      name = `${makeSigned(body).id}.0`;
      parties.push(parties.shift()!);
    }
  });

  it('is full of notes of the link that brought most, and lets the newest of these leave first', () => {
    const { world, coins } = openMempool(1);
    const mempool = new Mempool(world.ledger, world.checks, { ...WAITING_LIMITS, count: 10 });
    mempool.submit(toJson(note('early')), { ...SELF, from: 'quiet' });
    const flood = Array.from({ length: 10 }, (_, i) =>
      mempool.submit(toJson(note(`note ${i}`)), { ...SELF, from: 'loud' }),
    );
    expect(flood.map(({ kind }) => kind)).toEqual([...Array(9).fill('accepted'), 'refused']);
    expect(flood.at(-1)).toMatchObject({ code: 'mempool-full' });
    const value = toJson(payment({ inputs: [coins[0]!] }));
    expect(mempool.submit(value, { ...SELF, from: 'loud' })).toMatchObject({
      kind: 'accepted',
      evicted: [makeSigned(note('note 8')).id],
    });
    expect(mempool.size).toBe(10);
    expect(mempool.get(makeSigned(note('early')).id)).not.toBeNull();
  });

  it('lets with a payment leave what builds on it', () => {
    const { world, coins } = openMempool(3);
    const mempool = new Mempool(world.ledger, world.checks, { ...WAITING_LIMITS, count: 2 });
    const first = payment({ inputs: coins.slice(0, 2), amount: 2 * REWARD });
    const heir = payment({
      from: BOB.account,
      to: CAROL.account,
      witness: ALICE.account,
      inputs: [`${makeSigned(first).id}.0`],
      amount: 2 * REWARD,
    });
    const last = payment({ inputs: coins.slice(2) });
    mempool.submit(toJson(first), { ...SELF, from: 'a' });
    mempool.submit(toJson(heir), { ...SELF, from: 'b' });
    expect(mempool.submit(toJson(last), { ...SELF, from: 'c' })).toMatchObject({
      kind: 'accepted',
      evicted: [makeSigned(first).id, makeSigned(heir).id],
    });
    expect([...mempool.inOrder()]).toEqual([makeSigned(last)]);
    expect(mempool.submit(toJson(first), SELF)).toMatchObject({ kind: 'accepted' });
  });

  it('takes no more bytes than its limit', () => {
    const { world } = openMempool(0);
    const limits = { ...WAITING_LIMITS, bytes: 5_000 };
    const mempool = new Mempool(world.ledger, world.checks, limits);
    for (let i = 0; i < 20; i++)
      mempool.submit(toJson(note(`${'語'.repeat(130)}${i}`)), { ...SELF, from: `${i % 7}` });
    expect(mempool.sizeBytes).toBeLessThanOrEqual(limits.bytes);
    expect(mempool.sizeBytes).toBeGreaterThan(limits.bytes - TRANSACTION_LIMIT_BYTES);
    const all = [...mempool.inOrder()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(mempool.sizeBytes).toBe(all);
    expect(WAITING_LIMITS.bytes).toBeLessThan(WAITING_LIMITS.count * TRANSACTION_LIMIT_BYTES);
  });
});

describe('the choice for a block', () => {
  it('fits into the room, and each link has its turn', () => {
    const { world, mempool } = openMempool(0);
    for (let i = 0; i < 40; i++)
      mempool.submit(toJson(note(`loud ${i}`)), { ...SELF, from: 'loud' });
    mempool.submit(toJson(note('quiet')), { ...SELF, from: 'quiet' });
    const chosen = mempool.select(BLOCK_ROOM_BYTES);
    const json = JSON.stringify(chosen.map(transactionToJson));
    expect(json.length - 2).toBeLessThanOrEqual(BLOCK_ROOM_BYTES);
    expect(json.length).toBeGreaterThan(BLOCK_ROOM_BYTES - 300);
    const texts = chosen.map(({ body }) => (body.kind === 'note' ? body.text : ''));
    expect(texts.slice(0, 3)).toEqual(['loud 0', 'quiet', 'loud 1']);
    const { listed } = world.ledger.apply(world.next(DAVE.account, chosen.map(transactionToJson)));
    expect(listed).toEqual(chosen);
    expect(mempool.select(0)).toEqual([]);
  });

  it('takes nothing without what it builds on', () => {
    const { mempool, coins } = openMempool(1);
    const first = payment({ inputs: [coins[0]!] });
    const heir = payment({
      from: BOB.account,
      to: CAROL.account,
      witness: ALICE.account,
      inputs: [`${makeSigned(first).id}.0`],
    });
    mempool.submit(toJson(first), { ...SELF, from: 'b' });
    mempool.submit(toJson(heir), { ...SELF, from: 'a' });
    const { sizeBytes } = makeSigned(first);
    expect(mempool.select(sizeBytes)).toEqual([makeSigned(first)]);
    expect(mempool.select(BLOCK_ROOM_BYTES)).toEqual([makeSigned(first), makeSigned(heir)]);
  });
});

const SELF = { from: 'self', budget: null, nowMs: 0 };

/** A mempool beside a ledger in which Alice has mined so many coins. */
function openMempool(count: number) {
  const world = new HandLedger();
  const coins = Array.from({ length: count }, (_, i) =>
    rewardName(world.mine(ALICE.account, [], i).hash),
  );
  return { world, mempool: new Mempool(world.ledger, world.checks), coins };
}

function mine(world: HandLedger, mempool: Mempool, values: readonly unknown[] = []) {
  const block = world.next(DAVE.account, values);
  world.blocks.push(block);
  return mempool.follow(world.ledger.follow([], [block]));
}
