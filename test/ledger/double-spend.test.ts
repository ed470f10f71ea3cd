/** Every way in which somebody could try to spend a coin twice, or more than there is: none ever counts (R16). */
import { beforeEach, describe, expect, it } from 'vitest';
import { Chain } from '../../lib/chain/chain.ts';
import { homeworkRules } from '../../lib/chain/rules.ts';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { Mempool } from '../../lib/ledger/mempool.ts';
import {
  makeTransaction,
  transactionToJson,
  type Payment,
  type TransactionJson,
} from '../../lib/ledger/transaction.ts';
import { FREE_GENESIS, FREE_GENESIS_HASH, FREE_TARGET } from '../support/free-chain.ts';
import {
  ALICE,
  BOB,
  CAROL,
  DAVE,
  HandLedger,
  makeSigned,
  minedBlock,
  payment,
  REWARD,
  sign,
  toJson,
} from '../support/transactions.ts';

const OTHER_ROOM = 'ab'.repeat(32);
const SELF = { from: 'self', budget: null, nowMs: 0 };
const HEARD = { from: 'test', wallMs: 0, networkMs: 0 };

let world: HandLedger;
let coin: string;
let good: Payment;

beforeEach(() => {
  world = new HandLedger();
  coin = rewardName(world.mine(ALICE.account).hash);
  good = payment({ inputs: [coin], amount: 20, change: 30 });
});

describe('a coin that somebody tries to spend twice', () => {
  it('in one block goes where the first transaction says', () => {
    const rival = toJson({ ...good, to: DAVE.account });
    const { listed, voided } = world.ledger.apply(world.next(CAROL.account, [toJson(good), rival]));
    expect(listed).toEqual([makeSigned(good)]);
    expect(voided).toEqual([
      { transaction: makeSigned({ ...good, to: DAVE.account }), code: 'spent-input' },
    ]);
    expectBalances({ alice: 30, bob: 20, dave: 0 });
  });

  it('in one block, by the same transaction twice, is spent once', () => {
    world.mine(CAROL.account, [toJson(good), toJson(good)]);
    expectBalances({ alice: 30, bob: 20, dave: 0 });
  });

  it('in a later block stays where it is', () => {
    world.mine(CAROL.account, [toJson(good)]);
    world.mine(CAROL.account, [toJson({ ...good, to: DAVE.account }), toJson(good)]);
    expectBalances({ alice: 30, bob: 20, dave: 0 });
  });

  it('in two branches goes where the branch with more work says, for all', () => {
    const chain = new Chain(FREE_GENESIS, homeworkRules(FREE_TARGET), HEARD);
    const ledger = new Ledger({ genesis: FREE_GENESIS_HASH, reward: REWARD }, world.checks);
    const mempool = new Mempool(ledger, world.checks);
    const bring = (...path: Parameters<typeof minedBlock>) => {
      const block = minedBlock(...path);
      const outcome = chain.accept(block, HEARD);
      if (outcome.kind === 'tip-changed') {
        const change = ledger.follow(outcome.reverted, outcome.connected);
        return { hash: hashBlockHex(block), change, pool: mempool.follow(change) };
      }
      return { hash: hashBlockHex(block), change: null, pool: null };
    };
    const first = bring(FREE_GENESIS_HASH, ALICE.account);
    const body = { ...good, inputs: [rewardName(first.hash)] };
    const rival = { ...body, to: DAVE.account };
    bring(first.hash, CAROL.account, [toJson(body)]);
    expect(ledger.balance(BOB.account)).toBe(20);
    const other = bring(first.hash, CAROL.account, [toJson(rival)], 1);
    expect(other.change).toBeNull();
    const last = bring(other.hash, CAROL.account, [], 2);
    expect(ledger.balance(BOB.account)).toBe(0);
    expect(ledger.balance(DAVE.account)).toBe(20);
    expect(last.pool).toEqual({
      returned: [],
      dropped: [{ id: makeSigned(body).id, code: 'spent-input' }],
    });
    // Replayed after the reorganisation, by a block and to the mempool.
    expect(mempool.submit(toJson(body), SELF)).toMatchObject({ code: 'spent-input' });
    expect(bring(last.hash, CAROL.account, [toJson(body), toJson(rival)]).change).toMatchObject({
      listed: [],
      voided: [{ code: 'spent-input' }, { code: 'already-listed' }],
    });
    expect(ledger.supply).toBe(4 * REWARD);
  });

  it('is said to be spent as long as the chain has spent it, and unknown once its block is gone', () => {
    const { ledger } = world;
    const judge = () => new Mempool(ledger, world.checks).submit(toJson(good), SELF);
    world.mine(CAROL.account, [toJson({ ...good, to: DAVE.account })]);
    expect(judge()).toMatchObject({ code: 'spent-input' });
    world.revert();
    expect(judge()).toMatchObject({ kind: 'accepted' });
    world.revert();
    expect(judge()).toMatchObject({ code: 'unknown-input' });
  });

  it('by two names is spent by its own name only', () => {
    const bytes = Buffer.from(coin.slice(0, 43), 'base64url');
    bytes[31]! ^= 1;
    const alias = `${bytes.toString('base64url')}.1`;
    expectVoid(toJson({ ...good, inputs: [alias] }), 'unknown-input');
    expectVoid(toJson({ ...good, inputs: [coin, alias], amount: 70 }), 'unknown-input');
  });

  it('as two inputs of one transaction is no transaction', () => {
    expectNone({ ...toJson({ ...good, inputs: [coin, coin], amount: 70 }) }, 'duplicate-input');
  });
});

describe('a payment that is not what it should be', () => {
  it('with an altered signature does not count, whichever it is', () => {
    const value = toJson(good);
    for (let at = 0; at < 3; at++) {
      const bytes = Buffer.from(value.signatures[at]!, 'base64url');
      bytes[20]! ^= 4;
      const signatures = value.signatures.with(at, bytes.toString('base64url'));
      expectVoid({ ...value, signatures }, 'wrong-signature');
    }
  });

  it('with altered fields under good signatures does not count', () => {
    expectVoid({ ...toJson(good), to: DAVE.account } as TransactionJson, 'wrong-signature');
    expectVoid({ ...toJson(good), amount: 50, change: 0 } as TransactionJson, 'wrong-signature');
    expectVoid({ ...toJson(good), expiry: 7 } as TransactionJson, 'wrong-signature');
  });

  it('signed by foreign keys does not count, nor with the parties in other places', () => {
    for (const signers of [
      [DAVE, BOB, CAROL],
      [BOB, BOB, CAROL],
      [ALICE, BOB, DAVE],
      [CAROL, BOB, ALICE],
    ])
      expectVoid(transactionToJson(makeSigned(good, signers)), 'wrong-signature');
  });

  it('of somebody else’s coin does not count', () => {
    expectVoid(toJson({ ...good, from: DAVE.account }), 'foreign-input');
  });

  it('signed for another room does not count', () => {
    const signatures = [ALICE, BOB, CAROL].map((keys) => sign(good, keys, OTHER_ROOM));
    const elsewhere = makeTransaction(good, signatures, OTHER_ROOM);
    expectVoid(transactionToJson(elsewhere), 'wrong-signature');
  });

  it('of more or less than its inputs does not count', () => {
    for (const [amount, change] of [
      [51, 0],
      [49, 0],
      [50, 1],
      [1, 48],
      [2 ** 50, 0],
      [2 ** 50, 2 ** 50],
    ] as const)
      expectVoid(toJson({ ...good, amount, change }), 'wrong-sum');
  });

  it('of negative, broken, overflowing or textual amounts is none', () => {
    for (const amount of [-20, 0, 0.5, 2 ** 50 + 1, 2 ** 53, 2 ** 64 + 50, 1e308, '20', null])
      expectNone({ ...toJson(good), amount }, 'bad-amount');
    for (const change of [-30, 0.5, 2 ** 50 + 1, 2 ** 53 - 20, 2 ** 64 + 30, '30', null])
      expectNone({ ...toJson(good), change }, 'bad-change');
    // As text of a block, in which JSON may hold numbers that no program keeps.
    const text = JSON.stringify(toJson(good));
    for (const number of ['-30', '1e400', '18446744073709551646', '30.000001', '0x1e', '030'])
      expectNoneInBlock(text.replace('"change":30', `"change":${number}`));
  });

  it('is not helped by fields that stand twice: all peers read the last', () => {
    const text = JSON.stringify(toJson(good)).replace('"amount":20', '"amount":20,"amount":50');
    expectNoneInBlock(text);
  });

  it('after its expiry does not count', () => {
    world.mine(CAROL.account);
    expectVoid(toJson({ ...good, expiry: 2 }), 'expired');
  });
});

/** Without effect in a block, where the ledger says why, and refused by the mempool for the same reason. */
function expectVoid(value: TransactionJson, code: string): void {
  const { ledger, checks } = world;
  expect(new Mempool(ledger, checks).submit(value, SELF)).toMatchObject({ kind: 'refused', code });
  const block = world.next(CAROL.account, [value]);
  expect(ledger.apply(block)).toMatchObject({ listed: [], voided: [{ code }] });
  expectBalances({ alice: REWARD, bob: 0, dave: 0 });
  ledger.undo(block);
}

function expectNone(value: unknown, code: string): void {
  const mempool = new Mempool(world.ledger, world.checks);
  expect(mempool.submit(value, SELF)).toEqual({ kind: 'malformed', code });
  expectNoneInBlock(JSON.stringify(value));
}

function expectNoneInBlock(text: string): void {
  const empty = world.next(CAROL.account);
  const data = Buffer.from(empty.block.data).toString().replace('[]', `[${text}]`);
  const block = {
    ...empty.block,
    data: new Uint8Array(Buffer.from(data)),
    proofOfWork: new Uint8Array(8),
  };
  const next = { ...empty, hash: hashBlockHex(block), block };
  expect(world.ledger.apply(next).listed).toEqual([]);
  expectBalances({ alice: REWARD, bob: 0, dave: 0 });
  world.ledger.undo(next);
}

function expectBalances({ alice, bob, dave }: Record<'alice' | 'bob' | 'dave', number>): void {
  expect(world.ledger.balance(ALICE.account)).toBe(alice);
  expect(world.ledger.balance(BOB.account)).toBe(bob);
  expect(world.ledger.balance(DAVE.account)).toBe(dave);
}
