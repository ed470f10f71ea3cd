/**
 * The messages of each link in their order, where one has to wait until the signatures in it have been checked outside:
 * what comes after it over the same link waits behind it, and other links go on.
 */
import { hashBlock, type Block } from '../chain/block.ts';
import { meetsTarget } from '../chain/target.ts';
import { transactionsIn } from '../ledger/block-entries.ts';
import type { Transaction } from '../ledger/transaction.ts';
import type { Message } from '../net/messages.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import type { RoomNeighbour } from './neighbour.ts';
import type { SignatureDesk } from './signature-desk.ts';
import type { TransactionRelay } from './transaction-relay.ts';

/** Messages of one link that wait, 4 MiB at most. Where more come, none waits any longer. */
export const WAITING_MESSAGES_LIMIT = 64;

const NOTHING: readonly Transaction[] = [];

export class MessageOrder {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #transactions: TransactionRelay;
  readonly #desk: SignatureDesk;
  readonly #handle: (neighbour: RoomNeighbour, message: Message) => void;

  constructor(
    context: PeerContext,
    keeper: ChainKeeper,
    transactions: TransactionRelay,
    desk: SignatureDesk,
    handle: (neighbour: RoomNeighbour, message: Message) => void,
  ) {
    this.#context = context;
    this.#keeper = keeper;
    this.#transactions = transactions;
    this.#desk = desk;
    this.#handle = handle;
  }

  /** A message has come: it is handled now, or when its turn is. */
  take(neighbour: RoomNeighbour, message: Message): void {
    const { waiting } = neighbour;
    // A pong tells how long the way takes, and changes nothing else.
    if (message.type === 'pong' || (waiting.length === 0 && !this.#mustWait(neighbour, message))) {
      this.#handle(neighbour, message);
      return;
    }
    waiting.push(message);
    if (waiting.length > WAITING_MESSAGES_LIMIT) this.release(neighbour);
  }

  /** Handles all that waits: its link is at its end, or brings too much. */
  release(neighbour: RoomNeighbour): void {
    for (let next = this.#next(neighbour); next !== null; next = this.#next(neighbour))
      this.#handle(neighbour, next);
  }

  /** What the first message waited for is there. */
  #goOn(neighbour: RoomNeighbour): void {
    const first = this.#next(neighbour);
    if (first === null) return;
    this.#handle(neighbour, first);
    for (;;) {
      const [message] = neighbour.waiting;
      if (message === undefined || this.#mustWait(neighbour, message)) return;
      const next = this.#next(neighbour);
      if (next === null) return;
      this.#handle(neighbour, next);
    }
  }

  /** The next message in its turn; null where none waits, or its link was closed meanwhile. */
  #next(neighbour: RoomNeighbour): Message | null {
    const { waiting, linkId } = neighbour;
    if (this.#context.neighbours.get(linkId) !== neighbour) waiting.length = 0;
    return waiting.shift() ?? null;
  }

  #mustWait(neighbour: RoomNeighbour, message: Message): boolean {
    if (!this.#desk.isOpen) return false;
    return this.#desk.ask(this.#foresee(neighbour, message), () => this.#goOn(neighbour));
  }

  /** Transactions whose signatures this message will make the ledger look at. */
  #foresee(neighbour: RoomNeighbour, message: Message): readonly Transaction[] {
    if (message.type === 'block') return this.#foreseeBlock(message.block);
    if (message.type !== 'transaction') return NOTHING;
    const transaction = this.#transactions.foresee(neighbour, message.transaction);
    return transaction === null ? NOTHING : [transaction];
  }

  /** Work comes first: nobody shall have signatures checked for nothing. */
  #foreseeBlock(block: Block): readonly Transaction[] {
    const { chain, ledger } = this.#keeper;
    if (chain === null || ledger === null) return NOTHING;
    const transactions = transactionsIn(block.data, ledger.ledger.rules.genesis);
    if (transactions.length === 0) return NOTHING;
    const hash = hashBlock(block);
    const isNew = chain.tree.find(hash) === undefined;
    return isNew && meetsTarget(hash, chain.rules.orphanTarget(chain.tip)) ? transactions : NOTHING;
  }
}
