/**
 * People of a world who write notes and pay each other, some of them the same coin twice (R12, R16).
 *
 * Who signs does not matter here, so one machine signs for all parties: the simulator knows everybody's key.
 */
import { KEY_SEED_BYTES, makeKeyPair, type Account, type KeyPair } from '../ledger/account.ts';
import type { Coin } from '../ledger/coin-set.ts';
import {
  makeTransaction,
  partiesOf,
  signTransaction,
  transactionId,
  transactionToJson,
  type Transaction,
  type TransactionBody,
} from '../ledger/transaction.ts';
import { Random } from './random.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import { SETTLED_AFTER_MS } from './liveness.ts';
import type { World } from './world.ts';

/** Coins that a payment is chosen among: a world's accounts have few. */
const COINS_LIMIT = 16;
const NOTE_SHARE = 0.4;
/** Of the payments: another one spends the same coin, somewhere else. */
const DOUBLE_SPEND_SHARE = 0.35;
/** So late the second one comes at most: when the first waits, is listed, or is gone with a branch. */
const SECOND_LATE_MS = 30_000;
/** Heights until a payment expires; some do. */
const PAYMENT_LIFE = { least: 2, most: 40 } as const;
/** A note waits for its block as long as it takes. */
const NOTE_LIFE = 100_000;
/** Keeps these draws apart from all else that a seed draws. */
const SEED_OFFSET = 0x7aff1c;

/** A note that everybody must hear of in the end. */
export interface SentNote {
  readonly by: number;
  readonly transaction: Transaction;
}

export class Traffic {
  /** Those that were sent when the world had healed. */
  readonly notes: SentNote[] = [];
  readonly #world: World;
  readonly #random: Random;
  readonly #everyMs: number;
  readonly #people: readonly KeyPair[];
  #isOver = false;
  #count = 0;

  constructor(world: World, everyMs: number) {
    this.#world = world;
    this.#everyMs = everyMs;
    this.#random = new Random(world.options.seed + SEED_OFFSET);
    // A payment has three parties, and a world may have two peers.
    const outsiders = [0, 1].map(() => makeKeyPair(this.#random.bytes(KEY_SEED_BYTES)));
    this.#people = [...world.peers.map(({ spec }) => spec.keys), ...outsiders];
  }

  begin(): void {
    this.#planNext();
  }

  /** What is sent now may not be heard by all before the world ends. */
  end(): void {
    this.#isOver = true;
  }

  #planNext(): void {
    const { queue, nowMs } = this.#world;
    queue.push(nowMs + this.#everyMs * this.#random.exponential(), () => {
      if (this.#isOver) return;
      this.#send();
      this.#planNext();
    });
  }

  #send(): void {
    const member = this.#pickMember();
    const chain = member?.peer?.chain ?? null;
    if (member === null || chain === null) return;
    const { keys } = member.spec;
    const ledger = member.peer!.keeper.ledger!.ledger;
    const genesis = chain.tree.genesis.hash;
    const height = chain.tip.height;
    if (this.#random.chance(NOTE_SHARE)) {
      const text = `note ${this.#count++}`;
      const note = this.#sign(
        { kind: 'note', from: keys.account, text, expiry: height + NOTE_LIFE },
        genesis,
      );
      const { isHealed, nowMs, options } = this.#world;
      if (isHealed && nowMs > options.faultsMs + SETTLED_AFTER_MS)
        this.notes.push({ by: member.index, transaction: note });
      this.#submit(member, note);
      return;
    }
    const coins = ledger.coinsOf(keys.account, COINS_LIMIT);
    if (coins.length === 0) return;
    const coin = this.#random.pick(coins);
    this.#submit(member, this.#sign(this.#drawPayment(keys.account, coin, height), genesis));
    if (!this.#random.chance(DOUBLE_SPEND_SHARE)) return;
    const second = this.#sign(this.#drawPayment(keys.account, coin, height), genesis);
    const lateMs = this.#random.pick([0, 50, SECOND_LATE_MS * this.#random.uniform()]);
    this.#world.queue.push(this.#world.nowMs + lateMs, () => {
      const other = this.#pickMember();
      if (other !== null) this.#submit(other, second);
    });
  }

  #drawPayment(from: Account, coin: Coin, height: number): TransactionBody {
    const random = this.#random;
    const others = this.#people.map(({ account }) => account).filter((each) => each !== from);
    const [to, witness] = random.shuffle(others) as [Account, Account];
    const amount = 1 + random.below(coin.amount);
    const life = PAYMENT_LIFE.least + random.below(PAYMENT_LIFE.most);
    return {
      ...{ kind: 'pay', from, to, witness, inputs: [coin.name], amount },
      change: coin.amount - amount,
      expiry: height + life,
    };
  }

  #sign(body: TransactionBody, genesis: string): Transaction {
    const id = transactionId(body, genesis);
    const signatures = partiesOf(body).map((party) =>
      signTransaction(
        id,
        this.#people.find(({ account }) => account === party)!,
      ),
    );
    return makeTransaction(body, signatures, genesis);
  }

  #submit(member: SimulatedPeer, transaction: Transaction): void {
    const { story } = this.#world;
    story.note(member.index, `submits a ${transaction.body.kind} ${transaction.id.slice(0, 8)}`);
    member.take({ kind: 'submit', transaction: transactionToJson(transaction) });
  }

  #pickMember(): SimulatedPeer | null {
    const members = this.#world.peers.filter(({ isUp, isHonest }) => isUp && isHonest);
    return members.length === 0 ? null : this.#random.pick(members);
  }
}
