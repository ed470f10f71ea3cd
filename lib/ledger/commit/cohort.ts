/**
 * A cohort's part of two-phase commit (R13), that of the receiver or the witness: it votes by signing, and then waits
 * for the sender or the chain. It never decides alone.
 */
import type { Account } from '../account.ts';
import {
  makeTransaction,
  partiesOf,
  TRANSACTION_LIMIT_BYTES,
  type Payment,
  type Transaction,
  type TransactionId,
} from '../transaction.ts';
import { fullSizeBytes } from './attempt.ts';
import type { CallToken, CommitDesk } from './desk.ts';
import { fateOf, isFinal, type Conflicts } from './fate.ts';
import {
  EXPIRY_TOLERANCE_FACTOR,
  INQUIRE_ANSWER_MS,
  INQUIRE_FIRST_MS,
  INQUIRE_LIMIT_MS,
  SUBMIT_AGAIN_MS,
  VOTES_LIMIT,
  VOTES_PER_SENDER_LIMIT,
} from './limits.ts';
import type { CommitAnswer, CommitRefusal, CommitRequest } from './messages.ts';
import type { CohortRecord } from './record.ts';
import type { PaymentRole } from './view.ts';
import { ownIn, type Vote } from './vote.ts';

/** What a cohort has to agree with beside the rules; null where it does. */
export type CommitPolicy = (body: Payment, role: PaymentRole) => CommitRefusal | null;

export class Cohort {
  readonly #desk: CommitDesk;
  readonly #conflicts: Conflicts;
  readonly #policy: CommitPolicy;
  /** All that are shown; those whose outcome is open are bounded. */
  readonly #votes = new Map<TransactionId, Vote>();
  /** Those of them that the chain has not made final. */
  readonly #watched = new Set<Vote>();

  constructor(desk: CommitDesk, conflicts: Conflicts, policy: CommitPolicy) {
    this.#desk = desk;
    this.#conflicts = conflicts;
    this.#policy = policy;
  }

  get votes(): Iterable<Vote> {
    return this.#votes.values();
  }

  get watched(): Iterable<Vote> {
    return this.#watched;
  }

  /** A record of an earlier life. */
  restore(id: TransactionId, record: CohortRecord): void {
    const transaction = record.phase === 'committed' ? record.transaction : null;
    const body = record.phase === 'committed' ? (record.transaction.body as Payment) : record.body;
    const role = this.#roleIn(body);
    if (role === null) return;
    const signature = record.phase === 'committed' ? ownIn(record.transaction, role) : record.vote;
    const vote = this.#add(id, body, role, signature);
    vote.phase = record.phase;
    vote.transaction = transaction;
    vote.isKept = transaction !== null;
    // It may have missed the outcome while it was gone.
    vote.inquireMs = this.#desk.nowMs;
  }

  asked(call: CallToken, from: Account, request: CommitRequest): void {
    switch (request.kind) {
      case 'prepare':
        for (const id of request.aborted) this.#abort(from, id, null);
        return this.#prepare(call, from, request.body);
      case 'commit':
        return this.#commit(request.transaction, call);
      case 'abort':
        return this.#abort(from, request.id, call);
      case 'inquire': {
        const transaction = this.#votes.get(request.id)?.transaction ?? null;
        const answer: CommitAnswer =
          transaction === null ? { kind: 'open' } : { kind: 'committed', transaction };
        return this.#desk.answer(call, answer);
      }
    }
  }

  tick(): void {
    const { nowMs, ledger } = this.#desk;
    for (const vote of [...this.#watched]) {
      if (vote.phase === 'voted') {
        const waiting = ledger.waiting(vote.id);
        if (waiting !== null) this.#setCommitted(vote, waiting);
        else if (vote.inquireMs <= nowMs) this.#inquire(vote);
      }
      this.#settle(vote);
    }
  }

  /** Forgets how it looked. */
  forget(id: TransactionId): void {
    this.#votes.delete(id);
  }

  #prepare(call: CallToken, from: Account, body: Payment): void {
    const desk = this.#desk;
    const { genesis } = desk.ledger;
    const unsigned = makeTransaction(body, [], genesis);
    const { id } = unsigned;
    const known = this.#votes.get(id);
    if (known !== undefined && known.phase !== 'aborted') {
      if (known.phase === 'recording') known.voteCalls.push(call);
      else desk.answer(call, { kind: 'vote', signature: known.signature });
      return;
    }
    const role = from === body.from ? this.#roleIn(body) : null;
    const code = role === null ? 'not-a-party' : this.#judge(unsigned, body, role);
    if (code !== null || role === null) {
      desk.answer(call, { kind: 'refusal', code: code ?? 'not-a-party' });
      return;
    }
    const vote = this.#add(id, body, role, desk.signer.sign(id));
    vote.voteCalls.push(call);
    // A vote that is not on the disk could be forgotten, and the coin be voted for again.
    desk.write(id, { role: 'cohort', phase: 'voted', body, vote: vote.signature }, () => {
      if (vote.phase === 'recording') vote.phase = 'voted';
      const answer: CommitAnswer =
        vote.phase === 'aborted'
          ? { kind: 'refusal', code: 'sender-aborted' }
          : { kind: 'vote', signature: vote.signature };
      for (const waiting of vote.voteCalls) desk.answer(waiting, answer);
      vote.voteCalls = [];
      desk.changed(id);
    });
  }

  #judge(unsigned: Transaction, body: Payment, role: PaymentRole): CommitRefusal | null {
    const { ledger } = this.#desk;
    let [open, ofSender] = [0, 0];
    for (const vote of this.#watched) {
      if (vote.phase !== 'recording' && vote.phase !== 'voted') continue;
      open++;
      if (vote.body.from === body.from) ofSender++;
      if (vote.body.inputs.some((name) => body.inputs.includes(name))) return 'locked-input';
    }
    if (open >= VOTES_LIMIT || ofSender >= VOTES_PER_SENDER_LIMIT) return 'too-many-votes';
    const latest = ledger.height + EXPIRY_TOLERANCE_FACTOR * ledger.expiryBlocks;
    if (body.expiry > latest) return 'far-expiry';
    if (fullSizeBytes(body, ledger.genesis) > TRANSACTION_LIMIT_BYTES)
      return 'transaction-too-large';
    return ledger.judge(unsigned) ?? this.#policy(body, role);
  }

  /** The three signatures are here, from whomever. */
  #commit(transaction: Transaction, call: CallToken): void {
    const desk = this.#desk;
    const { id } = transaction;
    const body = transaction.body as Payment;
    const role = this.#roleIn(body);
    if (role === null || !desk.signer.check(transaction)) {
      desk.answer(call, {
        kind: 'refusal',
        code: role === null ? 'not-a-party' : 'wrong-signature',
      });
      return;
    }
    const known = this.#votes.get(id);
    if (known?.isKept || isFinal(fateOf(id, body, desk.ledger, this.#conflicts))) {
      desk.answer(call, { kind: 'done' });
      return;
    }
    const vote = known ?? this.#add(id, body, role, ownIn(transaction, role));
    // Three signatures count for more than the word of a sender that had called them off.
    this.#watched.add(vote);
    vote.doneCalls.push(call);
    this.#setCommitted(vote, transaction);
  }

  #setCommitted(vote: Vote, transaction: Transaction): void {
    const desk = this.#desk;
    if (vote.transaction !== null) return;
    const { id } = vote;
    vote.phase = 'committed';
    vote.transaction = transaction;
    vote.code = null;
    vote.committedMs = desk.nowMs;
    vote.submitMs = desk.nowMs + SUBMIT_AGAIN_MS;
    desk.changed(id);
    desk.submit(transaction);
    desk.write(id, { role: 'cohort', phase: 'committed', transaction }, () => {
      vote.isKept = true;
      for (const waiting of vote.doneCalls) desk.answer(waiting, { kind: 'done' });
      vote.doneCalls = [];
      desk.changed(id);
    });
  }

  /** Only the sender can say so, and only before it has signed. */
  #abort(from: Account, id: TransactionId, call: CallToken | null): void {
    const desk = this.#desk;
    const vote = this.#votes.get(id);
    const isMeant = vote?.body.from === from && vote.transaction === null;
    const isNew = isMeant && vote.phase !== 'aborted';
    const answer = (): void => {
      if (call !== null) desk.answer(call, { kind: 'done' });
    };
    if (!isNew) return answer();
    this.#setAborted(vote, 'sender-aborted');
    desk.write(id, null, answer);
  }

  #setAborted(vote: Vote, code: CommitRefusal): void {
    vote.phase = 'aborted';
    vote.code = code;
    this.#watched.delete(vote);
    this.#desk.changed(vote.id);
  }

  /** Asks the sender, who alone can have decided, and the other cohort, which may have been told. */
  #inquire(vote: Vote): void {
    const desk = this.#desk;
    const { id, body } = vote;
    const wait = Math.min(INQUIRE_FIRST_MS * 2 ** Math.min(vote.inquiries, 10), INQUIRE_LIMIT_MS);
    vote.inquiries++;
    vote.inquireMs = desk.nowMs + desk.jitter(wait);
    const others = partiesOf(body).filter((account) => account !== desk.signer.account);
    for (const account of others)
      desk.ask(account, { kind: 'inquire', id }, INQUIRE_ANSWER_MS, (answer) => {
        // Where the chain has decided meanwhile, nothing is kept any more.
        if (vote.phase !== 'voted' || !this.#watched.has(vote)) return;
        if (answer?.kind === 'committed') {
          const { transaction } = answer;
          if (transaction.id === id && desk.signer.check(transaction))
            this.#setCommitted(vote, transaction);
        } else if (answer?.kind === 'aborted' && account === body.from) {
          this.#setAborted(vote, 'sender-aborted');
          desk.write(id, null, () => undefined);
        }
      });
  }

  #settle(vote: Vote): void {
    const desk = this.#desk;
    const { id, body, transaction } = vote;
    const fate = fateOf(id, body, desk.ledger, this.#conflicts);
    if (transaction !== null && fate.kind === 'open' && vote.submitMs <= desk.nowMs) {
      vote.submitMs = desk.nowMs + SUBMIT_AGAIN_MS;
      if (desk.ledger.waiting(id) === null) desk.submit(transaction);
    }
    if (!isFinal(fate)) return;
    this.#watched.delete(vote);
    desk.write(id, null, () => undefined);
    desk.changed(id);
  }

  #add(id: TransactionId, body: Payment, role: PaymentRole, signature: string): Vote {
    const { nowMs, wallMs } = this.#desk.clocks;
    const vote: Vote = {
      ...{ id, body, role, signature },
      startedMs: nowMs,
      startedWallMs: wallMs,
      phase: 'recording',
      transaction: null,
      isKept: false,
      code: null,
      committedMs: null,
      voteCalls: [],
      doneCalls: [],
      inquireMs: nowMs + this.#desk.jitter(INQUIRE_FIRST_MS),
      inquiries: 0,
      submitMs: nowMs,
    };
    this.#votes.delete(id);
    this.#votes.set(id, vote);
    this.#watched.add(vote);
    this.#conflicts.watch(body);
    this.#desk.changed(id);
    return vote;
  }

  #roleIn({ to, witness }: Payment): PaymentRole | null {
    const { account } = this.#desk.signer;
    if (account === to) return 'receiver';
    return account === witness ? 'witness' : null;
  }
}
