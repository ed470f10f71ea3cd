/** People with keys, what they sign, and blocks that hold it, for tests of the ledger. */
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import type { HashHex } from '../../lib/chain/bytes.ts';
import {
  KEY_SEED_BYTES,
  makeKeyPair,
  type Account,
  type KeyPair,
} from '../../lib/ledger/account.ts';
import { Ledger, type LedgerBlock } from '../../lib/ledger/ledger.ts';
import { SignatureChecks } from '../../lib/ledger/signature-checks.ts';
import {
  makeTransaction,
  partiesOf,
  signTransaction,
  transactionId,
  transactionToJson,
  type Note,
  type Payment,
  type Transaction,
  type TransactionBody,
  type TransactionJson,
} from '../../lib/ledger/transaction.ts';
import { FREE_GENESIS_HASH, freeBlock } from './free-chain.ts';

export const REWARD = 50;

export const PEOPLE: readonly KeyPair[] = Array.from({ length: 6 }, (_, i) =>
  makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(i + 1)),
);
export const [ALICE, BOB, CAROL, DAVE] = PEOPLE as [KeyPair, KeyPair, KeyPair, KeyPair];

/** Signing takes half a millisecond, and random worlds repeat themselves. */
const signed = new Map<string, string>();

export function sign(body: TransactionBody, keys: KeyPair, genesis = FREE_GENESIS_HASH): string {
  const id = transactionId(body, genesis);
  const key = `${id} ${keys.account}`;
  const signature = signed.get(key) ?? signTransaction(id, keys);
  signed.set(key, signature);
  return signature;
}

export function keysOf(account: Account): KeyPair {
  return PEOPLE.find((keys) => keys.account === account)!;
}

/** The transaction, signed by its parties, or by whom the test says. */
export function makeSigned(
  body: TransactionBody,
  signers: readonly KeyPair[] = partiesOf(body).map(keysOf),
  genesis: HashHex = FREE_GENESIS_HASH,
): Transaction {
  const signatures = signers.map((keys) => sign(body, keys, genesis));
  return makeTransaction(body, signatures, genesis);
}

export function toJson(body: TransactionBody): TransactionJson {
  return transactionToJson(makeSigned(body));
}

/** Alice pays Bob, Carol is witness, unless the test says otherwise. */
export function payment(fields: Partial<Payment> & Pick<Payment, 'inputs'>): Payment {
  return {
    kind: 'pay',
    from: ALICE.account,
    to: BOB.account,
    witness: CAROL.account,
    amount: REWARD,
    change: 0,
    expiry: 1_000,
    ...fields,
  };
}

export function note(text: string, fields: Partial<Note> = {}): Note {
  return { kind: 'note', from: ALICE.account, text, expiry: 1_000, ...fields };
}

/** A block whose payload names this miner and holds these values; `tag` tells blocks apart. */
export function minedBlock(
  previous: HashHex,
  miner: Account,
  transactions: readonly unknown[] = [],
  tag = 0,
): Block {
  return freeBlock(previous, JSON.stringify({ tag, miner, transactions }));
}

/** A ledger that is given blocks by hand, one upon the other. */
export class HandLedger {
  readonly checks = new SignatureChecks();
  readonly ledger = new Ledger({ genesis: FREE_GENESIS_HASH, reward: REWARD }, this.checks);
  readonly blocks: LedgerBlock[] = [];

  get tip(): HashHex {
    return this.blocks.at(-1)?.hash ?? FREE_GENESIS_HASH;
  }

  /** The next block, mined by `miner`, without applying it. */
  next(miner: Account, transactions: readonly unknown[] = [], tag = 0): LedgerBlock {
    const block = minedBlock(this.tip, miner, transactions, tag);
    return { hash: hashBlockHex(block), height: this.blocks.length + 1, block };
  }

  /** Applies the next block, and returns it. */
  mine(miner: Account, transactions: readonly unknown[] = [], tag = 0): LedgerBlock {
    const block = this.next(miner, transactions, tag);
    this.ledger.apply(block);
    this.blocks.push(block);
    return block;
  }

  /** Undoes the last block. */
  revert(): LedgerBlock {
    const block = this.blocks.pop()!;
    this.ledger.undo(block);
    return block;
  }
}
