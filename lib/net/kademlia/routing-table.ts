/**
 * Whom a node knows in the key space: k-buckets, each of contacts that share their first bits with us (R11; Maymounkov
 * and Mazières 2002, sections 2.2 and 4.1). A contact that is known to live is never put out for a newcomer, so that
 * whoever floods the room with ids fills what is free and no more.
 *
 * The library k-bucket does not fit: it emits events and draws random ids on import, knows no types, and keeps its
 * contacts as bytes that must be turned into texts at each use. The table itself is the page below.
 */
import type { Account } from '../../ledger/account.ts';
import { bucketOf, compareDistance } from './ids.ts';

/** Contacts in a bucket, and holders of a record: the paper's k. Eight of them do not leave a class within a minute. */
export const BUCKET_SIZE = 8;
/** Newcomers that wait for a place in a full bucket; the latest takes it. */
const WAITING_LIMIT = 4;
/**
 * A contact not heard of for so long is asked whether it lives, as soon as a newcomer wants its place. Whoever has lived
 * for long mostly lives on (Maymounkov and Mazières 2002, section 2.1), so the time doubles with each answer, up to a
 * limit: else a room at rest would ask for ever what it knows.
 */
export const QUIET_MS = 60_000;
/** Four minutes: of a class in which a fifth changes a minute half of the contacts are still there by then. */
export const QUIET_LIMIT_MS = 4 * QUIET_MS;
/** It then has so long to answer. */
export const ANSWER_MS = 5_000;

interface Contact {
  readonly nodeId: Account;
  heardMs: number;
  /** So long it need not be asked. */
  quietMs: number;
}

interface Bucket {
  /** The one heard of longest ago first. */
  contacts: Contact[];
  /** The latest last. */
  readonly waiting: Account[];
  /** The one that is asked whether it lives. */
  asked: { readonly nodeId: Account; readonly untilMs: number } | null;
}

/** What is to be done after a node was seen: nothing, or ask this contact whether it lives. */
export type SeenOutcome =
  { readonly kind: 'none' } | { readonly kind: 'ask'; readonly nodeId: Account };

export class RoutingTable {
  readonly #self: Account;
  /** By the highest differing bit. At most 160 of them, and only some log2(n) are ever filled. */
  readonly #buckets = new Map<number, Bucket>();
  /** The buckets of those in a list that was heard. */
  readonly #indices = new WeakMap<readonly Account[], Int16Array>();

  constructor(self: Account) {
    this.#self = self;
  }

  get size(): number {
    let size = 0;
    for (const { contacts } of this.#buckets.values()) size += contacts.length;
    return size;
  }

  has(nodeId: Account): boolean {
    const bucket = this.#buckets.get(bucketOf(this.#self, nodeId));
    return bucket?.contacts.some((contact) => contact.nodeId === nodeId) ?? false;
  }

  /** A node was heard of: from itself where `lives`, else only by name, which brings nobody's time forward. */
  seen(nodeId: Account, lives: boolean, nowMs: number): SeenOutcome {
    return this.#see(bucketOf(this.#self, nodeId), nodeId, lives, nowMs);
  }

  /**
   * Somebody names nodes. Returns the contacts to be asked whether they live.
   * @param nodeIds a list that stays as it is: most are the same as the last time
   */
  heard(nodeIds: readonly Account[], nowMs: number): Account[] {
    const asks: Account[] = [];
    const indices = this.#bucketsOf(nodeIds);
    for (let i = 0; i < nodeIds.length; i++) {
      const bucket = this.#buckets.get(indices[i]!);
      // Where nobody can make place by now, newcomers need not wait either: they are named again.
      if (bucket !== undefined && isSettled(bucket, nowMs)) continue;
      const outcome = this.#see(indices[i]!, nodeIds[i]!, false, nowMs);
      if (outcome.kind === 'ask') asks.push(outcome.nodeId);
    }
    return asks;
  }

  #see(index: number, nodeId: Account, lives: boolean, nowMs: number): SeenOutcome {
    if (index < 0) return { kind: 'none' };
    let bucket = this.#buckets.get(index);
    if (bucket === undefined)
      this.#buckets.set(index, (bucket = { contacts: [], waiting: [], asked: null }));
    const { contacts } = bucket;
    let at = contacts.length - 1;
    while (at >= 0 && contacts[at]!.nodeId !== nodeId) at--;
    if (at >= 0) {
      if (!lives) return { kind: 'none' };
      const [contact] = bucket.contacts.splice(at, 1);
      contact!.heardMs = nowMs;
      bucket.contacts.push(contact!);
      if (bucket.asked?.nodeId === nodeId) {
        contact!.quietMs = Math.min(2 * contact!.quietMs, QUIET_LIMIT_MS);
        bucket.asked = null;
      }
      return { kind: 'none' };
    }
    if (bucket.contacts.length < BUCKET_SIZE) {
      const heardMs = lives ? nowMs : nowMs - QUIET_MS;
      const contact = { nodeId, heardMs, quietMs: QUIET_MS };
      if (lives) bucket.contacts.push(contact);
      else bucket.contacts.unshift(contact);
      return { kind: 'none' };
    }
    const { waiting } = bucket;
    const waited = waiting.indexOf(nodeId);
    if (waited >= 0) waiting.splice(waited, 1);
    else if (waiting.length >= WAITING_LIMIT) waiting.shift();
    waiting.push(nodeId);
    const quiet = bucket.asked === null ? findQuiet(bucket, nowMs) : undefined;
    if (quiet === undefined) return { kind: 'none' };
    bucket.asked = { nodeId: quiet.nodeId, untilMs: nowMs + ANSWER_MS };
    return { kind: 'ask', nodeId: quiet.nodeId };
  }

  /** A contact is known to be gone. */
  gone(nodeId: Account, nowMs: number): void {
    const bucket = this.#buckets.get(bucketOf(this.#self, nodeId));
    if (bucket === undefined) return;
    bucket.contacts = bucket.contacts.filter((contact) => contact.nodeId !== nodeId);
    if (bucket.asked?.nodeId === nodeId) bucket.asked = null;
    this.#refill(bucket, nowMs);
  }

  /** Contacts that have not answered in time make place. */
  tick(nowMs: number): void {
    // Nothing is added to the table or taken from it here.
    for (const { asked } of this.#buckets.values())
      if (asked !== null && asked.untilMs <= nowMs) this.gone(asked.nodeId, nowMs);
  }

  /** The contacts nearest to a key, nearest first. */
  nearest(key: Account, count: number = BUCKET_SIZE): Account[] {
    return [...this.#buckets.values()]
      .flatMap(({ contacts }) => contacts.map(({ nodeId }) => nodeId))
      .sort((a, b) => compareDistance(key, a, b))
      .slice(0, count);
  }

  #bucketsOf(nodeIds: readonly Account[]): Int16Array {
    let indices = this.#indices.get(nodeIds);
    if (indices === undefined) {
      indices = Int16Array.from(nodeIds, (nodeId) => bucketOf(this.#self, nodeId));
      this.#indices.set(nodeIds, indices);
    }
    return indices;
  }

  #refill(bucket: Bucket, nowMs: number): void {
    if (bucket.contacts.length >= BUCKET_SIZE) return;
    const newcomer = bucket.waiting.pop();
    if (newcomer !== undefined)
      bucket.contacts.unshift({
        nodeId: newcomer,
        heardMs: nowMs - QUIET_MS,
        quietMs: QUIET_MS,
      });
  }
}

/** Whether it is full, and whom it could lose is asked already or was heard of lately. */
function isSettled(bucket: Bucket, nowMs: number): boolean {
  if (bucket.contacts.length < BUCKET_SIZE) return false;
  return bucket.asked !== null || findQuiet(bucket, nowMs) === undefined;
}

/** The contact to be asked first whether it lives; undefined where all were heard of lately enough. */
function findQuiet({ contacts }: Bucket, nowMs: number): Contact | undefined {
  for (const contact of contacts) if (nowMs - contact.heardMs >= contact.quietMs) return contact;
  return undefined;
}
