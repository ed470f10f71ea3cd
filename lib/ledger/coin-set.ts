/**
 * The set of unspent outputs, and whose they are: about 60 bytes a coin and 55 an owner (R12).
 *
 * Every operation takes a time that does not depend on how many coins there are; listing an owner's coins takes as long
 * as there are of them.
 */
import { bytesToHex } from '../chain/bytes.ts';
import { HASH_WORDS, writeHashBytes } from '../chain/hash-words.ts';
import type { Account } from './account.ts';
import { coinName, creatorOf, outputOf, readIdWords, writeId, type CoinName } from './coin-name.ts';
import { FIRST_VALUE, KeyedRows, NO_ROW } from './keyed-rows.ts';

export interface Coin {
  readonly name: CoinName;
  readonly owner: Account;
  readonly amount: number;
}

/** Words of a coin: amount (high, low), owner's row, neighbours in the owner's list, which output it is. */
const AMOUNT = FIRST_VALUE;
const OWNER = AMOUNT + 2;
const NEXT = OWNER + 1;
const PREVIOUS = NEXT + 1;
const OUTPUT = PREVIOUS + 1;
const COIN_WORDS = OUTPUT + 1 - FIRST_VALUE;

/** Words of an owner: balance (high, low), the first coin of the list, how many coins. */
const BALANCE = FIRST_VALUE;
const FIRST_COIN = BALANCE + 2;
const COINS = FIRST_COIN + 1;
const OWNER_WORDS = COINS + 1 - FIRST_VALUE;

const ACCOUNT_WORDS = 5;

export class CoinSet {
  readonly #coins = new KeyedRows(COIN_WORDS);
  readonly #owners = new KeyedRows(OWNER_WORDS);
  readonly #key = new Int32Array(HASH_WORDS);
  #total = 0;

  /** Number of unspent coins. */
  get size(): number {
    return this.#coins.size;
  }

  /** What all of them are worth. */
  get total(): number {
    return this.#total;
  }

  find(name: CoinName): Coin | null {
    const row = this.#find(name);
    if (row === NO_ROW) return null;
    return { name, owner: this.#ownerOf(row), amount: this.#coins.readNumber(row, AMOUNT) };
  }

  /** Adds a coin that is not in the set. */
  add({ name, owner, amount }: Coin): void {
    const ownerRow = this.#findOrAddOwner(owner);
    readCoinKey(name, this.#key);
    const { words } = this.#coins;
    const row = this.#coins.add(this.#key);
    this.#coins.writeNumber(row, AMOUNT, amount);
    words.set(row, OWNER, ownerRow);
    words.set(row, OUTPUT, outputOf(name));
    const next = this.#owners.words.get(ownerRow, FIRST_COIN);
    words.set(row, PREVIOUS, NO_ROW);
    words.set(row, NEXT, next);
    if (next !== NO_ROW) words.set(next, PREVIOUS, row);
    this.#owners.words.set(ownerRow, FIRST_COIN, row);
    this.#count(ownerRow, 1, amount);
  }

  /** Takes a coin out that is in the set, and returns what it was. */
  remove(name: CoinName): Coin {
    const row = this.#find(name);
    if (row === NO_ROW) throw new Error(`there is no coin ${name}`);
    const { words } = this.#coins;
    const coin = { name, owner: this.#ownerOf(row), amount: this.#coins.readNumber(row, AMOUNT) };
    const ownerRow = words.get(row, OWNER);
    const next = words.get(row, NEXT);
    const previous = words.get(row, PREVIOUS);
    if (next !== NO_ROW) words.set(next, PREVIOUS, previous);
    if (previous !== NO_ROW) words.set(previous, NEXT, next);
    else this.#owners.words.set(ownerRow, FIRST_COIN, next);
    this.#coins.remove(row);
    this.#count(ownerRow, -1, -coin.amount);
    return coin;
  }

  /** What an account's coins are worth. */
  balance(owner: Account): number {
    const row = this.#findOwner(owner);
    return row === NO_ROW ? 0 : this.#owners.readNumber(row, BALANCE);
  }

  /** How many coins an account has. */
  count(owner: Account): number {
    const row = this.#findOwner(owner);
    return row === NO_ROW ? 0 : this.#owners.words.get(row, COINS);
  }

  /** An account's coins, at most `limit`, those that it got last before the others. */
  coinsOf(owner: Account, limit: number): Coin[] {
    const coins: Coin[] = [];
    const ownerRow = this.#findOwner(owner);
    if (ownerRow === NO_ROW) return coins;
    const { words } = this.#coins;
    let row = this.#owners.words.get(ownerRow, FIRST_COIN);
    for (; row !== NO_ROW && coins.length < limit; row = words.get(row, NEXT)) {
      const output = words.get(row, OUTPUT);
      this.#coins.readKey(row, this.#key);
      this.#key[HASH_WORDS - 1]! ^= output;
      const name = coinName(writeId(this.#key), output);
      coins.push({ name, owner, amount: this.#coins.readNumber(row, AMOUNT) });
    }
    return coins;
  }

  /**
   * The row of a coin. The output has to be compared too: `x.1` has the key of `y.0` where y is x with its last bit
   * changed, and one coin must not go by two names.
   */
  #find(name: CoinName): number {
    readCoinKey(name, this.#key);
    const row = this.#coins.find(this.#key);
    return row !== NO_ROW && this.#coins.words.get(row, OUTPUT) === outputOf(name) ? row : NO_ROW;
  }

  #ownerOf(coinRow: number): Account {
    this.#owners.readKey(this.#coins.words.get(coinRow, OWNER), this.#key);
    return accountOfKey(this.#key);
  }

  #findOwner(account: Account): number {
    readAccountKey(account, this.#key);
    return this.#owners.find(this.#key);
  }

  #findOrAddOwner(account: Account): number {
    const known = this.#findOwner(account);
    if (known !== NO_ROW) return known;
    const row = this.#owners.add(this.#key);
    this.#owners.writeNumber(row, BALANCE, 0);
    this.#owners.words.set(row, FIRST_COIN, NO_ROW);
    this.#owners.words.set(row, COINS, 0);
    return row;
  }

  /** One coin of this worth more or less; an owner without coins is forgotten. */
  #count(ownerRow: number, step: 1 | -1, amount: number): void {
    this.#total += amount;
    const coins = this.#owners.words.get(ownerRow, COINS) + step;
    if (coins === 0) {
      this.#owners.remove(ownerRow);
      return;
    }
    this.#owners.words.set(ownerRow, COINS, coins);
    const balance = this.#owners.readNumber(ownerRow, BALANCE) + amount;
    this.#owners.writeNumber(ownerRow, BALANCE, balance);
  }
}

/**
 * The key of a coin: its creator's id, its last bit turned for the change. Two ids that differ in that bit alone would
 * be nearly a collision of SHA-256.
 */
function readCoinKey(name: CoinName, key: Int32Array): void {
  readIdWords(creatorOf(name), key);
  key[HASH_WORDS - 1]! ^= outputOf(name);
}

/** An account is shorter than a key: zeros fill the middle, so that the last word is one of a hash. */
function readAccountKey(account: Account, key: Int32Array): void {
  key.fill(0);
  for (let i = 0; i < ACCOUNT_WORDS; i++) {
    const word = parseInt(account.slice(8 * i, 8 * i + 8), 16);
    key[i === ACCOUNT_WORDS - 1 ? HASH_WORDS - 1 : i] = word;
  }
}

function accountOfKey(key: Int32Array): Account {
  const bytes = writeHashBytes([...key]);
  const tail = 4 * (HASH_WORDS - 1);
  return bytesToHex(bytes.subarray(0, 4 * (ACCOUNT_WORDS - 1))) + bytesToHex(bytes.subarray(tail));
}
