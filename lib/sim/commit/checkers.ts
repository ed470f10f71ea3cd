/**
 * What two-phase commit promises, as checkers (R13): they see everything in a world, and say which promise was broken.
 */
import type { CommitOutput } from '../../ledger/commit/desk.ts';
import { CONFIRMATION_DEPTH_BLOCKS } from '../../ledger/commit/limits.ts';
import type { CommitRequest } from '../../ledger/commit/messages.ts';
import { decodeRecord, recordId, type CommitRecord } from '../../ledger/commit/record.ts';
import type { PaymentState } from '../../ledger/commit/view.ts';
import {
  transactionId,
  type Payment,
  type TransactionBody,
  type TransactionId,
} from '../../ledger/transaction.ts';
import { GENESIS } from './model-chain.ts';
import type { Party } from './party.ts';

export type PromiseName =
  /** Two parties with one tip, of which one says committed and the other aborted. */
  | 'split'
  /** A payment that its sender has called off has three signatures. */
  | 'called-off'
  /** A vote or a commit was told before it was on the disk. */
  | 'not-durable'
  /** A cohort has voted for two payments with one coin, of which neither was over. */
  | 'voted-twice'
  /** A sender has signed two payments with one coin, of which neither was over. */
  | 'signed-twice'
  /** A coin was locked for too long. */
  | 'locked'
  /** In the end some know other outcomes, or none. */
  | 'undecided'
  /** A party has thrown an exception. */
  | 'threw';

/** Where nobody has voted nobody's coin is locked for longer. */
export const UNVOTED_LOCK_LIMIT_MS = 30_000;

const COMMITTED: ReadonlySet<PaymentState> = new Set(['committed', 'listed', 'confirmed']);
const FINAL: ReadonlySet<PaymentState> = new Set(['confirmed', 'aborted']);

interface Known {
  readonly body: Payment;
  readonly begunMs: number;
  isVoted: boolean;
  isCommitted: boolean;
  isCalledOff: boolean;
}

export class Checkers {
  readonly broken = new Map<PromiseName, string>();
  readonly #payments = new Map<TransactionId, Known>();
  readonly #parties: readonly Party[];

  constructor(parties: readonly Party[]) {
    this.#parties = parties;
  }

  /** Payments that all three have signed. */
  get committed(): number {
    return [...this.#payments.values()].filter(({ isCommitted }) => isCommitted).length;
  }

  get attempted(): number {
    return this.#payments.size;
  }

  report(name: PromiseName, words: string): void {
    if (!this.broken.has(name)) this.broken.set(name, words);
  }

  /** A record is to be written. */
  writes(id: TransactionId, record: CommitRecord | null, nowMs: number): void {
    if (record === null) return;
    const body = record.phase === 'committed' ? record.transaction.body : record.body;
    this.#know(id, body as Payment, nowMs);
  }

  /** A record is on a disk. */
  wrote(party: Party, id: TransactionId, record: CommitRecord | null, nowMs: number): void {
    if (record === null) return;
    const body = record.phase === 'committed' ? (record.transaction.body as Payment) : record.body;
    const known = this.#know(id, body, nowMs);
    if (record.role === 'cohort' && record.phase === 'voted') {
      known.isVoted = true;
      for (const other of party.records())
        if (
          other.role === 'cohort' &&
          other.phase === 'voted' &&
          recordId(other, GENESIS) !== id &&
          sharesInput(other.body, body)
        )
          this.report('voted-twice', `${party.account} for ${id}`);
    }
    if (record.role === 'sender' && record.phase === 'committed') {
      known.isCommitted = true;
      for (const [otherId, other] of this.#payments)
        if (
          otherId !== id &&
          other.isCommitted &&
          sharesInput(other.body, body) &&
          !isOver(party, other.body)
        )
          this.report('signed-twice', `${otherId} and ${id}`);
    }
    this.#judgeCallingOff(id, known);
  }

  /** A party does something that others see. */
  did(
    party: Party,
    output: Exclude<CommitOutput, { kind: 'write' }>,
    isAnswerTo: CommitRequest | null,
  ): void {
    switch (output.kind) {
      case 'ask': {
        const { request } = output;
        if (request.kind === 'commit')
          this.#judgeDurability(party, request.transaction.id, request.transaction.body, true);
        if (request.kind === 'abort') this.#callOff(request.id);
        return;
      }
      case 'answer': {
        const { answer } = output;
        if (answer.kind === 'vote' && isAnswerTo?.kind === 'prepare') {
          const id = transactionId(isAnswerTo.body, GENESIS);
          this.#judgeDurability(party, id, isAnswerTo.body, false);
        }
        if (answer.kind === 'aborted' && isAnswerTo?.kind === 'inquire')
          this.#callOff(isAnswerTo.id);
        // Three signatures prove themselves, whoever passes them on; but the sender must have kept them first.
        if (answer.kind === 'committed' && !this.#isCommitted(answer.transaction.id))
          this.report('not-durable', `${answer.transaction.id}, which its sender has not kept`);
        return;
      }
      default:
        return;
    }
  }

  /** Something has changed for this party: it agrees with all others that have its tip. */
  compare(party: Party): void {
    const others = this.#parties.filter(
      ({ machine, ledger }) => machine !== null && ledger.tip === party.ledger.tip,
    );
    const own = others.length > 1 ? statesOf(party) : null;
    if (own === null || own.size === 0) return;
    for (const other of others) {
      if (other === party) continue;
      for (const [id, state] of statesOf(other)) {
        const mine = own.get(id);
        if (mine === undefined) continue;
        const isSplit =
          (COMMITTED.has(mine) && state === 'aborted') ||
          (mine === 'aborted' && COMMITTED.has(state));
        if (isSplit) this.report('split', `${id} is ${mine} and ${state} at one tip`);
      }
    }
  }

  /** No coin is locked for too long; to be called after a tick. */
  judgeLocks(party: Party, nowMs: number): void {
    for (const name of party.machine?.lockedCoins() ?? []) {
      const isJust = [...this.#payments.values()].some(
        ({ body, begunMs, isVoted }) =>
          body.inputs.includes(name) &&
          !isOver(party, body) &&
          (isVoted || nowMs - begunMs <= UNVOTED_LOCK_LIMIT_MS),
      );
      if (!isJust) this.report('locked', `${name} at ${party.account} at ${nowMs} ms`);
    }
  }

  /** Whether nobody who lives has anything left to do, or to hear. */
  get isQuiet(): boolean {
    const living = this.#parties.filter(({ machine }) => machine !== null);
    // A block on its way, or a fork, can list anew what some have settled: their disks are empty, but it is not over.
    const isOneTip = living.every(({ ledger }) => ledger.tip === living[0]!.ledger.tip);
    return (
      isOneTip &&
      living.every(
        (party) =>
          // What is being written is not on the disk yet, but it locks.
          party.disk.size === 0 &&
          party.machine!.lockedCoins().size === 0 &&
          [...statesOf(party).values()].every((state) => FINAL.has(state)),
      )
    );
  }

  /** The network has healed, and the chain has gone on for long enough. */
  end(): void {
    const outcomes = new Map<TransactionId, PaymentState>();
    for (const party of this.#parties) {
      if (party.machine === null) continue;
      for (const [id, state] of statesOf(party)) {
        if (!FINAL.has(state)) this.report('undecided', `${id} is ${state} at ${party.account}`);
        const known = outcomes.get(id);
        if (known !== undefined && known !== state)
          this.report('undecided', `${id} is ${known} and ${state}`);
        outcomes.set(id, state);
      }
      if (party.machine.lockedCoins().size > 0)
        this.report('locked', `${party.account} in the end`);
      if (party.disk.size > 0) this.report('undecided', `${party.account} keeps a record for ever`);
    }
  }

  #isCommitted(id: TransactionId): boolean {
    return this.#payments.get(id)?.isCommitted ?? false;
  }

  #know(id: TransactionId, body: Payment, nowMs: number): Known {
    let known = this.#payments.get(id);
    if (known === undefined) {
      known = { body, begunMs: nowMs, isVoted: false, isCommitted: false, isCalledOff: false };
      this.#payments.set(id, known);
    }
    return known;
  }

  #callOff(id: TransactionId): void {
    const known = this.#payments.get(id);
    if (known === undefined) return;
    known.isCalledOff = true;
    this.#judgeCallingOff(id, known);
  }

  #judgeCallingOff(id: TransactionId, { isCalledOff, isCommitted }: Known): void {
    if (isCalledOff && isCommitted) this.report('called-off', id);
  }

  /** What was told is on the disk of who tells it, or the chain is past it. */
  #judgeDurability(
    party: Party,
    id: TransactionId,
    body: TransactionBody,
    isCommit: boolean,
  ): void {
    const bytes = party.disk.get(id);
    const record = bytes === undefined ? null : decodeRecord(bytes, GENESIS);
    const isKept = isCommit ? record?.phase === 'committed' : record !== null;
    const isPast = party.ledger.stateOf(id).kind === 'listed' || isOver(party, body);
    if (!isKept && !isPast) this.report('not-durable', `${id} at ${party.account}`);
  }
}

/** By payment, what a party says of it. */
function statesOf({ machine }: Party): Map<TransactionId, PaymentState> {
  const states = new Map<TransactionId, PaymentState>();
  for (const { id, state } of machine?.views() ?? [])
    if (id !== null && state !== 'retrying') states.set(id, state);
  return states;
}

function sharesInput(a: Payment, b: Payment): boolean {
  return a.inputs.some((name) => b.inputs.includes(name));
}

/** Whether the payment's time is up at this party's tip. */
function isOver({ ledger }: Party, { expiry }: TransactionBody): boolean {
  return ledger.height >= expiry + CONFIRMATION_DEPTH_BLOCKS;
}
