/**
 * Two-phase commit of a payment between sender, receiver and witness (R13), as one state machine without I/O: the part
 * of one peer, in whichever role. lib/ledger/commit/README.md draws the protocol and says what it guarantees.
 */
import { ACCOUNT, type Account } from '../account.ts';
import type { CoinName } from '../coin-name.ts';
import type { LedgerChange } from '../ledger.ts';
import { AMOUNT_LIMIT, type Payment } from '../transaction.ts';
import { Cohort, type CommitPolicy } from './cohort.ts';
import { isOpen, type PaymentOrder } from './attempt.ts';
import { Coordinator } from './coordinator.ts';
import {
  CommitDesk,
  type CallToken,
  type CommitClocks,
  type CommitLedger,
  type CommitOutput,
  type CommitSigner,
} from './desk.ts';
import { Conflicts, fateOf, isFinal } from './fate.ts';
import { SHOWN_LIMIT } from './limits.ts';
import type { CommitAnswer, CommitRefusal, CommitRequest } from './messages.ts';
import { recordId, type CommitRecord } from './record.ts';
import type { PaymentView } from './view.ts';
import { viewOrder, viewVote } from './views.ts';

export interface CommitmentsOptions {
  readonly ledger: CommitLedger;
  readonly signer: CommitSigner;
  /** From 0 to below 1, for back-off. */
  readonly uniform: () => number;
  /** What this peer agrees with as receiver and witness, beside the rules; with everything where absent. */
  readonly policy?: CommitPolicy;
}

export type PayOutcome =
  | { readonly ok: true; readonly key: string }
  | { readonly ok: false; readonly code: CommitRefusal };

export class Commitments {
  readonly #desk: CommitDesk;
  readonly #conflicts = new Conflicts();
  readonly #coordinator: Coordinator;
  readonly #cohort: Cohort;

  constructor({ ledger, signer, uniform, policy = () => null }: CommitmentsOptions) {
    this.#desk = new CommitDesk(ledger, signer, uniform);
    this.#coordinator = new Coordinator(this.#desk, this.#conflicts);
    this.#cohort = new Cohort(this.#desk, this.#conflicts, policy);
  }

  /** What the store holds of an earlier life, before the chain is followed to its tip. */
  restore(records: readonly CommitRecord[], clocks: CommitClocks): void {
    this.#desk.clocks = clocks;
    for (const record of records) {
      const id = recordId(record, this.#desk.ledger.genesis);
      if (record.role === 'sender') this.#coordinator.restore(id, record);
      else this.#cohort.restore(id, record);
    }
  }

  /** The chain stands where it stood: goes on with, or gives up, what was restored. */
  resume(clocks: CommitClocks): CommitOutput[] {
    return this.#step(clocks, () => {
      this.#coordinator.resume();
      this.#coordinator.tick();
      this.#cohort.tick();
    });
  }

  /** Begins a payment of this peer's account. */
  pay(order: PaymentOrder, clocks: CommitClocks): PayOutcome & { outputs: CommitOutput[] } {
    const code = this.#judgeOrder(order);
    if (code !== null) return { ok: false, code, outputs: [] };
    this.#desk.clocks = clocks;
    const outcome = this.#coordinator.pay(order);
    return { ...outcome, outputs: this.#step(clocks, () => undefined) };
  }

  /** A peer whose link has proved its account asks; the output `answer` with its token follows, at once or later. */
  asked(
    call: CallToken,
    from: Account,
    request: CommitRequest,
    clocks: CommitClocks,
  ): CommitOutput[] {
    return this.#step(clocks, () => {
      if (request.kind === 'inquire' && this.#coordinator.inquired(call, request.id)) return;
      this.#cohort.asked(call, from, request);
    });
  }

  /** The answer to an output `ask`, or null. */
  ended(ticket: number, answer: CommitAnswer | null, clocks: CommitClocks): CommitOutput[] {
    return this.#step(clocks, () => this.#desk.ended(ticket, answer));
  }

  /** The answer to an output `find`. */
  found(ticket: number, found: boolean, clocks: CommitClocks): CommitOutput[] {
    return this.#step(clocks, () => this.#desk.found(ticket, found));
  }

  /** What an output `write` asked for is on the disk, and will be there after any crash. */
  written(ticket: number, clocks: CommitClocks): CommitOutput[] {
    return this.#step(clocks, () => this.#desk.written(ticket));
  }

  /** The tip has moved. What follows from it comes with the next {@link tick}. */
  follow(change: Pick<LedgerChange, 'listed'>): void {
    this.#conflicts.follow(change);
  }

  /** Time has passed, or the tip has moved. */
  tick(clocks: CommitClocks): CommitOutput[] {
    return this.#step(clocks, () => {
      this.#coordinator.tick();
      this.#cohort.tick();
      this.#forgetOldest();
    });
  }

  /** Whether a payment of ours that may still count spends this coin. */
  isLocked(name: CoinName): boolean {
    return this.#coordinator.isLocked(name);
  }

  /** Coins that payments under way lock here: as sender, or by a vote. */
  lockedCoins(): ReadonlySet<CoinName> {
    const locked = new Set<CoinName>();
    for (const { phase, body } of this.#coordinator.attempts)
      if (phase !== 'aborted') for (const name of body.inputs) locked.add(name);
    for (const { phase, body } of this.#cohort.watched)
      if (phase !== 'aborted') for (const name of body.inputs) locked.add(name);
    return locked;
  }

  /** Payments as this peer sees them, the oldest first. */
  views(): PaymentView[] {
    const fate = (id: string, body: Payment) =>
      fateOf(id, body, this.#desk.ledger, this.#conflicts);
    const { account } = this.#desk.signer;
    return [
      ...[...this.#coordinator.orders].map((order) => viewOrder(order, account, fate)),
      ...[...this.#cohort.votes].map((vote) => viewVote(vote, fate)),
    ].sort((a, b) => a.startedMs - b.startedMs);
  }

  #step(clocks: CommitClocks, act: () => void): CommitOutput[] {
    this.#desk.clocks = clocks;
    act();
    return this.#desk.takeOutputs();
  }

  #judgeOrder({ to, witness, amount }: PaymentOrder): CommitRefusal | null {
    const { account } = this.#desk.signer;
    if (!ACCOUNT.test(to)) return 'bad-to';
    if (!ACCOUNT.test(witness)) return 'bad-witness';
    if (to === witness || to === account || witness === account) return 'same-party';
    if (!Number.isInteger(amount) || amount < 1 || amount > AMOUNT_LIMIT) return 'bad-amount';
    return null;
  }

  /** What is over stays to be shown, as far as there is room. */
  #forgetOldest(): void {
    const isOver = (id: string, body: Payment) =>
      isFinal(fateOf(id, body, this.#desk.ledger, this.#conflicts));
    const orders = [...this.#coordinator.orders].filter(
      (order) =>
        !isOpen(order) &&
        (order.attempt?.phase !== 'committed' || isOver(order.attempt.id, order.attempt.body)),
    );
    for (const { key } of orders.slice(0, -SHOWN_LIMIT)) this.#coordinator.forget(key);
    const votes = [...this.#cohort.votes].filter(
      ({ id, phase, body }) => phase === 'aborted' || isOver(id, body),
    );
    for (const { id } of votes.slice(0, -SHOWN_LIMIT)) this.#cohort.forget(id);
    this.#conflicts.retain(this.#bodies());
  }

  *#bodies(): Generator<Payment> {
    for (const { body } of this.#coordinator.attempts) yield body;
    for (const { attempt } of this.#coordinator.orders) if (attempt !== null) yield attempt.body;
    for (const { body } of this.#cohort.votes) yield body;
  }
}
