/**
 * What this peer searches: a template on the best tip, renewed when the tip moves, the text changes, or time passes.
 */
import { NO_PREVIOUS_HASH, type Block } from '../chain/block.ts';
import { readHex } from '../chain/bytes.ts';
import type { Chain } from '../chain/chain.ts';
import { targetToBytes } from '../chain/target.ts';
import type { TreeEntry } from '../chain/tree.ts';
import { medianTimeMs } from '../chain/rules.ts';
import type { Account } from '../ledger/account.ts';
import {
  encodePayload,
  PAD_CHARS,
  PAD_OFFSET_BYTES,
  roomForTransactions,
  shortenNote,
} from '../ledger/payload.ts';
import type { TransactionJson } from '../ledger/transaction.ts';
import type { Template } from '../pow/template.ts';

/** A template states the time, for people to read; it is renewed so often that no block's time is further off. */
export const TEMPLATE_AGE_LIMIT_MS = 10_000;
/** Rules that retarget compute with the time, so theirs is renewed this many times within the aimed spacing. */
const RENEWALS_PER_SPACING = 5;

/** So long a template may lack transactions that came after it: they come in bursts, and each renewal costs a little. */
export const TRANSACTIONS_PATIENCE_MS = 250;

/** Transactions that wait for a block on the tip. */
export interface WaitingTransactions {
  /** Grows whenever there may be more to take. */
  readonly revision: number;
  /** How many wait. */
  readonly count: number;
  select(limitBytes: number): TransactionJson[];
}

export interface MiningWish {
  readonly networkMs: number;
  readonly miner: Account;
  readonly name: string;
  readonly note: string;
  /** Aim of rooms that retarget; null elsewhere. */
  readonly spacingMs: number | null;
  /** Bytes of data that the block may have. */
  readonly dataLimitBytes: number;
  readonly waiting: WaitingTransactions;
}

/** What all templates on one tip have in common: there is a new one every few seconds. */
interface Ground {
  readonly tip: TreeEntry;
  readonly previousHash: Uint8Array;
  /** A block's time must be after it where rules retarget; else 0. */
  readonly medianMs: number;
}

/** A target, and as the search takes it. */
interface WrittenTarget {
  readonly value: bigint;
  readonly bytes: Uint8Array;
}

interface Job {
  readonly template: Template;
  /** Null for a genesis block. */
  readonly parent: TreeEntry | null;
  readonly note: string;
  /** Of the transactions that waited. */
  readonly revision: number;
  readonly madeMs: number;
}

/** The current search and the numbering of searches. */
export class MiningDesk {
  #job: Job | null = null;
  /** The job before: a proof of it may be on its way from a worker, found before the tip moved or the text changed. */
  #replaced: Job | null = null;
  #nextId = 1;
  #ground: Ground | null = null;
  #target: WrittenTarget | null = null;

  get active(): boolean {
    return this.#job !== null;
  }

  /** The template to search now where it differs from the one under way, else null. */
  renew(chain: Chain, wish: MiningWish): Template | null {
    const job = this.#job;
    const ageLimitMs = Math.min(
      TEMPLATE_AGE_LIMIT_MS,
      wish.spacingMs === null ? TEMPLATE_AGE_LIMIT_MS : wish.spacingMs / RENEWALS_PER_SPACING,
    );
    const ageMs = job === null ? 0 : Math.abs(wish.networkMs - job.madeMs);
    const { revision } = wish.waiting;
    const lacks = job?.revision !== revision && ageMs >= TRANSACTIONS_PATIENCE_MS;
    const aged = lacks || ageMs >= ageLimitMs;
    if (job !== null && !aged && job.parent?.hash === chain.tip.hash && job.note === wish.note)
      return null;
    const { tip, rules } = chain;
    // Rules want a time after the median; a clock that runs behind must not make the search worthless.
    const { previousHash, medianMs } = this.#groundOn(chain);
    const timeMs = rules.kind === 'class' ? Math.max(wish.networkMs, medianMs + 1) : wish.networkMs;
    const { miner, name, note, dataLimitBytes } = wish;
    const payload = shortenNote({ timeMs, miner, name, note }, dataLimitBytes);
    const { waiting } = wish;
    const transactions =
      waiting.count === 0 ? [] : waiting.select(roomForTransactions(payload, dataLimitBytes));
    const template: Template = {
      id: this.#nextId++,
      data: encodePayload(payload, transactions),
      previousHash,
      target: this.#writeTarget(rules.targetAt(tip, timeMs)),
      freeBytes: { offset: PAD_OFFSET_BYTES, length: PAD_CHARS },
    };
    this.#replaced = job?.parent === null ? null : job;
    this.#job = { template, parent: tip, note: wish.note, revision, madeMs: wish.networkMs };
    return template;
  }

  #groundOn({ tip, rules }: Chain): Ground {
    if (this.#ground === null || this.#ground.tip !== tip)
      this.#ground = {
        tip,
        previousHash: readHex(tip.hash)!,
        medianMs: rules.kind === 'class' ? medianTimeMs(tip) : 0,
      };
    return this.#ground;
  }

  #writeTarget(value: bigint): Uint8Array {
    if (this.#target === null || this.#target.value !== value)
      this.#target = { value, bytes: targetToBytes(value) };
    return this.#target.bytes;
  }

  /** A template for a genesis block with this data. */
  beginGenesis(data: Uint8Array, target: bigint, networkMs: number): Template {
    const template: Template = {
      id: this.#nextId++,
      data,
      previousHash: NO_PREVIOUS_HASH,
      target: targetToBytes(target),
    };
    this.#job = { template, parent: null, note: '', revision: 0, madeMs: networkMs };
    return template;
  }

  stop(): void {
    this.#job = null;
    this.#replaced = null;
  }

  /** The block that a proof completes, with the note that it carries; null where the search is no longer current. */
  complete(
    templateId: number,
    data: Uint8Array,
    proofOfWork: Uint8Array,
  ): { block: Block; note: string; genesis: boolean } | null {
    const job = [this.#job, this.#replaced].find(
      (candidate) => candidate?.template.id === templateId,
    );
    if (job === null || job === undefined) return null;
    this.stop();
    return {
      block: { data, previousHash: job.template.previousHash, proofOfWork },
      note: job.note,
      genesis: job.parent === null,
    };
  }
}
