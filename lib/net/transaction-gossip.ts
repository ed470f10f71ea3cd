/**
 * How a transaction spreads (R12, R14): its signer's peer pushes it whole, everyone else tells its id to neighbours that
 * are not known to have it, and those who lack it ask. Whoever asks sets the pace, so that checking signatures is bounded
 * and yet nothing is lost: what a neighbour told of waits until it is its turn.
 */
import type { TransactionId } from '../ledger/transaction.ts';
import { Gossip, type Send } from './gossip.ts';
import { HASHES_LIMIT, type Message } from './messages.ts';

/** Ids that one neighbour told of and that wait to be asked for: a full mempool. Further ones are passed over. */
export const WANTED_LIMIT = 2_048;
/** How long an answer may take, and the first wait before a transaction that could not be judged yet is asked for again. */
export const RETRY_MS = 2_000;
/** A transaction is asked of one neighbour so often, each time after twice as long: for two minutes in all. */
export const TRIES_LIMIT = 6;

interface Wanted {
  tries: number;
  dueMs: number;
  /** Whether the answer is awaited. */
  isAsked: boolean;
}

export class TransactionGossip {
  readonly #gossip = new Gossip((ids) => ({ type: 'transaction-inventory', ids }));
  /** By link. */
  readonly #wanted = new Map<string, Map<TransactionId, Wanted>>();
  /** Until when an answer from any neighbour is awaited. */
  readonly #awaited = new Map<TransactionId, number>();

  addLink(linkId: string): void {
    this.#gossip.addLink(linkId);
    this.#wanted.set(linkId, new Map());
  }

  dropLink(linkId: string): void {
    this.#gossip.dropLink(linkId);
    for (const [id, { isAsked }] of this.#wanted.get(linkId) ?? [])
      if (isAsked) this.#awaited.delete(id);
    this.#wanted.delete(linkId);
  }

  /** There is another chain: nothing that was asked for is of use. */
  clear(): void {
    for (const wanted of this.#wanted.values()) wanted.clear();
    this.#awaited.clear();
  }

  /** The neighbour has this transaction, as it showed by sending or asking. */
  markKnown(linkId: string, id: TransactionId): void {
    this.#gossip.markKnown(linkId, id);
  }

  /** Spreads transactions that are newly kept. `whole`: we are their first source in the room. */
  spread(
    transactions: readonly { id: TransactionId; message: Message }[],
    whole: boolean,
    links: Iterable<string>,
    send: Send,
  ): void {
    const news = transactions.map(({ id, message }) => ({ hash: id, message }));
    this.#gossip.spread(news, whole, links, send);
  }

  /** A neighbour tells of transactions; {@link ask} asks for those that we lack. */
  announced(linkId: string, ids: readonly TransactionId[], lacks: Lacks): void {
    for (const id of ids) {
      this.#gossip.markKnown(linkId, id);
      if (lacks(id)) this.#want(linkId, id, 0);
    }
  }

  /** It came, and is about to be judged: nobody else is asked for it meanwhile. */
  arrived(id: TransactionId, nowMs: number): void {
    this.#awaited.set(id, nowMs + RETRY_MS);
  }

  /** It came, but can't be judged yet: asks for it again later. */
  postponed(linkId: string, id: TransactionId, nowMs: number): void {
    this.#awaited.delete(id);
    const known = this.#wanted.get(linkId)?.get(id);
    if (known !== undefined) known.isAsked = false;
    else this.#want(linkId, id, nowMs + RETRY_MS);
  }

  /** It is kept, or refused for good. */
  settled(id: TransactionId): void {
    this.#awaited.delete(id);
    for (const wanted of this.#wanted.values()) wanted.delete(id);
  }

  /** Whether there is anything to ask this neighbour for. */
  wants(linkId: string): boolean {
    return (this.#wanted.get(linkId)?.size ?? 0) > 0;
  }

  /** Asks a neighbour for what is due, as long as no more than `limit` answers of it are awaited. */
  ask(linkId: string, limit: number, lacks: Lacks, nowMs: number, send: Send): void {
    const wanted = this.#wanted.get(linkId);
    if (wanted === undefined || wanted.size === 0) return;
    let free = Math.min(limit, HASHES_LIMIT);
    for (const { isAsked, dueMs } of wanted.values()) if (isAsked && dueMs > nowMs) free--;
    const ids: TransactionId[] = [];
    for (const [id, entry] of wanted) {
      if (ids.length >= free) break;
      if (entry.dueMs > nowMs || (this.#awaited.get(id) ?? 0) > nowMs) continue;
      if (entry.tries >= TRIES_LIMIT || !lacks(id)) {
        wanted.delete(id);
        continue;
      }
      entry.dueMs = nowMs + RETRY_MS * (1 << entry.tries);
      entry.tries++;
      entry.isAsked = true;
      this.#awaited.set(id, nowMs + RETRY_MS);
      ids.push(id);
    }
    if (ids.length > 0) send(linkId, { type: 'get-transactions', ids });
  }

  tick(nowMs: number): void {
    for (const [id, untilMs] of this.#awaited) if (untilMs <= nowMs) this.#awaited.delete(id);
  }

  #want(linkId: string, id: TransactionId, dueMs: number): void {
    const wanted = this.#wanted.get(linkId);
    if (wanted === undefined || wanted.has(id) || wanted.size >= WANTED_LIMIT) return;
    wanted.set(id, { tries: 0, dueMs, isAsked: false });
  }
}

type Lacks = (id: TransactionId) => boolean;
