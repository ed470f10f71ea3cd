/**
 * The peer's part in the gossip of transactions (R12, R14): each is verified before it is kept or passed on, and the
 * signatures that one neighbour can have us check are bounded.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { MempoolCode, MessageCode, TransactionCode } from '../chain/codes.ts';
import { transactionToJson, type Transaction, type TransactionId } from '../ledger/transaction.ts';
import { KnownSet } from '../net/known-set.ts';
import type { Message } from '../net/messages.ts';
import { SERVING_COST } from '../net/serving.ts';
import { TransactionGossip } from '../net/transaction-gossip.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import type { LedgerKeeper } from './ledger-keeper.ts';
import type { RoomNeighbour } from './neighbour.ts';

/** Signatures of a payment: what asking for one transaction may cost. */
const CHECKS_EACH = 3;

type Fault = TransactionCode | MempoolCode;

/** What no chain makes good: an honest peer has seen it, and passes such a transaction on to nobody. */
const DAMNING: ReadonlySet<Fault> = new Set<Fault>([
  'wrong-signature',
  'foreign-input',
  'wrong-sum',
]);
/** What may be different in a moment: what it builds on is on its way, or the neighbour has used up its budget. */
const PASSING: ReadonlySet<Fault> = new Set<Fault>(['unknown-input', 'too-many-checks']);

export class TransactionRelay {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #gossip = new TransactionGossip();
  /** Refused where the tip stands: not asked for again until it moves. */
  #refused = new KnownSet();
  /** Of the chain that all this is about. */
  #genesis: HashHex | null = null;

  constructor(context: PeerContext, keeper: ChainKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  addLink(linkId: string): void {
    this.#gossip.addLink(linkId);
  }

  dropLink(linkId: string): void {
    this.#gossip.dropLink(linkId);
  }

  /** The chain may be a new one; who is on it is offered what waits. */
  founded(): void {
    const { genesis } = this.#keeper.status();
    if (genesis === this.#genesis) return;
    this.#genesis = genesis;
    this.#gossip.clear();
    this.tipMoved([]);
    for (const neighbour of this.#context.greeted()) this.offer(neighbour);
  }

  /** Offers a neighbour, once it is on our chain, what waits here: one time for each link. */
  offer(neighbour: RoomNeighbour): void {
    const ledger = this.#sharedLedger(neighbour);
    if (ledger === null || neighbour.offeredGenesis === this.#genesis) return;
    neighbour.offeredGenesis = this.#genesis;
    this.#announce([...ledger.mempool.inOrder()], false, [neighbour.linkId]);
  }

  /** A transaction of this peer's user is newly kept. */
  submitted(transaction: Transaction): void {
    this.#gossip.settled(transaction.id);
    this.#announce([transaction], true, this.#links());
  }

  /** The tip has moved: these wait again, and whoever was on the other branch may lack them. */
  tipMoved(returned: readonly Transaction[]): void {
    this.#refused = new KnownSet();
    if (returned.length > 0) this.#announce(returned, false, this.#links());
  }

  /** The transaction where a neighbour's message makes us check its signatures: paid for, if so. Else null. */
  foresee(neighbour: RoomNeighbour, value: object): Transaction | null {
    const ledger = this.#sharedLedger(neighbour);
    const transaction = ledger?.mempool.foresee(value) ?? null;
    if (ledger === null || transaction === null) return null;
    const { nowMs } = this.#context;
    if (!neighbour.checks.take(nowMs, ledger.checks.cost(transaction))) return null;
    this.#gossip.arrived(transaction.id, nowMs);
    return transaction;
  }

  /** A neighbour sends a transaction; answers with a code where no honest one would have. */
  received(neighbour: RoomNeighbour, value: object): MessageCode | null {
    const ledger = this.#sharedLedger(neighbour);
    // It may have been on its way while one of us changed to another chain.
    if (ledger === null) return null;
    const { nowMs } = this.#context;
    const { linkId, checks } = neighbour;
    const outcome = ledger.submit(value, { from: linkId, budget: checks, nowMs });
    if (outcome.kind === 'malformed') {
      this.#context.refuse(linkId, outcome.code);
      return 'bad-transaction';
    }
    const id = outcome.kind === 'accepted' ? outcome.transaction.id : outcome.id;
    this.#gossip.markKnown(linkId, id);
    if (outcome.kind === 'refused' && PASSING.has(outcome.code)) {
      this.#gossip.postponed(linkId, id, nowMs);
      return null;
    }
    this.#gossip.settled(id);
    if (outcome.kind === 'accepted') this.#announce([outcome.transaction], false, this.#links());
    if (outcome.kind === 'refused' && outcome.code !== 'already-listed') {
      this.#refused.add(id);
      this.#context.refuse(linkId, outcome.code);
      if (DAMNING.has(outcome.code)) return 'bad-transaction';
    }
    this.#ask(neighbour);
    return null;
  }

  /** A neighbour tells what waits with it. */
  announced(neighbour: RoomNeighbour, ids: readonly TransactionId[]): void {
    this.#gossip.announced(neighbour.linkId, ids, this.#lacks);
    this.#ask(neighbour);
  }

  /** A neighbour asks for what waits here. */
  asked({ linkId, serving, budget }: RoomNeighbour, ids: readonly TransactionId[]): void {
    if (serving.isCongested) return;
    const { nowMs, send } = this.#context;
    for (const id of ids) {
      const transaction = this.#keeper.ledger?.mempool.get(id) ?? null;
      if (transaction === null) continue;
      if (!budget.take(nowMs, SERVING_COST.block)) return;
      this.#gossip.markKnown(linkId, id);
      send(linkId, messageOf(transaction));
    }
  }

  tick(): void {
    this.#gossip.tick(this.#context.nowMs);
    for (const neighbour of this.#context.greeted()) this.#ask(neighbour);
  }

  /** Asks a neighbour for as many as its budget of checks allows. */
  #ask(neighbour: RoomNeighbour): void {
    if (!this.#gossip.wants(neighbour.linkId) || this.#sharedLedger(neighbour) === null) return;
    const { nowMs, send } = this.#context;
    const limit = Math.floor(neighbour.checks.available(nowMs) / CHECKS_EACH);
    this.#gossip.ask(neighbour.linkId, limit, this.#lacks, nowMs, send);
  }

  readonly #lacks = (id: TransactionId): boolean => {
    const { ledger } = this.#keeper;
    if (ledger === null) return true;
    return !this.#refused.has(id) && ledger.mempool.get(id) === null && !ledger.ledger.isListed(id);
  };

  /** The ledger, where the neighbour is on our chain; ids and signatures mean nothing on another one. */
  #sharedLedger(neighbour: RoomNeighbour): LedgerKeeper | null {
    return neighbour.status.genesis === this.#genesis ? this.#keeper.ledger : null;
  }

  *#links(): Generator<string> {
    for (const neighbour of this.#context.greeted())
      if (this.#sharedLedger(neighbour) !== null) yield neighbour.linkId;
  }

  #announce(transactions: readonly Transaction[], whole: boolean, links: Iterable<string>): void {
    const news = transactions.map((transaction) => ({
      id: transaction.id,
      message: messageOf(transaction),
    }));
    this.#gossip.spread(news, whole, links, this.#context.send);
  }
}

function messageOf(transaction: Transaction): Message {
  return { type: 'transaction', transaction: transactionToJson(transaction) };
}
