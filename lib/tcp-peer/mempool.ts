/**
 * Transactions that were accepted and wait for a block (R24): none is lost, and none comes twice.
 *
 * A transaction is only a text, without an id, and the same text may be meant twice. So copies are counted: as many as
 * were accepted here, or seen on a valid chain, whichever is more, belong on the chain; those that are not there wait.
 * Blocks take from their origins (connections) in turn, so that nobody waits behind a flood of somebody else's.
 */
import type { TcpBlock } from './block.ts';

/** Transactions that may wait. At one block of five each second they are closed within half an hour. */
export const WAITING_LIMIT = 10_000;
/**
 * How long a copy that came by a chain stands for a request on its way: the same transaction, passed on by the neighbour
 * that accepted it, may come after the chain that holds it. Longer than it may be under way.
 */
export const LATE_COPY_MS = 10_000;

/** Where transactions come from that were on a chain that lost, or on a neighbour's shorter one. */
const FROM_CHAINS = 'chains';

export type SubmitOutcome =
  /** It waits now. */
  | { readonly kind: 'accepted' }
  /** It is one that the chain brought already. */
  | { readonly kind: 'known' }
  | { readonly kind: 'full' };

/** Copies of one text. Waiting are `accepted − onChain`. */
interface Copies {
  accepted: number;
  onChain: number;
  /** Copies that came by a chain, for which no request has come, and until when one is awaited. */
  late: number;
  lateUntilMs: number;
}

export class Mempool {
  readonly #copies = new Map<string, Copies>();
  /** Waiting texts by origin, the origin whose turn it is first. None is empty. */
  readonly #queues = new Map<string, string[]>();
  #waiting = 0;

  /** Transactions that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Takes a transaction from `origin`. `fresh` means that it was entered here, so that it can be no copy of one under
   * way. No origin may take more than half of the places that are left, so that one flood never fills them all.
   */
  submit(text: string, origin: string, fresh: boolean, nowMs: number): SubmitOutcome {
    const late = this.#copies.get(text);
    if (!fresh && late !== undefined && late.late > 0 && nowMs < late.lateUntilMs) {
      late.late--;
      return { kind: 'known' };
    }
    const own = this.#queues.get(origin)?.length ?? 0;
    if (this.#waiting >= WAITING_LIMIT || own > WAITING_LIMIT - this.#waiting)
      return { kind: 'full' };
    this.#copiesOf(text).accepted++;
    this.#enqueue(text, origin);
    return { kind: 'accepted' };
  }

  /** Takes the next transactions out, at most `count`, for a block that is closed now. */
  takeForBlock(count: number): string[] {
    const texts: string[] = [];
    while (texts.length < count) {
      const turn = this.#queues.entries().next();
      if (turn.done === true) break;
      const [origin, queue] = turn.value;
      const text = queue.shift()!;
      texts.push(text);
      this.#waiting--;
      this.#copiesOf(text).onChain++;
      this.#queues.delete(origin);
      if (queue.length > 0) this.#queues.set(origin, queue);
    }
    return texts;
  }

  /** What waits, in the order in which blocks will take it. */
  *inOrder(): Generator<string> {
    let queues = [...this.#queues.values()];
    for (let place = 0; queues.length > 0; place++) {
      for (const queue of queues) yield queue[place]!;
      queues = queues.filter((queue) => queue.length > place + 1);
    }
  }

  /** The chain has changed: what was only on the blocks that left waits again, what came with new ones waits no more. */
  replaceBlocks(left: readonly TcpBlock[], came: readonly TcpBlock[], nowMs: number): void {
    const returning: string[] = [];
    for (const text of textsOf(left)) {
      this.#copiesOf(text).onChain--;
      returning.push(text);
    }
    for (const text of textsOf(came)) this.#copiesOf(text).onChain++;
    for (const text of textsOf(came))
      this.#raise(text, this.#copiesOf(text), this.#copiesOf(text).onChain, nowMs);

    const queues = [...this.#queues];
    this.#queues.clear();
    this.#waiting = 0;
    const placed = new Map<string, number>();
    const enqueueWanted = (text: string, origin: string) => {
      const { accepted, onChain } = this.#copiesOf(text);
      const already = placed.get(text) ?? 0;
      if (already >= accepted - onChain) return;
      placed.set(text, already + 1);
      this.#enqueue(text, origin);
    };
    for (const text of returning) enqueueWanted(text, FROM_CHAINS);
    for (const [origin, queue] of queues) for (const text of queue) enqueueWanted(text, origin);
  }

  /**
   * Takes what a neighbour's chain holds and ours does not, when that chain was not taken: its transactions were accepted
   * by somebody and must not be lost. `ours` and `theirs` are the blocks after the last common one.
   */
  salvage(ours: readonly TcpBlock[], theirs: readonly TcpBlock[], nowMs: number): number {
    const difference = new Map<string, number>();
    const count = (text: string, step: number) =>
      difference.set(text, (difference.get(text) ?? 0) + step);
    for (const text of textsOf(theirs)) count(text, 1);
    for (const text of textsOf(ours)) count(text, -1);
    const before = this.#waiting;
    for (const text of textsOf(theirs)) {
      if (this.#waiting >= WAITING_LIMIT) break;
      const copies = this.#copiesOf(text);
      if (copies.onChain + difference.get(text)! <= copies.accepted) continue;
      this.#raise(text, copies, copies.accepted + 1, nowMs);
      this.#enqueue(text, FROM_CHAINS);
    }
    return this.#waiting - before;
  }

  /** Notes that there are at least so many copies, more than requests have brought. */
  #raise(text: string, copies: Copies, accepted: number, nowMs: number): void {
    if (accepted <= copies.accepted) return;
    const stillAwaited = nowMs < copies.lateUntilMs ? copies.late : 0;
    copies.late = stillAwaited + accepted - copies.accepted;
    copies.lateUntilMs = nowMs + LATE_COPY_MS;
    copies.accepted = accepted;
  }

  #enqueue(text: string, origin: string): void {
    const queue = this.#queues.get(origin);
    if (queue === undefined) this.#queues.set(origin, [text]);
    else queue.push(text);
    this.#waiting++;
  }

  /** Bounded by the chain's length and the places to wait. */
  #copiesOf(text: string): Copies {
    let copies = this.#copies.get(text);
    if (copies === undefined) {
      copies = { accepted: 0, onChain: 0, late: 0, lateUntilMs: 0 };
      this.#copies.set(text, copies);
    }
    return copies;
  }
}

function* textsOf(blocks: readonly TcpBlock[]): Generator<string> {
  for (const block of blocks) yield* block.transactions;
}
