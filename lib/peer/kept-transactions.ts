/**
 * The account's own transactions until a block holds them for good: they lie in the peer's store, so that neither a
 * restart nor a full mempool loses them (R12, R25). Payments are kept by their own records.
 */
import { readUtf8, writeUtf8 } from '../chain/bytes.ts';
import { CONFIRMATION_DEPTH_BLOCKS, SUBMIT_AGAIN_MS } from '../ledger/commit/limits.ts';
import type { SubmitOutcome } from '../ledger/mempool.ts';
import { decodeTransaction } from '../ledger/transaction-codec.ts';
import {
  TRANSACTION_LIMIT_BYTES,
  transactionToJson,
  type Transaction,
  type TransactionId,
} from '../ledger/transaction.ts';
import type { PeerContext } from './context.ts';
import type { LedgerKeeper } from './ledger-keeper.ts';

/**
 * Records of 700 bytes at most: more than a person writes before the first of them is buried. Beyond, the oldest is
 * kept no longer, though it goes on waiting: it is the next that a block takes.
 */
export const KEPT_LIMIT = 128;

interface Kept {
  readonly transaction: Transaction;
  /** When it is handed in again where it waits nowhere. */
  submitMs: number;
}

export class KeptTransactions {
  readonly #context: PeerContext;
  readonly #submit: (transaction: Transaction) => SubmitOutcome | null;
  /** The oldest first. */
  readonly #kept = new Map<TransactionId, Kept>();
  #ledger: LedgerKeeper | null = null;

  /** @param submit takes a transaction to the mempool and to the room */
  constructor(context: PeerContext, submit: (transaction: Transaction) => SubmitOutcome | null) {
    this.#context = context;
    this.#submit = submit;
  }

  /** There is a ledger now, at its genesis block. `records` are those of its transactions in the store. */
  opened(ledger: LedgerKeeper, records: readonly Uint8Array[]): void {
    this.#ledger = ledger;
    this.#kept.clear();
    const { genesis } = ledger.ledger.rules;
    const read = records.map((bytes) => readRecord(bytes, genesis)).filter((each) => each !== null);
    // A store returns them in no order that tells; what was written first expires first.
    read.sort((a, b) => a.body.expiry - b.body.expiry);
    for (const transaction of read) this.#kept.set(transaction.id, { transaction, submitMs: 0 });
  }

  /** The chain of the ledger is as far as the store had it: what no block holds waits again, or is shown as void. */
  resume(): void {
    for (const { transaction } of this.#kept.values()) {
      if (this.#ledger!.ledger.isListed(transaction.id)) continue;
      const outcome = this.#submit(transaction);
      if (outcome?.kind !== 'refused') continue;
      // The disk has spoilt it: nobody has signed this.
      if (outcome.code === 'wrong-signature') this.#forget(transaction.id);
      else this.#ledger!.log.refused(transaction, outcome.code, outcome.conflict);
    }
  }

  /** A transaction that the mempool has just taken from the user. */
  keep(transaction: Transaction): void {
    const { id, body } = transaction;
    if (body.from !== this.#context.options.keys.account) return;
    const { nowMs } = this.#context;
    this.#kept.set(id, { transaction, submitMs: nowMs + SUBMIT_AGAIN_MS });
    this.#persist(id, writeUtf8(JSON.stringify(transactionToJson(transaction))));
    if (this.#kept.size > KEPT_LIMIT) this.#forget(this.#kept.keys().next().value!);
  }

  /** Hands in again what waits nowhere, and forgets what the chain has made final. */
  tick(): void {
    const { nowMs } = this.#context;
    for (const [id, kept] of this.#kept) {
      const { ledger, mempool } = this.#ledger!;
      const { transaction, submitMs } = kept;
      const state = ledger.stateOf(id);
      const isFinal =
        state.kind === 'listed'
          ? state.confirmations >= CONFIRMATION_DEPTH_BLOCKS
          : ledger.height >= transaction.body.expiry + CONFIRMATION_DEPTH_BLOCKS;
      if (isFinal) this.#forget(id);
      else if (state.kind !== 'listed' && submitMs <= nowMs) {
        kept.submitMs = nowMs + SUBMIT_AGAIN_MS;
        if (mempool.get(id) === null) this.#submit(transaction);
      }
    }
  }

  #forget(id: TransactionId): void {
    this.#kept.delete(id);
    this.#persist(id, null);
  }

  #persist(id: TransactionId, bytes: Uint8Array | null): void {
    this.#context.outputs.push({ kind: 'persist', record: { kind: 'transaction', id, bytes } });
  }
}

/** The transaction in these bytes, or null where they are none. */
function readRecord(bytes: Uint8Array, genesis: string): Transaction | null {
  const text = bytes.length > TRANSACTION_LIMIT_BYTES ? null : readUtf8(bytes);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const decoded = decodeTransaction(value, genesis);
  return decoded.ok ? decoded.transaction : null;
}
