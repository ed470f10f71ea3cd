/**
 * Catching up (R28): asks the neighbour with the most work for its chain from where ours and its part, batch after batch.
 *
 * The next batch is asked for as soon as one has come, so that the link and the judging of blocks work side by side.
 * What has come waits here and is given out in slices of bounded size, one for each step of the peer, so that a page
 * stays responsive. A neighbour that stalls is replaced; what it has sent counts all the same.
 */
import { hashBlockHex, type Block } from '../chain/block.ts';
import type { HashHex } from '../chain/bytes.ts';
import type { Send } from './gossip.ts';
import { CHAIN_BATCHES_LIMIT, HASHES_LIMIT, type ChainMessage } from './messages.ts';

/** A batch takes milliseconds; a neighbour that needs longer than this stalls, and another is asked. */
export const BATCH_TIMEOUT_MS = 6_000;
/** How long a neighbour that stalled, or claimed work that it did not show, is not asked again. */
export const DISTRUST_MS = 20_000;
/** Blocks judged in one step: two milliseconds of a laptop, and some twenty of an old phone. */
export const SLICE_BLOCKS_LIMIT = 128;
/** Data judged in one step, as hashing takes its time by the byte. One block at least is judged, whatever its size. */
export const SLICE_DATA_LIMIT_BYTES = 32 * 1024;
/** Where so many batches wait to be judged, no further ones are asked for: half a second's work of an old phone. */
export const WAITING_BATCHES_LIMIT = 4;

/** Makes the locator with which this neighbour is asked. */
export type Locator = (linkId: string) => readonly HashHex[];

/** What sync sees of a neighbour. */
export interface SyncNeighbour {
  readonly linkId: string;
  readonly work: bigint;
}

/** A question under way. */
interface Asking {
  readonly linkId: string;
  readonly id: number;
  /** When the next answer must be there. */
  deadlineMs: number;
  /** Answers that are still to come. */
  batches: number;
}

/** An answer that is being judged, or waits for it. There is one block at least. */
interface Batch {
  readonly linkId: string;
  readonly blocks: readonly Block[];
  readonly lastHash: HashHex;
  /** Whether its sender has more blocks above these, and can be asked for them. */
  more: boolean;
  /** Blocks given out so far. */
  given: number;
  /** Whether one of them was new to us and of use. */
  grew: boolean;
}

/** Some blocks of a batch, in order. */
export interface Slice {
  readonly linkId: string;
  readonly blocks: readonly Block[];
  /** The whole batch where this is its first slice, else null. */
  readonly opens: readonly Block[] | null;
  /** The hash of the batch's last block where this is its last slice, else null. */
  readonly closes: HashHex | null;
}

/** What came of a batch once all its blocks are judged. */
export interface JudgedBatch {
  /** Height of its last block where that is kept or waits, else -1. */
  readonly reachedHeight: number;
  /** Whether we still lack what the neighbour claims to have. */
  readonly lacking: boolean;
}

export class Sync {
  #asking: Asking | null = null;
  #nextId = 1;
  /** All of one sender, the one being judged first. */
  readonly #waiting: Batch[] = [];
  /** Whether the latest batch judged in this catching up brought blocks that were new. */
  #grew = false;
  /** Height of the last kept block of the batch judged before; -1 for the first batch. */
  #reachedHeight = -1;
  readonly #distrusted = new Map<string, number>();

  /**
   * Whether older blocks are coming in: a batch is under way or being judged, and brings something. A neighbour that
   * merely lets us wait for its first answer shall not keep us from anything.
   */
  get catchingUp(): boolean {
    return this.#grew && this.isUnderWay;
  }

  /** Whether an answer is waited for, or blocks wait to be judged. */
  get isUnderWay(): boolean {
    return this.#asking !== null || this.hasWaiting;
  }

  /** Whether blocks wait to be judged. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** A link is gone. What came over it is judged all the same. */
  dropLink(linkId: string): void {
    this.#distrusted.delete(linkId);
    if (this.#asking?.linkId === linkId) this.#asking = null;
    const last = this.#waiting.at(-1);
    if (last?.linkId === linkId) last.more = false;
  }

  /** Whether blocks of this link wait to be judged. */
  hasWaitingFrom(linkId: string): boolean {
    return this.#waiting[0]?.linkId === linkId;
  }

  /** Forgets what has come over a link and what was asked for there. */
  discard(linkId: string): void {
    if (this.hasWaitingFrom(linkId)) this.#waiting.length = 0;
    if (this.#asking?.linkId === linkId) this.#asking = null;
  }

  /** Asks the one with most work of the neighbours that have more than we; does nothing while a batch is under way. */
  consider(richer: Iterable<SyncNeighbour>, locator: Locator, nowMs: number, send: Send): void {
    if (this.#asking !== null && this.#asking.deadlineMs > nowMs) return;
    if (this.#asking !== null) this.#distrust(this.#asking.linkId, nowMs);
    this.#asking = null;
    if (this.hasWaiting) return;
    let best: SyncNeighbour | null = null;
    for (const neighbour of richer) {
      if (this.#isDistrusted(neighbour.linkId, nowMs)) continue;
      if (best === null || neighbour.work > best.work) best = neighbour;
    }
    if (best !== null) this.ask(best.linkId, locator, nowMs, send);
  }

  /** Asks this neighbour, unless a batch is under way or it is distrusted. */
  ask(linkId: string, locator: Locator, nowMs: number, send: Send): void {
    if (this.isUnderWay || this.#isDistrusted(linkId, nowMs)) return;
    this.#grew = false;
    this.#reachedHeight = -1;
    this.#question(linkId, locator(linkId), nowMs, send);
  }

  /** Asks for what follows the last batch that waits, if there is more of it and room for it. */
  askOn(locator: Locator, nowMs: number, send: Send): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined && this.#waiting.length < WAITING_BATCHES_LIMIT)
      this.#follow(last, locator, nowMs, send);
  }

  /** Takes an answer that is waited for. Returns false for any other, which is odd, and ignored. */
  receive(linkId: string, { id, blocks, more }: ChainMessage, nowMs: number): boolean {
    const asking = this.#asking;
    if (asking?.linkId !== linkId || asking.id !== id) return false;
    const last = blocks.at(-1);
    asking.deadlineMs = nowMs + BATCH_TIMEOUT_MS;
    if (--asking.batches === 0 || !more || last === undefined) this.#asking = null;
    if (last !== undefined)
      this.#waiting.push({
        linkId,
        blocks,
        lastHash: hashBlockHex(last),
        more,
        given: 0,
        grew: false,
      });
    return true;
  }

  /** The neighbour's answer was empty though it claims to have more than we. */
  disappoint(linkId: string, nowMs: number): void {
    if (!this.hasWaiting) this.#distrust(linkId, nowMs);
  }

  /** The next blocks to judge, or null where none wait. */
  takeSlice(): Slice | null {
    const batch = this.#waiting[0];
    if (batch === undefined) return null;
    const { linkId, blocks, given, lastHash } = batch;
    let bytes = blocks[given]!.data.length;
    let end = given + 1;
    for (; end < blocks.length && end - given < SLICE_BLOCKS_LIMIT; end++) {
      bytes += blocks[end]!.data.length;
      if (bytes > SLICE_DATA_LIMIT_BYTES) break;
    }
    batch.given = end;
    return {
      linkId,
      blocks: blocks.slice(given, end),
      opens: given === 0 ? blocks : null,
      closes: end === blocks.length ? lastHash : null,
    };
  }

  /** The slice that was taken last brought blocks that were new to us and of use. */
  brought(): void {
    this.#waiting[0]!.grew = true;
    this.#grew = true;
  }

  /**
   * The last slice of a batch has been judged. Goes on with what follows it, or ends the catching up; returns whether it
   * goes on. Blocks that we had already count as progress too, as long as they climb: they may lie on a branch of which
   * we got a part before.
   */
  finish(
    { reachedHeight, lacking }: JudgedBatch,
    locator: Locator,
    nowMs: number,
    send: Send,
  ): boolean {
    const batch = this.#waiting.shift()!;
    const goesOn = batch.more && reachedHeight > this.#reachedHeight;
    this.#grew = batch.grew;
    this.#reachedHeight = reachedHeight;
    if (!goesOn) {
      this.discard(batch.linkId);
      if (!batch.grew && lacking) this.#distrust(batch.linkId, nowMs);
      return false;
    }
    this.#follow(this.#waiting.at(-1) ?? batch, locator, nowMs, send);
    return this.isUnderWay;
  }

  #follow({ linkId, lastHash, more }: Batch, locator: Locator, nowMs: number, send: Send): void {
    if (!more || this.#asking !== null || this.#isDistrusted(linkId, nowMs)) return;
    // Our own tip does not move where a branch is longer than a batch, and lags behind what waits.
    this.#question(linkId, [lastHash, ...locator(linkId)], nowMs, send);
  }

  #question(linkId: string, locator: readonly HashHex[], nowMs: number, send: Send): void {
    const id = this.#nextId++;
    const batches = CHAIN_BATCHES_LIMIT;
    this.#asking = { linkId, id, deadlineMs: nowMs + BATCH_TIMEOUT_MS, batches };
    send(linkId, { type: 'get-chain', id, locator: locator.slice(0, HASHES_LIMIT), batches });
  }

  #isDistrusted(linkId: string, nowMs: number): boolean {
    return (this.#distrusted.get(linkId) ?? 0) > nowMs;
  }

  /** Links that are gone by now leave the list here at the latest. */
  #distrust(linkId: string, nowMs: number): void {
    for (const [other, untilMs] of this.#distrusted)
      if (untilMs <= nowMs) this.#distrusted.delete(other);
    this.#distrusted.set(linkId, nowMs + DISTRUST_MS);
  }
}
