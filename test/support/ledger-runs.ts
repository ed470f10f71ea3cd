/** Random worlds of the ledger and the mempool beside the naive model: tests run a few of them, a soak runs thousands. */
import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { Chain } from '../../lib/chain/chain.ts';
import { homeworkRules } from '../../lib/chain/rules.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { Mempool } from '../../lib/ledger/mempool.ts';
import type { SignatureChecks } from '../../lib/ledger/signature-checks.ts';
import { transactionToJson } from '../../lib/ledger/transaction.ts';
import { FREE_GENESIS, FREE_GENESIS_HASH, FREE_TARGET } from './free-chain.ts';
import { pick, randomBlock, randomTransaction } from './ledger-world.ts';
import { listNaively, naiveLedger, type NaiveLedger } from './naive-ledger.ts';
import { seededRandom } from './random.ts';
import { PEOPLE, REWARD } from './transactions.ts';

const RULES = { genesis: FREE_GENESIS_HASH, reward: REWARD };
const ARRIVAL = { from: 'test', wallMs: 0, networkMs: 0 };

/** Blocks on branches that overtake each other: at every tip the ledger is what the model makes of the chain. */
export function runLedgerWorld(seed: number, count: number, checks: SignatureChecks): void {
  const random = seededRandom(seed);
  const chain = openChain();
  const ledger = new Ledger(RULES, checks);
  const blocks: Block[] = [];
  const earlier: unknown[] = [];
  const hashes = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    // Mostly on one of the last few blocks: branches grow side by side, and overtake each other.
    const parent = hashOf(pick(random, random() < 0.9 ? blocks.slice(-3) : blocks));
    const path = pathTo(chain, parent);
    const before = naive(path);
    const block = randomBlock(random, parent, before, path.length + 1, earlier);
    blocks.push(block);
    const outcome = chain.accept(block, ARRIVAL);
    if (outcome.kind !== 'tip-changed') continue;
    ledger.follow(outcome.reverted, outcome.connected);
    const tip = chain.tip.hash;
    expectSame(ledger, naive(pathTo(chain, tip)));
    // A tip that is met again, on whatever way, has the same hash.
    const hash = ledger.hashAt(ledger.height)!;
    strictEqual(hashes.get(tip) ?? hash, hash);
    hashes.set(tip, hash);
  }
  const restarted = new Ledger(RULES, checks);
  restarted.follow(
    [],
    pathTo(chain, chain.tip.hash).map((block, i) => ({
      hash: hashBlockHex(block),
      height: i + 1,
      block,
    })),
  );
  for (let height = 0; height <= chain.tip.height; height++)
    strictEqual(restarted.hashAt(height), ledger.hashAt(height));
}

/** Blocks applied and undone: after each undoing everything is as it was before. */
export function runUndoWorld(seed: number, count: number, checks: SignatureChecks): void {
  const random = seededRandom(seed);
  const ledger = new Ledger(RULES, checks);
  const path: Block[] = [];
  const earlier: unknown[] = [];
  const states: unknown[] = [];
  const entry = (i: number) => ({
    hash: hashBlockHex(path[i]!),
    height: i + 1,
    block: path[i]!,
  });
  for (let i = 0; i < count; i++) {
    states.push(describeState(ledger, naive(path)));
    path.push(randomBlock(random, hashOf(path.at(-1)), naive(path), i + 1, earlier));
    ledger.apply(entry(i));
  }
  for (let i = count - 1; i >= 0; i--) {
    ledger.undo(entry(i));
    deepStrictEqual(describeState(ledger, naive(path.slice(0, i))), states[i]);
  }
  strictEqual(ledger.supply, 0);
  strictEqual(ledger.coinCount, 0);
}

/** Submissions between blocks: what waits could always be listed, and nothing is lost. */
export function runMempoolWorld(seed: number, count: number, checks: SignatureChecks): void {
  const random = seededRandom(seed);
  const chain = openChain();
  const ledger = new Ledger(RULES, checks);
  const mempool = new Mempool(ledger, checks);
  const blocks: Block[] = [];
  const earlier: unknown[] = [];
  const accepted = new Set<string>();
  for (let i = 0; i < count; i++) {
    const path = pathTo(chain, chain.tip.hash);
    if (random() < 0.5) {
      const value = randomTransaction(random, naive(path), path.length + 1, earlier);
      earlier.push(value);
      const outcome = mempool.submit(value, {
        budget: null,
        nowMs: 0,
        from: `${Math.floor(random() * 3)}`,
      });
      if (outcome.kind === 'accepted') accepted.add(outcome.transaction.id);
    } else {
      const parent = hashOf(pick(random, blocks.slice(-3)));
      const below = pathTo(chain, parent);
      const block = randomBlock(random, parent, naive(below), below.length + 1, earlier);
      blocks.push(block);
      const outcome = chain.accept(block, ARRIVAL);
      if (outcome.kind !== 'tip-changed') continue;
      const change = ledger.follow(outcome.reverted, outcome.connected);
      const { returned, dropped } = mempool.follow(change);
      for (const { id } of change.listed) accepted.add(id);
      for (const id of returned) notStrictEqual(mempool.get(id), null);
      for (const { id } of dropped) {
        strictEqual(mempool.get(id), null);
        accepted.delete(id);
      }
    }
    for (const id of accepted) notStrictEqual(mempool.get(id) !== null, ledger.isListed(id));
    expectToBeListable(mempool, pathTo(chain, chain.tip.hash));
  }
}

function openChain(): Chain {
  return new Chain(FREE_GENESIS, homeworkRules(FREE_TARGET), { from: 'test', wallMs: 0 });
}

function hashOf(block: Block | null | undefined): string {
  return block ? hashBlockHex(block) : FREE_GENESIS_HASH;
}

/** The blocks above genesis up to this one, lowest first. */
function pathTo(chain: Chain, hash: string): Block[] {
  const path: Block[] = [];
  for (let at = chain.tree.get(hash)!; at.parent !== null; at = at.parent) path.push(at.block);
  return path.reverse();
}

function naive(path: readonly Block[]): NaiveLedger {
  return naiveLedger(path, FREE_GENESIS_HASH, REWARD);
}

function expectSame(ledger: Ledger, model: NaiveLedger): void {
  deepStrictEqual(
    describeState(ledger, model).accounts,
    PEOPLE.map(({ account }) => {
      const coins = [...model.coins].filter(([, { owner }]) => owner === account);
      const balance = coins.reduce((sum, [, { amount }]) => sum + amount, 0);
      return {
        balance,
        coins: coins.map(([name, { amount }]) => `${name} ${amount}`).sort(),
      };
    }),
  );
  strictEqual(ledger.coinCount, model.coins.size);
  strictEqual(ledger.supply, model.rewards);
  for (const [name, coin] of model.coins) deepStrictEqual(ledger.coin(name), { name, ...coin });
  for (const [id, height] of model.heights)
    deepStrictEqual(ledger.stateOf(id), {
      kind: 'listed',
      height,
      confirmations: ledger.height - height + 1,
    });
}

/** Everything that can be asked of a ledger about these people and transactions. */
function describeState(ledger: Ledger, { heights }: NaiveLedger) {
  return {
    accounts: PEOPLE.map(({ account }) => ({
      balance: ledger.balance(account),
      coins: ledger
        .coinsOf(account, Infinity)
        .map(({ name, amount }) => `${name} ${amount}`)
        .sort(),
    })),
    listed: [...heights.keys()].map((id) => ledger.stateOf(id)),
    supply: ledger.supply,
    coinCount: ledger.coinCount,
    tip: ledger.tip,
    hashes: Array.from({ length: ledger.height + 2 }, (_, height) => ledger.hashAt(height)),
  };
}

/** By the naive model, one block that holds all that waits would list all of it. */
function expectToBeListable(mempool: Mempool, path: readonly Block[]): void {
  const model = naive(path);
  for (const transaction of mempool.inOrder()) {
    const fields = { ...transactionToJson(transaction) };
    strictEqual(listNaively(model, fields, path.length + 1, FREE_GENESIS_HASH), transaction.id);
    model.heights.set(transaction.id, path.length + 1);
  }
}
