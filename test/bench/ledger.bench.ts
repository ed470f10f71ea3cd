/**
 * What executing blocks costs beside the signature checks in them, and how a ledger does with a million coins.
 *
 * Goals: blocks full of payments are executed at no less than 0.9 of the rate at which their signatures can be checked;
 * a million unspent coins take at most 250 MB; applying and undoing a block takes the same however many coins there
 * are, an exponent of 1 for all blocks together. What is counted is processor time, in turns.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { hashBlockHex } from '../../lib/chain/block.ts';
import type { HashHex } from '../../lib/chain/bytes.ts';
import { KEY_SEED_BYTES, makeKeyPair } from '../../lib/ledger/account.ts';
import { coinName, rewardName } from '../../lib/ledger/coin-name.ts';
import { CoinSet } from '../../lib/ledger/coin-set.ts';
import { Ledger, type LedgerBlock } from '../../lib/ledger/ledger.ts';
import { encodePayload } from '../../lib/ledger/payload.ts';
import { recoverSigner } from '../../lib/ledger/signature.ts';
import { SignatureChecks } from '../../lib/ledger/signature-checks.ts';
import {
  digestOf,
  makeTransaction,
  signTransaction,
  transactionId,
  transactionToJson,
  type Payment,
  type Transaction,
} from '../../lib/ledger/transaction.ts';
import { fitExponent, measureTurns } from '../support/scaling.ts';
import { quantile, type Bench, type Figure } from './bench.ts';

const GENESIS = 'ab'.repeat(32);
const RULES = { genesis: GENESIS, reward: 50 };
const PAYMENTS_PER_BLOCK = 6;
const FULL_BLOCKS = 15;
const ROUNDS = 4;
const MILLION = 1_000_000;
const PROOF = new Uint8Array(8);
const FITS = 2;

const KEYS = [1, 2, 3].map((fill) => makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(fill)));
const [ALICE, BOB, CAROL] = KEYS as [(typeof KEYS)[0], (typeof KEYS)[0], (typeof KEYS)[0]];

const bench: Bench = {
  title: 'the ledger, beside bare signature checks, and at size',
  run: () => [...measureExecution(), ...measureMillion(), ...measureExponents()],
};
export default bench;

/** Blocks full of payments: their signatures alone, then the same blocks executed by a ledger that has not seen them. */
function measureExecution(): Figure[] {
  const rewards = mineBlocks(GENESIS, 1, PAYMENTS_PER_BLOCK * FULL_BLOCKS);
  const full: LedgerBlock[] = [];
  const payments: Transaction[] = [];
  for (let i = 0; i < FULL_BLOCKS; i++) {
    const coins = rewards.slice(i * PAYMENTS_PER_BLOCK, (i + 1) * PAYMENTS_PER_BLOCK);
    const held = coins.map(({ hash }) => pay(rewardName(hash)));
    payments.push(...held);
    const last = full.at(-1) ?? rewards.at(-1)!;
    full.push(...mineBlocks(last.hash, last.height + 1, 1, held));
  }
  const bareMs: number[] = [];
  const executedMs: number[] = [];
  const knownMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const checks = new SignatureChecks();
    const ledger = new Ledger(RULES, checks);
    ledger.follow([], rewards);
    bareMs.push(
      timed(() => {
        for (const { id, signatures } of payments)
          for (const signature of signatures) recoverSigner(digestOf(id), signature);
      }),
    );
    executedMs.push(timed(() => ledger.follow([], full)));
    if (checks.performed !== 3 * payments.length) throw new Error('not every payment was checked');
    ledger.follow([...full].reverse(), []);
    knownMs.push(timed(() => ledger.follow([], full)));
    if (ledger.balance(BOB.account) !== 20 * payments.length) throw new Error('a payment is void');
  }
  const rate = (samples: number[]) => (1_000 * payments.length) / quantile(samples, 0.5);
  const unit = 'payments/s';
  const bare = 'signature checks alone, three a payment';
  return [
    { name: bare, value: rate(bareMs), unit },
    { name: 'full blocks executed', value: rate(executedMs), unit, against: bare },
    { name: 'full blocks executed, checked before', value: rate(knownMs), unit, against: bare },
  ];
}

/** A million coins of a million owners, the worst for memory, and of a hundred. */
function measureMillion(): Figure[] {
  return [MILLION, 100].map((owners) => {
    const before = readMemory();
    const coins = fillCoins(MILLION, owners);
    const megabytes = (readMemory() - before) / 1e6;
    if (coins.size !== MILLION) throw new Error('a coin is missing');
    const name = `${MILLION.toLocaleString('en')} coins of ${owners.toLocaleString('en')} owners`;
    return { name, value: megabytes, unit: 'MB' };
  });
}

function measureExponents(): Figure[] {
  const sizes = [1_000, 8_000, 64_000, 256_000];
  const checks = new SignatureChecks();
  const sets = sizes.map((size) => {
    const ledger = new Ledger(RULES, checks);
    const rewards = mineBlocks(GENESIS, 1, size);
    ledger.follow([], rewards);
    const held = rewards.slice(-PAYMENTS_PER_BLOCK).map(({ hash }) => pay(rewardName(hash)));
    const last = rewards.at(-1)!;
    const blocks = mineBlocks(last.hash, last.height + 1, 1, held);
    ledger.follow([], blocks);
    return { ledger, blocks };
  });
  const turns = (act: (ledger: Ledger, blocks: LedgerBlock[]) => number) =>
    Math.min(
      ...Array.from({ length: FITS }, () =>
        fitExponent(
          measureTurns(sizes, 10, (size) => {
            const { ledger, blocks } = sets[sizes.indexOf(size)]!;
            let ms = 0;
            for (let i = 0; i < 5; i++) ms += act(ledger, blocks);
            return ms;
          }),
        ),
      ),
    );
  const applying = turns((ledger, blocks) => {
    ledger.follow(blocks, []);
    return wallTimed(() => ledger.follow([], blocks));
  });
  const undoing = turns((ledger, blocks) => {
    const ms = wallTimed(() => ledger.follow(blocks, []));
    ledger.follow([], blocks);
    return ms;
  });
  return [
    { name: 'exponent of applying, 1,000 to 256,000 coins', value: applying, unit: '' },
    { name: 'exponent of undoing, 1,000 to 256,000 coins', value: undoing, unit: '' },
  ];
}

function fillCoins(count: number, owners: number): CoinSet {
  const coins = new CoinSet();
  const id = Buffer.alloc(32);
  for (let i = 0; i < count; i++) {
    spread(i, id);
    const name = coinName(id.toString('base64url'), 0);
    spread(i % owners, id);
    coins.add({ name, owner: id.toString('hex', 12), amount: 50 });
  }
  return coins;
}

/** Fills all words as a hash of the number would, only quicker: by multiplication with an odd constant. */
function spread(number: number, bytes: Buffer): void {
  for (let word = 0; word < 8; word++)
    bytes.writeInt32BE(Math.imul(number + word, 0x9e3779b1), 4 * word);
}

/** Blocks of Alice's, one upon the other; each holds these transactions. */
function mineBlocks(
  previous: HashHex,
  height: number,
  count: number,
  transactions: readonly Transaction[] = [],
): LedgerBlock[] {
  const blocks: LedgerBlock[] = [];
  let previousHash = new Uint8Array(Buffer.from(previous, 'hex'));
  for (let i = 0; i < count; i++) {
    const payload = { timeMs: height + i, miner: ALICE.account, name: '', note: '' };
    const data = encodePayload(payload, transactions.map(transactionToJson));
    const block = { data, previousHash, proofOfWork: PROOF };
    const hash = hashBlockHex(block);
    blocks.push({ hash, height: height + i, block });
    previousHash = new Uint8Array(Buffer.from(hash, 'hex'));
  }
  return blocks;
}

/** Alice pays Bob 20 of a coin of 50, before Carol. */
function pay(coin: string): Transaction {
  const body: Payment = {
    kind: 'pay',
    from: ALICE.account,
    to: BOB.account,
    witness: CAROL.account,
    inputs: [coin],
    amount: 20,
    change: 30,
    expiry: 2 ** 30,
  };
  const id = transactionId(body, GENESIS);
  const signatures = [ALICE, BOB, CAROL].map((keys) => signTransaction(id, keys));
  return makeTransaction(body, signatures, GENESIS);
}

/** Bytes in use after everything that nobody needs has been let go. */
function readMemory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Milliseconds of processor time. */
function timed(action: () => void): number {
  const started = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1_000;
}

/** Milliseconds by the clock, for what takes less than the processor's clock can tell; the quickest turn counts. */
function wallTimed(action: () => void): number {
  const startedMs = performance.now();
  action();
  return performance.now() - startedMs;
}
