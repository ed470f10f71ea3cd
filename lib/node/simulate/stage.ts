/**
 * What the six tasks have in common (R18): the company, what was seen of it, and how they wait.
 */
import type { Account, KeyPair } from '../../ledger/account.ts';
import type { CoinName } from '../../ledger/coin-name.ts';
import {
  makeTransaction,
  partiesOf,
  signTransaction,
  transactionId,
  transactionToJson,
  type Transaction,
  type TransactionBody,
} from '../../ledger/transaction.ts';
import { SignatureChecks } from '../../ledger/signature-checks.ts';
import { decodeTransaction } from '../../ledger/transaction-codec.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Random } from '../../sim/random.ts';
import type { Company, CompanyNode } from './company.ts';
import type { Crashes } from './crashes.ts';
import { depthOf } from './ledger-view.ts';
import type { Observer } from './observer.ts';

/** Nobody waits for anything longer than this: a task that is not done by then has failed. */
export const TASK_LIMIT_MS = 120_000;
/** A coin of a block so deep is hardly ever lost to a reorganisation. */
export const DEEP_BLOCKS = 3;
/** Blocks that the simulation's own transactions have until they expire. */
const EXPIRY_BLOCKS = 200;

export interface TaskOutcome {
  readonly ok: boolean;
  /** What was computed, and from it whether the task is done. */
  readonly finding: string;
}

export interface StageOptions {
  readonly company: Company;
  readonly observer: Observer;
  readonly crashes: Crashes;
  readonly random: Random;
  /** The first so many nodes search blocks. */
  readonly miners: number;
  readonly tell: (line: string) => void;
}

export class Stage {
  readonly company: Company;
  readonly observer: Observer;
  readonly crashes: Crashes;
  readonly random: Random;
  readonly miners: number;
  readonly tell: (line: string) => void;
  /** The payment of the second task, which the later ones go on with. */
  committed: Transaction | null = null;
  readonly #read = new Map<string, boolean>();

  constructor({ company, observer, crashes, random, miners, tell }: StageOptions) {
    this.company = company;
    this.observer = observer;
    this.crashes = crashes;
    this.random = random;
    this.miners = miners;
    this.tell = tell;
  }

  get nodes(): readonly CompanyNode[] {
    return this.company.nodes;
  }

  get running(): CompanyNode[] {
    return this.nodes.filter(({ peer }) => peer !== null);
  }

  get peers(): Peer[] {
    return this.nodes.map(({ peer }) => peer).filter((peer) => peer !== null);
  }

  /** Goes on until this holds, and says whether it came to that. Who is due crashes and returns meanwhile. */
  until(done: () => boolean, limitMs = TASK_LIMIT_MS): Promise<boolean> {
    return this.company.until(() => {
      this.crashes.run();
      return done();
    }, limitMs);
  }

  /** The node's coins some blocks deep in the chain that nothing spends yet. */
  freeCoins(node: CompanyNode): { readonly name: CoinName; readonly amount: number }[] {
    const { peer } = node;
    const keeper = peer?.keeper.ledger ?? null;
    if (peer === null || keeper === null) return [];
    return keeper.ledger
      .coinsOf(node.keys.account, 100)
      .filter(
        ({ name }) =>
          keeper.mempool.spenderOf(name) === null &&
          peer.payments?.isLocked(name) !== true &&
          depthOf(peer, name) >= DEEP_BLOCKS,
      );
  }

  /** Different running nodes, these left out. */
  pickOthers(count: number, except: readonly CompanyNode[]): CompanyNode[] {
    const others = this.running.filter((node) => !except.includes(node));
    return this.random.shuffle(others).slice(0, count);
  }

  keysOf(account: Account): KeyPair {
    return this.nodes.find(({ keys }) => keys.account === account)!.keys;
  }

  /** The last height of a block for what is signed now. */
  get expiry(): number {
    return Math.max(0, ...this.peers.map(({ chain }) => chain?.tip.height ?? 0)) + EXPIRY_BLOCKS;
  }

  /** Form and signatures, by a reader that has seen nothing else; each transaction is read once. */
  isRight(transaction: Transaction): boolean {
    const key = `${transaction.id} ${transaction.signatures.join(' ')}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const decoded = decodeTransaction(transactionToJson(transaction), this.observer.genesis);
    const isRight = decoded.ok && new SignatureChecks().check(decoded.transaction);
    this.#read.set(key, isRight);
    return isRight;
  }

  /** A transaction with the signatures of all its parties, made without asking any of them. */
  sign(body: TransactionBody): Transaction {
    const { genesis } = this.observer;
    const id = transactionId(body, genesis);
    const signatures = partiesOf(body).map((account) => signTransaction(id, this.keysOf(account)));
    return makeTransaction(body, signatures, genesis);
  }
}
