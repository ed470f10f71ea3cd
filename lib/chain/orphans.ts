/**
 * Blocks whose parent is unknown, kept for a while in a pool of their sender's own, so that nobody evicts another's (R9).
 */
import type { HashHex } from './bytes.ts';
import type { Block } from './block.ts';

/** Orphans kept for one sender. Gossip runs a few blocks ahead of a sync, never hundreds; the oldest leaves first. */
export const ORPHANS_PER_SENDER_LIMIT = 128;

export interface Orphan {
  readonly hash: HashHex;
  readonly hashBytes: Uint8Array;
  readonly previousHash: HashHex;
  readonly block: Block;
  readonly heardMs: number;
  readonly heardFrom: string;
}

/** The pools of all senders. The number of senders is bounded by the transports' limits on links. */
export class OrphanPool {
  readonly #bySender = new Map<string, Map<HashHex, Orphan>>();
  readonly #byParent = new Map<HashHex, Set<Orphan>>();
  #size = 0;

  /** Orphans of all senders. */
  get size(): number {
    return this.#size;
  }

  has(sender: string, hash: HashHex): boolean {
    return this.#bySender.get(sender)?.has(hash) ?? false;
  }

  /** Keeps an orphan under its sender; at the limit that sender's oldest leaves. */
  add(orphan: Orphan): void {
    let pool = this.#bySender.get(orphan.heardFrom);
    if (pool === undefined)
      this.#bySender.set(orphan.heardFrom, (pool = new Map<HashHex, Orphan>()));
    if (pool.has(orphan.hash)) return;
    if (pool.size >= ORPHANS_PER_SENDER_LIMIT) this.#drop(pool.values().next().value!);
    pool.set(orphan.hash, orphan);
    this.#size++;
    const siblings = this.#byParent.get(orphan.previousHash);
    if (siblings === undefined) this.#byParent.set(orphan.previousHash, new Set([orphan]));
    else siblings.add(orphan);
  }

  /** Takes out the orphans that wait for this parent, of one sender or of all, in order of arrival. */
  takeChildrenOf(parent: HashHex, sender: string | null = null): Orphan[] {
    const waiting = [...(this.#byParent.get(parent) ?? [])];
    const children =
      sender === null ? waiting : waiting.filter(({ heardFrom }) => heardFrom === sender);
    for (const orphan of children) this.#drop(orphan);
    return children;
  }

  /** Forgets what a sender that is gone has left. */
  dropSender(sender: string): void {
    for (const orphan of [...(this.#bySender.get(sender)?.values() ?? [])]) this.#drop(orphan);
  }

  #drop(orphan: Orphan): void {
    const pool = this.#bySender.get(orphan.heardFrom);
    if (pool?.delete(orphan.hash) === true) this.#size--;
    if (pool?.size === 0) this.#bySender.delete(orphan.heardFrom);
    const siblings = this.#byParent.get(orphan.previousHash);
    siblings?.delete(orphan);
    if (siblings?.size === 0) this.#byParent.delete(orphan.previousHash);
  }
}
