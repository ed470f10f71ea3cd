/**
 * The sender's part of two-phase commit (R13): it finds the other two, asks for their votes, signs last, and tells them.
 *
 * An attempt that fails before the sender signs is aborted by the sender alone, and its body is never used again. From
 * its signature on, only the chain can void it.
 */
import type { Account } from '../account.ts';
import type { CoinName } from '../coin-name.ts';
import {
  makeTransaction,
  TRANSACTION_LIMIT_BYTES,
  transactionId,
  type Payment,
  type Transaction,
  type TransactionId,
} from '../transaction.ts';
import {
  cohortsOf,
  fullSizeBytes,
  isOpen,
  makeAttempt,
  makeOrder,
  outcomeOf,
  sharesInput,
  type Attempt,
  type Order,
  type PaymentOrder,
} from './attempt.ts';
import type { CallToken, CommitDesk } from './desk.ts';
import { fateOf, isFinal, type Conflicts } from './fate.ts';
import {
  ATTEMPTS_KEPT_LIMIT,
  NAMED_ABORTS_LIMIT,
  ORDERS_LIMIT,
  SUBMIT_AGAIN_MS,
} from './limits.ts';
import type { CommitRefusal } from './messages.ts';
import { tell, tellAll } from './outcome.ts';
import type { SenderRecord } from './record.ts';
import { planRetry } from './retry.ts';

export class Coordinator {
  readonly #desk: CommitDesk;
  readonly #conflicts: Conflicts;
  readonly #orders = new Map<string, Order>();
  readonly #attempts = new Map<TransactionId, Attempt>();
  #nextKey = 1;

  constructor(desk: CommitDesk, conflicts: Conflicts) {
    this.#desk = desk;
    this.#conflicts = conflicts;
  }

  get orders(): Iterable<Order> {
    return this.#orders.values();
  }

  /** Attempts that the chain has not made final. */
  get attempts(): Iterable<Attempt> {
    return this.#attempts.values();
  }

  /** Whether a payment of ours that may still count spends this coin. */
  isLocked(name: CoinName): boolean {
    for (const { phase, body } of this.#attempts.values())
      if (phase !== 'aborted' && body.inputs.includes(name)) return true;
    return false;
  }

  /** Begins a payment, and returns its key; or says why there are too many. */
  pay(order: PaymentOrder): { ok: true; key: string } | { ok: false; code: CommitRefusal } {
    const open = [...this.#orders.values()].filter((known) => isOpen(known)).length;
    if (open >= ORDERS_LIMIT || this.#attempts.size >= ATTEMPTS_KEPT_LIMIT)
      return { ok: false, code: 'too-many-payments' };
    const key = `${this.#desk.clocks.wallMs}.${this.#nextKey++}`;
    const made = this.#addOrder(key, order);
    this.#begin(made);
    return { ok: true, key };
  }

  /** A record of an earlier life. What follows from it begins with {@link resume}. */
  restore(id: TransactionId, record: SenderRecord): void {
    const body = record.phase === 'committed' ? (record.transaction.body as Payment) : record.body;
    const order = this.#addOrder(id, body);
    const attempt = this.#addAttempt(order, id, body);
    attempt.isWritten = true;
    switch (record.phase) {
      case 'begun':
        attempt.phase = 'aborted';
        order.code = 'sender-restarted';
        break;
      case 'voted':
        attempt.phase = 'recording';
        attempt.votes.set(body.to, record.votes[0]).set(body.witness, record.votes[1]);
        break;
      case 'committed':
        this.#setCommitted(attempt, record.transaction);
        attempt.submitMs = this.#desk.nowMs;
    }
  }

  /** The chain is here again: goes on with what was restored. */
  resume(): void {
    for (const attempt of this.#attempts.values()) {
      if (attempt.phase === 'recording') this.#resumeVoted(attempt);
      else tellAll(attempt, this.#desk);
    }
  }

  /** A cohort asks what came of its vote. */
  inquired(call: CallToken, id: TransactionId): boolean {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return false;
    this.#desk.answer(call, outcomeOf(attempt));
    return true;
  }

  tick(): void {
    const { nowMs } = this.#desk;
    for (const attempt of [...this.#attempts.values()]) {
      const isWaiting = attempt.phase === 'opening' || attempt.phase === 'asking';
      if (isWaiting && attempt.deadlineMs <= nowMs)
        this.#abort(attempt, attempt.phase === 'opening' ? 'party-not-found' : 'no-vote');
      for (const [account, dueMs] of attempt.tell)
        if (dueMs <= nowMs) tell(attempt, account, this.#desk);
      this.#settle(attempt);
    }
    for (const order of this.#orders.values())
      if (order.retryMs !== null && order.retryMs <= nowMs) this.#begin(order);
  }

  /** Forgets how these looked. */
  forget(key: string): void {
    this.#orders.delete(key);
  }

  #addOrder(key: string, wanted: PaymentOrder): Order {
    const order = makeOrder(key, wanted, this.#desk.clocks);
    this.#orders.set(key, order);
    this.#desk.changed(key);
    return order;
  }

  #addAttempt(order: Order, id: TransactionId, body: Payment): Attempt {
    const attempt = makeAttempt(order, id, body, this.#desk.nowMs);
    order.attempts++;
    order.attempt = attempt;
    this.#attempts.set(id, attempt);
    this.#conflicts.watch(body);
    return attempt;
  }

  #begin(order: Order): void {
    const desk = this.#desk;
    const { ledger, signer } = desk;
    order.retryMs = null;
    desk.changed(order.key);
    const coins = ledger.chooseCoins(order.amount, (name) => this.isLocked(name));
    if (coins === null || this.#attempts.size >= ATTEMPTS_KEPT_LIMIT) {
      order.code = coins === null ? 'too-few-coins' : 'too-many-payments';
      return;
    }
    const { to, witness, amount } = order;
    const from = signer.account;
    let expiry = ledger.height + ledger.expiryBlocks;
    let body: Payment;
    let id: TransactionId;
    // What was aborted stays aborted: another attempt must be another transaction.
    do {
      body = { kind: 'pay', from, to, witness, ...coins, amount, expiry: expiry++ };
      id = transactionId(body, ledger.genesis);
    } while (this.#attempts.has(id));
    if (fullSizeBytes(body, ledger.genesis) > TRANSACTION_LIMIT_BYTES) {
      order.code = 'transaction-too-large';
      return;
    }
    const attempt = this.#addAttempt(order, id, body);
    desk.write(id, { role: 'sender', phase: 'begun', body }, () => {
      attempt.isWritten = true;
      this.#askWhenReady(attempt);
    });
    for (const account of [to, witness])
      desk.find(account, (found) => {
        if (attempt.phase !== 'opening') return;
        if (!found) return this.#abort(attempt, 'party-not-found');
        attempt.found.add(account);
        this.#askWhenReady(attempt);
      });
  }

  /** Nobody is asked before a restart would know that they may have been. */
  #askWhenReady(attempt: Attempt): void {
    const desk = this.#desk;
    if (attempt.phase !== 'opening' || !attempt.isWritten || attempt.found.size < 2) return;
    attempt.phase = 'asking';
    desk.changed(attempt.order.key);
    const { id, body, deadlineMs } = attempt;
    const aborted = [...this.#attempts.values()]
      .filter((other) => other.phase === 'aborted' && sharesInput(other.body, body))
      .map((other) => other.id)
      .slice(-NAMED_ABORTS_LIMIT);
    for (const account of cohortsOf(body)) {
      const timeoutMs = Math.max(0, deadlineMs - desk.nowMs);
      desk.ask(account, { kind: 'prepare', body, aborted }, timeoutMs, (answer) => {
        if (attempt.phase !== 'asking') return;
        if (answer?.kind === 'vote' && desk.signer.isBy(account, id, answer.signature))
          this.#voted(attempt, account, answer.signature);
        else this.#abort(attempt, answer?.kind === 'refusal' ? answer.code : 'no-vote');
      });
    }
  }

  #voted(attempt: Attempt, account: Account, signature: string): void {
    const { id, body, votes, order } = attempt;
    votes.set(account, signature);
    this.#desk.changed(order.key);
    if (votes.size < 2) return;
    attempt.phase = 'recording';
    const both = [votes.get(body.to)!, votes.get(body.witness)!] as const;
    this.#desk.write(id, { role: 'sender', phase: 'voted', body, votes: both }, () => {
      if (attempt.phase === 'recording') this.#sign(attempt);
    });
  }

  /** Both votes are on the disk. Once the three signatures are too, the payment is committed. */
  #sign(attempt: Attempt): void {
    const desk = this.#desk;
    const { id, body, votes, order } = attempt;
    attempt.phase = 'signing';
    desk.changed(order.key);
    const signatures = [desk.signer.sign(id), votes.get(body.to)!, votes.get(body.witness)!];
    const transaction = makeTransaction(body, signatures, desk.ledger.genesis);
    desk.write(id, { role: 'sender', phase: 'committed', transaction }, () => {
      if (attempt.phase !== 'signing') return;
      this.#setCommitted(attempt, transaction);
      order.committedMs = desk.nowMs;
      desk.submit(transaction);
      tellAll(attempt, this.#desk);
    });
  }

  #setCommitted(attempt: Attempt, transaction: Transaction): void {
    const { body, votes, order } = attempt;
    attempt.phase = 'committed';
    attempt.transaction = transaction;
    attempt.submitMs = this.#desk.nowMs + SUBMIT_AGAIN_MS;
    votes.set(body.to, transaction.signatures[1]!).set(body.witness, transaction.signatures[2]!);
    order.code = null;
    this.#desk.changed(order.key);
  }

  /** The votes were here before a restart, the sender's own signature was not: it is free to sign or not to. */
  #resumeVoted(attempt: Attempt): void {
    const desk = this.#desk;
    const { id, body } = attempt;
    const unsigned = makeTransaction(body, [], desk.ledger.genesis);
    if (desk.ledger.judge(unsigned) === null) return this.#sign(attempt);
    desk.write(id, { role: 'sender', phase: 'begun', body }, () => {
      if (attempt.phase === 'recording') this.#abort(attempt, 'sender-restarted');
    });
  }

  /** Frees the coins at once. The record stays `begun`, so that a restart aborts too. */
  #abort(attempt: Attempt, code: CommitRefusal): void {
    const { order } = attempt;
    const wasAsked = attempt.phase !== 'opening';
    attempt.phase = 'aborted';
    order.code = code;
    this.#desk.changed(order.key);
    if (wasAsked) tellAll(attempt, this.#desk);
    order.retryMs = planRetry(order, code, this.#desk);
  }

  /** Keeps a committed payment waiting for its block, and forgets what the chain has made final. */
  #settle(attempt: Attempt): void {
    const desk = this.#desk;
    const { id, body, transaction } = attempt;
    const fate = fateOf(id, body, desk.ledger, this.#conflicts);
    if (transaction !== null && fate.kind === 'open' && attempt.submitMs <= desk.nowMs) {
      attempt.submitMs = desk.nowMs + SUBMIT_AGAIN_MS;
      if (desk.ledger.waiting(id) === null) desk.submit(transaction);
    }
    if (!isFinal(fate)) return;
    // One that is still being written down is void too: nobody has heard of the sender's signature.
    if (transaction === null && attempt.phase !== 'aborted') {
      attempt.phase = 'aborted';
      attempt.order.code = 'expired';
    }
    this.#attempts.delete(id);
    desk.write(id, null, () => undefined);
    desk.changed(attempt.order.key);
  }
}
