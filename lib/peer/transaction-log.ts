/**
 * Transactions as people look at them: the newest of the room and of one's own account, each with what became of it, and
 * attempts to spend a coin twice (R12, R16).
 */
import type { MempoolCode, TransactionCode } from '../chain/codes.ts';
import type { Account } from '../ledger/account.ts';
import type { Ledger, LedgerChange } from '../ledger/ledger.ts';
import type { Mempool } from '../ledger/mempool.ts';
import { partiesOf, type Transaction, type TransactionId } from '../ledger/transaction.ts';
import type { TransactionView } from './snapshot.ts';

/** Of the room, and as many again of one's own, so that nobody's flood hides those. */
export const LOGGED_LIMIT = 100;

type Reason = TransactionCode | MempoolCode;

interface Logged {
  readonly transaction: Transaction;
  readonly isOwn: boolean;
  /** Why it was refused or dropped the last time; null where it was not. */
  code: Reason | null;
  /** The transaction that has its coin. */
  conflict: TransactionId | null;
  /** Of the chain when that was. */
  height: number;
}

export class TransactionLog {
  readonly #self: Account;
  readonly #ledger: Ledger;
  readonly #mempool: Mempool;
  /** The oldest first. */
  readonly #room = new Map<TransactionId, Logged>();
  readonly #own = new Map<TransactionId, Logged>();

  constructor(self: Account, ledger: Ledger, mempool: Mempool) {
    this.#self = self;
    this.#ledger = ledger;
    this.#mempool = mempool;
  }

  /** It waits, or a block lists it. */
  note(transaction: Transaction): void {
    const known = this.#find(transaction.id);
    if (known === undefined) this.#add(transaction, null, null);
    else known.code = null;
  }

  /** It was refused or dropped, though it is signed by its parties. */
  refused(transaction: Transaction, code: Reason, conflict: TransactionId | null = null): void {
    const known = this.#find(transaction.id) ?? this.#add(transaction, code, conflict);
    Object.assign(known, { code, conflict, height: this.#ledger.height });
  }

  /** It waited, and is gone. */
  dropped(id: TransactionId, code: Reason): void {
    const known = this.#find(id);
    if (known !== undefined) Object.assign(known, { code, height: this.#ledger.height });
  }

  follow({ listed }: Pick<LedgerChange, 'listed'>): void {
    for (const transaction of listed) this.note(transaction);
  }

  /** What is logged: what waits, then the highest first. */
  views(): TransactionView[] {
    return [...this.#own.values(), ...this.#room.values()]
      .map((logged) => ({ view: this.#view(logged), logged }))
      .sort((a, b) => placeOf(b) - placeOf(a))
      .slice(0, LOGGED_LIMIT)
      .map(({ view }) => view);
  }

  #find(id: TransactionId): Logged | undefined {
    return this.#own.get(id) ?? this.#room.get(id);
  }

  #add(transaction: Transaction, code: Reason | null, conflict: TransactionId | null): Logged {
    const isOwn = partiesOf(transaction.body).includes(this.#self);
    const list = isOwn ? this.#own : this.#room;
    if (list.size >= LOGGED_LIMIT) list.delete(list.keys().next().value!);
    const logged = { transaction, isOwn, code, conflict, height: this.#ledger.height };
    list.set(transaction.id, logged);
    return logged;
  }

  #view({ transaction, isOwn, code, conflict }: Logged): TransactionView {
    const { id, body } = transaction;
    const state = this.#ledger.stateOf(id);
    if (state.kind === 'listed') return { id, body, isOwn, state };
    if (this.#mempool.get(id) !== null) return { id, body, isOwn, state: { kind: 'waiting' } };
    const reason = state.kind === 'void' ? state.code : (code ?? 'unknown-input');
    return { id, body, isOwn, state: { kind: 'void', code: reason, conflict } };
  }
}

function placeOf({ view, logged }: { view: TransactionView; logged: Logged }): number {
  switch (view.state.kind) {
    case 'waiting':
      return Number.MAX_SAFE_INTEGER;
    case 'listed':
      return view.state.height;
    case 'void':
      return logged.height;
  }
}
