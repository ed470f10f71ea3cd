/**
 * Sees every step of every node, as the tasks and the nodes' logs need it (R14, R18).
 */
import type { HashHex } from '../../chain/bytes.ts';
import type { Account } from '../../ledger/account.ts';
import type { PaymentView } from '../../ledger/commit/view.ts';
import type { SubmitOutcome } from '../../ledger/mempool.ts';
import { decodeTransaction } from '../../ledger/transaction-codec.ts';
import type { TransactionId } from '../../ledger/transaction.ts';
import { decodeMessage, type Message } from '../../net/messages.ts';
import type { PeerInput, PeerOutput } from '../../peer/inputs.ts';
import { describeEvent } from '../event-text.ts';

/** Where a message's kind begins: `{"type":"transaction…`, `{"type":"get-transactions…`. */
const TYPE_AT = 9;
const LETTER = { g: 0x67, t: 0x74 } as const;

/** How one transaction went through the room. */
export interface Spread {
  /** Messages that told of it or carried it. */
  messages: number;
  lastMs: number;
  /** Nodes that told others of it, and in how many steps each did. */
  readonly forwards: Map<number, number>;
  /** Times that a node told of it over a link on which it had been told of already, by either side. */
  repeats: number;
}

export class Observer {
  /** What each node knows of its payments, by the transaction. */
  readonly payments = new Map<number, Map<string, PaymentView>>();
  readonly submitted = new Map<number, SubmitOutcome | null>();
  readonly lookedUp = new Map<number, Map<Account, boolean>>();
  readonly refusedPayments: string[] = [];
  /** Of the room: ids are good for one only. Empty until it is known. */
  genesis: HashHex = '';
  readonly #spreads = new Map<TransactionId, Spread>();
  /** By node, link and transaction: what was told of over the link, by either side, and what was asked for there. */
  readonly #told = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #log: (index: number, line: string) => void;

  /** @param log takes a line for the log of a node */
  constructor(log: (index: number, line: string) => void) {
    this.#log = log;
  }

  spreadOf(id: TransactionId): Spread {
    let spread = this.#spreads.get(id);
    if (spread === undefined) {
      spread = { messages: 0, lastMs: 0, forwards: new Map(), repeats: 0 };
      this.#spreads.set(id, spread);
    }
    return spread;
  }

  readonly watch = (
    index: number,
    nowMs: number,
    input: PeerInput,
    outputs: readonly PeerOutput[],
  ): void => {
    if (input.kind === 'received') this.#hears(index, input.linkId, input.bytes);
    const told = new Set<TransactionId>();
    for (const output of outputs) {
      if (output.kind === 'send') this.#sends(index, nowMs, output.linkId, output.bytes, told);
      if (output.kind === 'looked-up') {
        const { account, record } = output;
        const known = this.lookedUp.get(index) ?? new Map<Account, boolean>();
        known.set(account, record !== null || known.get(account) === true);
        this.lookedUp.set(index, known);
        this.#log(index, `${record === null ? 'does not find' : 'finds'} the node ${account}`);
      }
      if (output.kind === 'event') this.#tells(index, output.event);
    }
    for (const id of told) {
      const { forwards } = this.spreadOf(id);
      forwards.set(index, (forwards.get(index) ?? 0) + 1);
      this.#log(index, `passes the transaction ${id} on`);
    }
  };

  #tells(index: number, event: (PeerOutput & { kind: 'event' })['event']): void {
    this.#log(index, describeEvent(event));
    if (event.kind === 'submitted') this.submitted.set(index, event.outcome);
    if (event.kind === 'payment-refused') this.refusedPayments.push(event.code);
    if (event.kind !== 'payment') return;
    const known = this.payments.get(index) ?? new Map<string, PaymentView>();
    known.set(event.payment.key, event.payment);
    this.payments.set(index, known);
  }

  #hears(index: number, linkId: string, bytes: Uint8Array): void {
    const message = readWatched(bytes);
    for (const id of this.#idsOf(message))
      (message?.type === 'get-transactions' ? this.#asked : this.#told).add(
        `${index} ${linkId} ${id}`,
      );
  }

  #sends(
    index: number,
    nowMs: number,
    linkId: string,
    bytes: Uint8Array,
    told: Set<TransactionId>,
  ): void {
    const message = readWatched(bytes);
    for (const id of this.#idsOf(message)) {
      const spread = this.spreadOf(id);
      spread.messages++;
      spread.lastMs = nowMs;
      const key = `${index} ${linkId} ${id}`;
      // Asking, and answering who asked, passes nothing on.
      if (message?.type === 'get-transactions' || this.#asked.delete(key)) continue;
      if (this.#told.has(key)) spread.repeats++;
      this.#told.add(key);
      told.add(id);
    }
  }

  /** The transactions that a message names or carries. */
  #idsOf(message: Watched | null): readonly TransactionId[] {
    if (message === null) return [];
    if (message.type !== 'transaction') return message.ids;
    const decoded = decodeTransaction(message.transaction, this.genesis);
    return decoded.ok ? [decoded.transaction.id] : [];
  }
}

type Watched = Extract<
  Message,
  { type: 'transaction' | 'transaction-inventory' | 'get-transactions' }
>;

function readWatched(bytes: Uint8Array): Watched | null {
  if (bytes[TYPE_AT] !== LETTER.t && bytes[TYPE_AT] !== LETTER.g) return null;
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return null;
  const { message } = decoded;
  switch (message.type) {
    case 'transaction':
    case 'transaction-inventory':
    case 'get-transactions':
      return message;
    default:
      return null;
  }
}
