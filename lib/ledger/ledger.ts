/**
 * The ledger: a state machine that executes the blocks of the best chain in their order (R12, R15, R16, R21).
 *
 * It follows what `chain.accept` says: blocks reverted are undone, blocks connected are applied, each in a time that
 * does not depend on how many coins there are. A transaction that cannot be applied is void: it has no effect and is
 * listed nowhere, and as all peers execute the same blocks, it is void everywhere.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Block } from '../chain/block.ts';
import {
  bigintToBytes,
  bytesToHex,
  concatBytes,
  readHex,
  writeUtf8,
  type HashHex,
} from '../chain/bytes.ts';
import type { TransactionCode } from '../chain/codes.ts';
import { HASH_WORDS, readHashBytes, writeHashBytes } from '../chain/hash-words.ts';
import { WordPages } from '../chain/word-pages.ts';
import type { Account } from './account.ts';
import { readBlockEntries } from './block-entries.ts';
import type { CoinName } from './coin-name.ts';
import type { Coin } from './coin-set.ts';
import { judgeTransaction, type LedgerView } from './judgement.ts';
import { LedgerState } from './ledger-state.ts';
import type { SignatureChecks } from './signature-checks.ts';
import { decodeTransaction } from './transaction-codec.ts';
import { digestOf, inputsOf, type Transaction, type TransactionId } from './transaction.ts';

/** Void transactions of which is known why: what a screen can show. The oldest leave first. */
export const VOID_MEMORY_LIMIT = 1_000;

const PURPOSE = 'tabchain ledger 1';
const NUMBER_BYTES = 8;

/** What the genesis block sets for the ledger. */
export interface LedgerRules {
  readonly genesis: HashHex;
  /** Coins that a block creates for the account that its data names. */
  readonly reward: number;
}

/** What the ledger needs of a block in the tree. */
export interface LedgerBlock {
  readonly hash: HashHex;
  readonly height: number;
  readonly block: Pick<Block, 'data' | 'previousHash'>;
}

export interface VoidTransaction {
  readonly transaction: Transaction;
  readonly code: TransactionCode;
}

/** What a change of the tip did to the list of transactions. */
export interface LedgerChange {
  /** Of the blocks that were reverted, the oldest first. Some may be in `listed` too. */
  readonly unlisted: readonly Transaction[];
  /** Of the blocks that were connected, the oldest first. */
  readonly listed: readonly Transaction[];
  /** Without effect in the blocks that were connected. */
  readonly voided: readonly VoidTransaction[];
}

export type TransactionState =
  | { readonly kind: 'listed'; readonly height: number; readonly confirmations: number }
  /** A block of this height holds it, without effect. A later one may still list it. */
  | { readonly kind: 'void'; readonly height: number; readonly code: TransactionCode }
  | { readonly kind: 'unknown' };

export class Ledger implements LedgerView {
  readonly rules: LedgerRules;
  readonly #state = new LedgerState();
  readonly #checks: SignatureChecks;
  /**
   * What it takes to undo a block, by height, where it lists anything: of each transaction that it lists the place in
   * the block's data, then the worth of each input. The rest is in the block.
   */
  readonly #effects = new Map<number, readonly number[]>();
  readonly #voids = new Map<TransactionId, { height: number; code: TransactionCode }>();
  /** By height. */
  readonly #hashes = new WordPages(HASH_WORDS);
  #tip: HashHex;
  #height = 0;

  constructor(rules: LedgerRules, checks: SignatureChecks) {
    this.rules = rules;
    this.#checks = checks;
    this.#tip = rules.genesis;
    this.#writeHash(0, sha256(writeUtf8(`${PURPOSE}\n${rules.genesis}\n${rules.reward}`)));
  }

  /** The height of the last block that was applied. */
  get height(): number {
    return this.#height;
  }

  /** The hash of the last block that was applied, or of the genesis block. */
  get tip(): HashHex {
    return this.#tip;
  }

  /** All coins there are: as many as rewards have made. */
  get supply(): number {
    return this.#state.coins.total;
  }

  /** How many unspent coins there are. */
  get coinCount(): number {
    return this.#state.coins.size;
  }

  /**
   * A hash of all effects up to a height, in their order; null above the tip. It is the SHA-256 of the one before, the
   * reward and its owner, and of each listed transaction the id and what its inputs were worth. As SHA-256 has no
   * known collisions, equal hashes mean equal lists in equal order and equal coins. It follows from the blocks alone,
   * whatever the order in which they came.
   */
  hashAt(height: number): HashHex | null {
    return height > this.#height ? null : bytesToHex(this.#readHash(height));
  }

  balance(account: Account): number {
    return this.#state.coins.balance(account);
  }

  /** An account's unspent coins, at most `limit` of them. */
  coinsOf(account: Account, limit: number): Coin[] {
    return this.#state.coins.coinsOf(account, limit);
  }

  coin(name: CoinName): Coin | null {
    return this.#state.coin(name);
  }

  isListed(id: TransactionId): boolean {
    return this.#state.isListed(id);
  }

  hasMade(creator: string): boolean {
    return this.#state.hasMade(creator);
  }

  /** Where a transaction stands on the chain. Whether it waits is for the mempool to say. */
  stateOf(id: TransactionId): TransactionState {
    const height = this.#state.heightOf(id);
    if (height !== null)
      return { kind: 'listed', height, confirmations: this.#height - height + 1 };
    const known = this.#voids.get(id);
    return known === undefined ? { kind: 'unknown' } : { kind: 'void', ...known };
  }

  /** Follows the best chain: `reverted` tip first, `connected` lowest first, as the chain's outcome lists them. */
  follow(reverted: readonly LedgerBlock[], connected: readonly LedgerBlock[]): LedgerChange {
    const unlisted = reverted.map((block) => this.undo(block));
    const applied = connected.map((block) => this.apply(block));
    return {
      unlisted: unlisted.reverse().flat(),
      listed: applied.flatMap(({ listed }) => listed),
      voided: applied.flatMap(({ voided }) => voided),
    };
  }

  /** Executes the block above the last one. */
  apply({ hash, height, block }: LedgerBlock): Omit<LedgerChange, 'unlisted'> {
    if (height !== this.#height + 1 || bytesToHex(block.previousHash) !== this.#tip)
      throw new Error(`block ${hash} is not the one above ${this.#tip}`);
    const { genesis, reward } = this.rules;
    const listed: Transaction[] = [];
    const voided: VoidTransaction[] = [];
    const effects: number[] = [];
    const hashed: Uint8Array[] = [this.#readHash(height - 1)];
    const entries = readBlockEntries(block.data);
    if (entries !== null) {
      this.#state.pay(hash, entries.miner, reward);
      hashed.push(numberToBytes(reward), readHex(entries.miner)!);
    }
    entries?.transactions.forEach((value, place) => {
      const decoded = decodeTransaction(value, genesis);
      if (!decoded.ok) return;
      const { transaction } = decoded;
      const code = this.#judge(transaction, height);
      if (code !== null) {
        voided.push({ transaction, code });
        return;
      }
      const worths = this.#state.execute(transaction, height);
      listed.push(transaction);
      effects.push(place, ...worths);
      hashed.push(digestOf(transaction.id), ...worths.map(numberToBytes));
    });
    if (effects.length > 0) this.#effects.set(height, effects);
    for (const { transaction, code } of voided) this.#rememberVoid(transaction.id, height, code);
    this.#writeHash(height, sha256(concatBytes(...hashed)));
    this.#tip = hash;
    this.#height = height;
    return { listed, voided };
  }

  /** Takes the last block back, and returns the transactions that it had listed, in their order. */
  undo({ hash, height, block }: LedgerBlock): Transaction[] {
    if (hash !== this.#tip) throw new Error(`block ${hash} is not the last one`);
    const { genesis, reward } = this.rules;
    const entries = readBlockEntries(block.data);
    const effects = this.#effects.get(height) ?? [];
    const unlisted: { transaction: Transaction; worths: readonly number[] }[] = [];
    for (let at = 0; at < effects.length;) {
      const decoded = decodeTransaction(entries!.transactions[effects[at]!], genesis);
      if (!decoded.ok) throw new Error('a listed transaction can no longer be read');
      const { transaction } = decoded;
      const end = at + 1 + inputsOf(transaction.body).length;
      unlisted.push({ transaction, worths: effects.slice(at + 1, end) });
      at = end;
    }
    for (let i = unlisted.length - 1; i >= 0; i--)
      this.#state.takeBack(unlisted[i]!.transaction, unlisted[i]!.worths);
    if (entries !== null) this.#state.takeRewardBack(hash, reward);
    this.#effects.delete(height);
    for (const [id, known] of this.#voids) if (known.height === height) this.#voids.delete(id);
    this.#tip = bytesToHex(block.previousHash);
    this.#height = height - 1;
    return unlisted.map(({ transaction }) => transaction);
  }

  /** Signatures last: they cost a thousand times as much as all the rest. */
  #judge(transaction: Transaction, height: number): TransactionCode | null {
    const code = judgeTransaction(transaction, height, this.#state);
    return code ?? (this.#checks.check(transaction) ? null : 'wrong-signature');
  }

  #rememberVoid(id: TransactionId, height: number, code: TransactionCode): void {
    this.#voids.delete(id);
    if (this.#voids.size >= VOID_MEMORY_LIMIT) {
      const [oldest] = this.#voids.keys();
      this.#voids.delete(oldest!);
    }
    this.#voids.set(id, { height, code });
  }

  #readHash(height: number): Uint8Array {
    return writeHashBytes(
      Array.from({ length: HASH_WORDS }, (_, word) => this.#hashes.get(height, word)),
    );
  }

  #writeHash(height: number, hash: Uint8Array): void {
    const words = new Int32Array(HASH_WORDS);
    readHashBytes(hash, words);
    this.#hashes.reserve(height + 1);
    words.forEach((value, word) => this.#hashes.set(height, word, value));
  }
}

function numberToBytes(value: number): Uint8Array {
  return bigintToBytes(BigInt(value), NUMBER_BYTES);
}
