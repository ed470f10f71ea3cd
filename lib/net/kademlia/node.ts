/**
 * One node of the distributed hash table (R11): it answers FIND_NODE, FIND_VALUE and STORE, keeps the routing table, and
 * looks keys up for its owner.
 *
 * Nobody can contact any node at will here, so lookups are forwarded: the question travels greedily to whoever is
 * nearest to its key, and the answer comes straight back. A question without an answer is sent again, by another
 * neighbour. Answers prove nothing but their records, which are signed: a forged one can waste a try, never mislead.
 */
import type { Account } from '../../ledger/account.ts';
import { TokenBucket } from '../token-bucket.ts';
import { compareDistance, isNearer } from './ids.ts';
import { readKadMessage, type KadMessage } from './messages.ts';
import type { PeerRecord, RecordVerdict } from './record.ts';
import { RecordStore } from './record-store.ts';
import { BUCKET_SIZE, RoutingTable } from './routing-table.ts';

/** An answer needs a dozen hops there and back; after this long the question is sent again. */
export const TRY_MS = 1_500;
/** Tries of one lookup: enough that with a fifth of the room gone in a minute one in a thousand finds no way. */
export const TRIES_LIMIT = 6;
/** Lookups under way at a time; further ones fail at once. */
export const LOOKUPS_LIMIT = 64;
/** How often our record goes to the nodes that are nearest to it by then: of a class some 3 in 10 have left. */
export const REPUBLISH_MS = 120_000;
/** Signatures checked for others, a second and at once: a check takes a millisecond, and anybody can send a forgery. */
export const CHECK_RATE = { perSecond: 20, burst: 200 } as const;

export type KadOutput =
  | {
      readonly kind: 'send';
      readonly to: Account;
      /** `nearest`: to whoever is nearest to this key. */
      readonly reach: 'exact' | 'nearest';
      readonly body: string;
    }
  | {
      readonly kind: 'looked-up';
      readonly key: Account;
      /** The account's record; null where only nodes were asked for, or where none was found. */
      readonly record: PeerRecord | null;
      /** The nodes nearest to the key, nearest first; empty where nobody answered. */
      readonly nodeIds: readonly Account[];
      /** Hops of the question that was answered. */
      readonly hops: number;
      readonly tries: number;
    };

interface Lookup {
  readonly id: number;
  readonly key: Account;
  readonly kind: 'find-node' | 'find-value';
  tries: number;
  nextTryMs: number;
  /** The best answer so far. */
  nodeIds: readonly Account[];
  hops: number;
  /** Nodes that were asked by name: those that an answer said to be nearer than its sender. */
  readonly asked: Set<Account>;
}

/** A moment by both clocks, in milliseconds. */
export interface KadClocks {
  readonly wallMs: number;
  readonly nowMs: number;
}

export class KademliaNode {
  readonly table: RoutingTable;
  readonly store: RecordStore;
  readonly #self: Account;
  readonly #check: (record: PeerRecord, wallMs: number) => RecordVerdict;
  readonly #lookups = new Map<number, Lookup>();
  readonly #checks: TokenBucket;
  #ownRecord: PeerRecord | null = null;
  #publishMs = Number.POSITIVE_INFINITY;
  #nextId = 1;

  /** @param check says whose record it is, or why it is none */
  constructor(
    self: Account,
    nowMs: number,
    check: (record: PeerRecord, wallMs: number) => RecordVerdict,
  ) {
    this.#self = self;
    this.#check = check;
    this.table = new RoutingTable(self);
    this.store = new RecordStore(self);
    this.#checks = new TokenBucket(CHECK_RATE.perSecond, CHECK_RATE.burst, nowMs);
  }

  /** Makes our record known from now on, instead of an earlier one. */
  publish(record: PeerRecord, nowMs: number): void {
    this.#ownRecord = record;
    this.#publishMs = nowMs;
  }

  /** Nodes that a neighbour has told of, in a list that stays as it is. */
  heard(nodeIds: readonly Account[], nowMs: number): KadOutput[] {
    return this.table.heard(nodeIds, nowMs).map((nodeId) => this.#askWhetherLives(nodeId));
  }

  /** Nodes that something came from: neighbours, or whoever claims it where that does not prove that it `lives`. */
  seen(nodeIds: Iterable<Account>, lives: boolean, nowMs: number): KadOutput[] {
    const outputs: KadOutput[] = [];
    for (const nodeId of nodeIds) {
      const outcome = this.table.seen(nodeId, lives, nowMs);
      if (outcome.kind === 'ask') outputs.push(this.#askWhetherLives(outcome.nodeId));
    }
    return outputs;
  }

  /** Looks up the nodes nearest to a key, or the record of an account; ends with `looked-up`. */
  lookUp(kind: Lookup['kind'], key: Account, { wallMs, nowMs }: KadClocks): KadOutput[] {
    const record = kind === 'find-node' ? null : this.#recordOf(key, wallMs);
    if (record !== null || this.#lookups.size >= LOOKUPS_LIMIT)
      return [{ kind: 'looked-up', key, record, nodeIds: [], hops: 0, tries: 0 }];
    const lookup: Lookup = {
      id: this.#nextId++,
      key,
      kind,
      tries: 0,
      nextTryMs: nowMs,
      nodeIds: [],
      hops: 0,
      asked: new Set(),
    };
    this.#lookups.set(lookup.id, lookup);
    return this.#try(lookup, nowMs);
  }

  /** A datagram for port `kad`, which claims to be from this node, after so many hops. */
  received(from: Account, hops: number, body: string, clocks: KadClocks): KadOutput[] {
    const message = readKadMessage(body);
    if (message === null) return [];
    const { wallMs, nowMs } = clocks;
    const outputs = this.seen([from], message.type === 'pong', nowMs);
    switch (message.type) {
      case 'find-node':
      case 'find-value': {
        const { id, key } = message;
        const record = message.type === 'find-value' ? this.#recordOf(key, wallMs) : null;
        const nodeIds = this.#nearest(key).filter((nodeId) => nodeId !== from);
        const answer: KadMessage = { type: 'found', id, nodeIds, record, hops };
        return [...outputs, sendTo(from, answer)];
      }
      case 'found':
        return [...outputs, ...this.#found(from, message, clocks)];
      case 'store':
        if (!this.store.holds(message.record) && this.#mayCheck(message.record, nowMs)) {
          const verdict = this.#check(message.record, wallMs);
          if (verdict.ok) this.store.keep(verdict.account, message.record);
        }
        return outputs;
      case 'ping':
        return [...outputs, sendTo(from, { type: 'pong', id: message.id })];
      case 'pong':
        return outputs;
    }
  }

  /** Time passes: tries again, gives up, republishes, forgets. */
  tick({ wallMs, nowMs }: KadClocks): KadOutput[] {
    this.table.tick(nowMs);
    this.store.tick(wallMs);
    const outputs: KadOutput[] = [];
    for (const lookup of [...this.#lookups.values()])
      if (lookup.nextTryMs <= nowMs) outputs.push(...this.#try(lookup, nowMs));
    if (this.#ownRecord !== null && this.#publishMs <= nowMs) {
      this.#publishMs = nowMs + REPUBLISH_MS;
      const message: KadMessage = { type: 'store', record: this.#ownRecord };
      for (const nodeId of this.table.nearest(this.#self)) outputs.push(sendTo(nodeId, message));
    }
    return outputs;
  }

  #askWhetherLives(nodeId: Account): KadOutput {
    return sendTo(nodeId, { type: 'ping', id: this.#nextId++ });
  }

  #recordOf(key: Account, wallMs: number): PeerRecord | null {
    return key === this.#self ? this.#ownRecord : this.store.get(key, wallMs);
  }

  /** The nearest nodes that we know, ourselves among them. */
  #nearest(key: Account): Account[] {
    return [...this.table.nearest(key), this.#self]
      .sort((a, b) => compareDistance(key, a, b))
      .slice(0, BUCKET_SIZE);
  }

  #try(lookup: Lookup, nowMs: number): KadOutput[] {
    if (lookup.tries >= TRIES_LIMIT) return this.#end(lookup, null);
    lookup.tries++;
    lookup.nextTryMs = nowMs + TRY_MS;
    const { id, key, kind } = lookup;
    const body = JSON.stringify({ type: kind, id, key });
    return [{ kind: 'send', to: key, reach: 'nearest', body }];
  }

  #found(
    from: Account,
    answer: Extract<KadMessage, { type: 'found' }>,
    { wallMs, nowMs }: KadClocks,
  ): KadOutput[] {
    const lookup = this.#lookups.get(answer.id);
    if (lookup === undefined) return [];
    const { key } = lookup;
    if (answer.record !== null && lookup.kind === 'find-value') {
      if (!this.#checks.take(nowMs)) return [];
      const verdict = this.#check(answer.record, wallMs);
      if (verdict.ok && verdict.account === key) {
        lookup.hops = answer.hops;
        lookup.nodeIds = answer.nodeIds;
        return this.#end(lookup, answer.record);
      }
    }
    const [best] = lookup.nodeIds;
    const [first] = answer.nodeIds;
    if (first !== undefined && (best === undefined || !isNearer(key, best, first))) {
      lookup.nodeIds = answer.nodeIds;
      lookup.hops = answer.hops;
    }
    // A holder that the answerer knows of may have the record, or know a nearer node.
    const next = answer.nodeIds.find(
      (nodeId) => nodeId !== this.#self && nodeId !== from && !lookup.asked.has(nodeId),
    );
    const helps = next !== undefined && (lookup.kind === 'find-value' || isNearer(key, next, from));
    if (helps && lookup.asked.size < BUCKET_SIZE) {
      lookup.asked.add(next);
      return [sendTo(next, { type: lookup.kind, id: lookup.id, key })];
    }
    return lookup.kind === 'find-node' ? this.#end(lookup, null) : [];
  }

  #end({ id, key, nodeIds, hops, tries }: Lookup, record: PeerRecord | null): KadOutput[] {
    this.#lookups.delete(id);
    return [{ kind: 'looked-up', key, record, nodeIds, hops, tries }];
  }

  /** Whether a stored record is worth a check: not one that we have already, nor one too many. */
  #mayCheck(record: PeerRecord, nowMs: number): boolean {
    return record.publicKey !== this.#ownRecord?.publicKey && this.#checks.take(nowMs);
  }
}

function sendTo(to: Account, message: KadMessage): KadOutput {
  return { kind: 'send', to, reach: 'exact', body: JSON.stringify(message) };
}
