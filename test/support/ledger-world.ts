/** Random transactions, good ones and bad ones, and random blocks on random parents. */
import type { Block } from '../../lib/chain/block.ts';
import type { HashHex } from '../../lib/chain/bytes.ts';
import {
  transactionToJson,
  type Merge,
  type Payment,
  type TransactionBody,
} from '../../lib/ledger/transaction.ts';
import { freeBlock } from './free-chain.ts';
import type { NaiveLedger } from './naive-ledger.ts';
import { makeSigned, minedBlock, note, PEOPLE, toJson } from './transactions.ts';

/** Numbers from 0 up to 1. */
export type Random = () => number;

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A payment that can be applied after these coins, or null where nobody has any. */
function goodPayment(random: Random, { coins }: NaiveLedger, height: number): Payment | null {
  const owners = [...new Set([...coins.values()].map(({ owner }) => owner))];
  if (owners.length === 0) return null;
  const from = pick(random, owners);
  const own = [...coins].filter(([, { owner }]) => owner === from);
  own.sort(() => random() - 0.5);
  const inputs = own.slice(0, 1 + Math.floor(random() * 3));
  const worth = inputs.reduce((sum, [, { amount }]) => sum + amount, 0);
  const others = PEOPLE.map(({ account }) => account).filter((account) => account !== from);
  const to = pick(random, others);
  const witness = pick(
    random,
    others.filter((account) => account !== to),
  );
  const amount = random() < 0.3 ? worth : 1 + Math.floor(random() * worth);
  return {
    kind: 'pay',
    from,
    to,
    witness,
    inputs: inputs.map(([name]) => name),
    amount,
    change: worth - amount,
    expiry: height + Math.floor(random() * 12),
  };
}

/** A merge that can be applied after these coins, or null where nobody has two. */
function goodMerge(random: Random, { coins }: NaiveLedger, height: number): Merge | null {
  const owners = [...new Set([...coins.values()].map(({ owner }) => owner))];
  const own = owners
    .map((owner) => [...coins].filter(([, coin]) => coin.owner === owner))
    .filter(({ length }) => length > 1);
  if (own.length === 0) return null;
  const chosen = pick(random, own).slice(0, 2 + Math.floor(random() * 7));
  return {
    kind: 'merge',
    from: chosen[0]![1].owner,
    inputs: chosen.map(([name]) => name),
    amount: chosen.reduce((sum, [, { amount }]) => sum + amount, 0),
    expiry: height + Math.floor(random() * 12),
  };
}

/** What somebody might do to a merge. */
const FORGED_MERGES: readonly ((good: Merge, coins: readonly string[]) => unknown)[] = [
  (good) => toJson({ ...good, amount: good.amount + 1 }),
  (good) => toJson({ ...good, inputs: good.inputs.slice(1) }),
  (good) => toJson({ ...good, inputs: [good.inputs[0]!, ...good.inputs] }),
  (good, coins) => toJson({ ...good, inputs: [...good.inputs.slice(1), coins[0]!] }),
  (good) => ({ ...toJson(good), change: 0 }),
  (good) => transactionToJson(makeSigned(good, [PEOPLE.find((p) => p.account !== good.from)!])),
];

/** What somebody might do to a payment to get more out of it than is in it. */
const FORGERIES: readonly ((good: Payment, random: Random, coins: readonly string[]) => unknown)[] =
  [
    (good) => toJson({ ...good, amount: good.amount + 1 }),
    (good) => toJson({ ...good, amount: good.amount + good.change + 5, change: -5 }),
    (good) => toJson({ ...good, amount: 2 ** 53 }),
    (good) => toJson({ ...good, change: 2 ** 50 }),
    (good) => toJson({ ...good, inputs: [good.inputs[0]!, ...good.inputs] }),
    (good) => toJson({ ...good, inputs: [otherNameOf(good.inputs[0]!)] }),
    (good, random, coins) => toJson({ ...good, inputs: [pick(random, coins)] }),
    (good) => toJson({ ...good, from: good.to, to: good.from }),
    (good) => toJson({ ...good, expiry: 1 }),
    (good) => ({ ...toJson(good), amount: good.amount + 1 }),
    (good) => ({ ...toJson(good), more: 1 }),
    (good, random) => {
      const signers = PEOPLE.slice(0, 3).sort(() => random() - 0.5);
      return transactionToJson(makeSigned(good, signers));
    },
    (good, random) => {
      const signed = toJson(good);
      const at = Math.floor(random() * 3);
      const signatures = signed.signatures.map((text, i) =>
        i === at ? turnBit(text, random) : text,
      );
      return { ...signed, signatures };
    },
    () => null,
    () => [1, 'two'],
  ];

/** A JSON value that somebody could send or put into a block of this height. */
export function randomTransaction(
  random: Random,
  ledger: NaiveLedger,
  height: number,
  earlier: readonly unknown[],
): unknown {
  const kind = random();
  if (kind < 0.15 && earlier.length > 0) return pick(random, earlier);
  if (kind >= 0.7 && kind < 0.8) {
    const merge = goodMerge(random, ledger, height);
    if (merge !== null && random() < 0.6) return toJson(merge);
    if (merge !== null) return pick(random, FORGED_MERGES)(merge, [...ledger.coins.keys()]);
  }
  const payment = kind < 0.8 ? goodPayment(random, ledger, height) : null;
  if (payment === null) {
    const from = pick(random, PEOPLE).account;
    const body: TransactionBody = note(`line ${Math.floor(random() * 30)}`, {
      from,
      expiry: height + 3,
    });
    return toJson(body);
  }
  if (kind < 0.5) return toJson(payment);
  return pick(random, FORGERIES)(payment, random, [...ledger.coins.keys()]);
}

/** A block above this parent with such transactions, or with foreign data. */
export function randomBlock(
  random: Random,
  previous: HashHex,
  ledger: NaiveLedger,
  height: number,
  earlier: unknown[],
): Block {
  const tag = Math.floor(random() * 1e9);
  if (random() < 0.1) return freeBlock(previous, `foreign ${tag}`);
  const transactions = Array.from({ length: Math.floor(random() * 5) }, () =>
    randomTransaction(random, ledger, height, earlier),
  );
  earlier.push(...transactions);
  return minedBlock(previous, pick(random, PEOPLE).account, transactions, tag);
}

/** The name by which the same row of a table would be found, if only keys were compared. */
function otherNameOf(name: string): string {
  const bytes = Buffer.from(name.slice(0, 43), 'base64url');
  bytes[31]! ^= 1;
  return `${bytes.toString('base64url')}.${name.endsWith('0') ? 1 : 0}`;
}

/** A bit of r or s; OpenSSL, with which results are compared, knows no recovery byte. */
function turnBit(signature: string, random: Random): string {
  const bytes = Buffer.from(signature, 'base64url');
  bytes[1 + Math.floor(random() * 64)]! ^= 1 << Math.floor(random() * 8);
  return bytes.toString('base64url');
}
