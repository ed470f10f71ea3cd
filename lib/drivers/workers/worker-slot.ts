/**
 * One place in a pool for a worker: starts it, counts its hashes, and fills the place again when the worker
 * dies or hangs.
 */
import type { OwnerMessage, WorkerMessage } from './messages.ts';
import { countPosted, createPostedCount, type PostedCount } from './posted-count.ts';

/** A worker that keeps dying is replaced this often in a row; then its place stays empty. */
const RESTART_LIMIT = 5;
/** A worker that lived so long was sound: its death is the first of a new row. */
const SOUND_LIFE_MS = 60_000;
/** Hash rates are means over about this time. */
const RATE_WINDOW_MS = 1000;
/** Without a report for so long a worker counts as idle. */
const SILENCE_MS = 1500;

/** How often a pool looks after its workers. */
export const WATCH_MS = 1000;
/**
 * A worker that searches says so every quarter of a second; one that was silent at so many looks in a row hangs. Looks
 * are counted and not time, since in a page that sleeps its owner sleeps too.
 */
export const SILENT_LOOKS_LIMIT = 20;

/** A running worker, as the pool sees it. */
export interface WorkerPort {
  post(message: OwnerMessage): void;
  terminate(): void;
}

export interface WorkerEvents {
  message(message: WorkerMessage): void;
  /** The worker is gone, or has thrown; called at most once that matters. */
  died(reason: string): void;
}

/** Starts a worker. May throw where that is impossible. */
export type SpawnWorker = (events: WorkerEvents) => WorkerPort;

export interface SlotEvents {
  /** A worker is there: it wants the pool's settings and the current search. */
  started(slot: WorkerSlot): void;
  message(slot: WorkerSlot, message: WorkerMessage): void;
  warn(text: string): void;
  /** A worker has died too often: its place stays empty. */
  abandoned(): void;
}

export class WorkerSlot {
  /** Keeps the nonces of a pool's workers apart. */
  readonly index: number;
  readonly #spawn: SpawnWorker;
  readonly #events: SlotEvents;
  #port: WorkerPort | null = null;
  #posted: PostedCount | null = null;
  /** Counts the workers that were here: what one says after its end means nothing any more. */
  #life = 0;
  #isAbandoned = false;
  #deathsInARow = 0;
  #startedAtMs = 0;
  /** Whether the worker was told to search. */
  #isSearching = false;
  /** Whether it has said that it cannot search. */
  #isUnable = false;
  #silentLooks = 0;
  #reports: { atMs: number; hashes: number; elapsedMs: number }[] = [];

  constructor(index: number, spawn: SpawnWorker, events: SlotEvents) {
    this.index = index;
    this.#spawn = spawn;
    this.#events = events;
    this.#start();
  }

  /** Whether its place stays empty for good. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Where the messages to the worker that is here now are counted; each worker has a count of its own. */
  get posted(): PostedCount | null {
    return this.#posted;
  }

  post(message: OwnerMessage): void {
    if (message.type === 'search') {
      this.#isSearching = message.template !== null;
      this.#silentLooks = 0;
    }
    if (this.#port === null) return;
    this.#port.post(message);
    if (this.#posted !== null) countPosted(this.#posted);
  }

  /** Replaces the worker if it hangs; called every {@link WATCH_MS}. */
  watch(): void {
    if (!this.#isSearching || this.#isUnable || this.#port === null) return;
    this.#silentLooks++;
    if (this.#silentLooks < SILENT_LOOKS_LIMIT) return;
    // No death of a row: it happens so seldom that it needs no limit.
    this.#end();
    this.#events.warn(`Worker ${this.index + 1} said nothing any more and was replaced.`);
    this.#start();
  }

  close(): void {
    this.#end();
  }

  /** Takes a report of progress into the rate. */
  count(hashes: number, elapsedMs: number): void {
    const atMs = performance.now();
    this.#reports = this.#reports.filter((report) => report.atMs > atMs - RATE_WINDOW_MS);
    this.#reports.push({ atMs, hashes, elapsedMs });
  }

  hashesPerSecond(): number {
    const last = this.#reports.at(-1);
    if (last === undefined || last.atMs < performance.now() - SILENCE_MS) return 0;
    let hashes = 0;
    let elapsedMs = 0;
    for (const report of this.#reports) {
      hashes += report.hashes;
      elapsedMs += report.elapsedMs;
    }
    return elapsedMs > 0 ? (1000 * hashes) / elapsedMs : 0;
  }

  #start(): void {
    this.#startedAtMs = performance.now();
    this.#reports = [];
    this.#posted = createPostedCount();
    const life = this.#life;
    const events: WorkerEvents = {
      message: (message) => {
        if (life !== this.#life) return;
        this.#silentLooks = 0;
        if (message.type === 'kernel') this.#isUnable = message.kernel === null;
        this.#events.message(this, message);
      },
      died: (reason) => {
        if (life === this.#life) this.#replace(reason);
      },
    };
    try {
      this.#port = this.#spawn(events);
    } catch (error) {
      events.died(String(error));
      return;
    }
    this.#events.started(this);
  }

  #end(): void {
    this.#port?.terminate();
    this.#port = null;
    this.#life++;
    this.#isSearching = false;
    this.#isUnable = false;
  }

  #replace(reason: string): void {
    this.#end();
    if (performance.now() - this.#startedAtMs > SOUND_LIFE_MS) this.#deathsInARow = 0;
    this.#deathsInARow += 1;
    const name = `Worker ${this.index + 1}`;
    if (this.#deathsInARow > RESTART_LIMIT) {
      this.#isAbandoned = true;
      this.#events.warn(`${name} died again (${reason}) and is not replaced any more.`);
      this.#events.abandoned();
      return;
    }
    this.#events.warn(`${name} died (${reason}) and was replaced.`);
    this.#start();
  }
}
