/**
 * What the page shows of a peer: its newest snapshot, and the block that the user looks at.
 * It is drawn a few times a second at most, once a second where nothing has happened, and not at all while the page is
 * hidden, so that drawing never competes with mining.
 */
import type { HashHex } from '../../lib/chain/bytes.ts';
import type { RoomSession, SessionSnapshot } from '../../lib/drivers/session.ts';
import { beginHistory, continueHistory, type LinkHistory } from './network-check.ts';
import { compareSnapshots, untilWholeSecondMs } from './redraw.ts';

/** So often at most it is looked at what has changed: a picture of a peer is not for nothing. */
const LEAST_LOOK_MS = 125;
/** News that come more often than this cannot be read. A new tip is drawn sooner. */
const LEAST_REDRAW_MS = 250;
/**
 * So long after its arrival a new tip is drawn: drawing takes some milliseconds, in which neighbours would wait for the
 * block, and where many tabs share a computer, all of them would draw at the very moment when all pass it on.
 */
const PASSING_ON_MS = 80;
/**
 * Where many tabs share a computer that draws without a graphics card, drawing would keep them from each other's blocks.
 * So long after a drawing the next frame should have come; by what it is late, times the second, the next drawing is
 * put off, for the third at most.
 */
const LATE_FRAMES = { fromMs: 40, patience: 8, longestRestMs: 2_000 } as const;
/** With frames so late a glide is a few leaps, each of which costs as much again: things are put in place at once. */
const MOTION_LIMIT_MS = 50;
/** While a chain is fetched its tip changes all the time, and drawing must not keep the page from fetching. */
const SYNCING_REDRAW_MS = 1_000;
/** The title of a hidden tab is all that shows of it, and timers there run once a second. */
const HIDDEN_TITLE_MS = 1_000;

export class RoomView {
  readonly session: RoomSession;
  snapshot: SessionSnapshot;
  /** What its links have been so far, as far as a look shows it. */
  links: LinkHistory = $state.raw(beginHistory(Date.now()));
  /** The block in the inspector; null is the tip, whatever it is. */
  selected = $state.raw<HashHex | null>(null);

  readonly #unsubscribe: () => void;
  readonly #onVisibility = (): void => this.#wake();
  /** The next look, and when it is due; null where none is planned. */
  #planned: { readonly atMs: number; readonly timer: ReturnType<typeof setTimeout> } | null = null;
  #isFramed = false;
  #isReleased = false;
  #lookedMs = -Infinity;
  #drawnMs = 0;
  /** How much too late the frame after the last drawing came. */
  #lateMs = 0;

  constructor(session: RoomSession) {
    this.session = session;
    this.snapshot = $state.raw(session.snapshot());
    this.#unsubscribe = session.subscribe(() => this.#wake());
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#draw();
  }

  /** Stops looking; the session itself goes on. */
  release(): void {
    this.#isReleased = true;
    this.#unsubscribe();
    if (this.#planned !== null) clearTimeout(this.#planned.timer);
    document.removeEventListener('visibilitychange', this.#onVisibility);
  }

  #wake(): void {
    const nowMs = performance.now();
    this.#plan(document.hidden ? nowMs + HIDDEN_TITLE_MS : this.#lookedMs + LEAST_LOOK_MS, nowMs);
  }

  /** Looks at this time, or sooner if that was planned before. */
  #plan(atMs: number, nowMs: number): void {
    // The frame that was asked for shows what has changed until then; a hidden page has no frames.
    if (this.#isReleased || (this.#isFramed && !document.hidden)) return;
    if (this.#planned !== null) {
      if (this.#planned.atMs <= atMs) return;
      clearTimeout(this.#planned.timer);
    }
    const timer = setTimeout(() => this.#look(), Math.max(0, atMs - nowMs));
    this.#planned = { atMs, timer };
  }

  #look(): void {
    this.#planned = null;
    const nowMs = performance.now();
    this.#lookedMs = nowMs;
    const next = this.session.snapshot();
    if (document.hidden) {
      document.title = titleOf(next);
      return;
    }
    const dueMs = this.#dueMs(next, nowMs);
    if (dueMs === null) return;
    if (dueMs > nowMs) {
      this.#plan(dueMs, nowMs);
      return;
    }
    this.#isFramed = true;
    requestAnimationFrame(() => this.#draw());
  }

  /** When this picture is to be drawn; null where it shows nothing new. */
  #dueMs(next: SessionSnapshot, nowMs: number): number | null {
    const change = compareSnapshots(this.snapshot, next);
    if (change === 'nothing') return null;
    const lateRestMs = Math.min(LATE_FRAMES.patience * this.#lateMs, LATE_FRAMES.longestRestMs);
    return Math.max(this.#wantedMs(change, next, nowMs), this.#drawnMs + lateRestMs);
  }

  #wantedMs(change: 'tip' | 'news' | 'figures', next: SessionSnapshot, nowMs: number): number {
    if (change === 'figures') return this.#drawnMs + untilWholeSecondMs(this.#drawnMs);
    if (next.phase === 'syncing') return this.#drawnMs + SYNCING_REDRAW_MS;
    if (change === 'news' || next.tip === null) return this.#drawnMs + LEAST_REDRAW_MS;
    const ageMs = Date.now() - next.tip.heardMs;
    // Below nothing where the wall clock has been set back since the block came.
    return nowMs + (ageMs < 0 ? 0 : Math.max(0, PASSING_ON_MS - ageMs));
  }

  #draw(): void {
    if (this.#isReleased) return;
    const nowMs = performance.now();
    const next = this.session.snapshot();
    this.#isFramed = false;
    this.#drawnMs = nowMs;
    this.snapshot = next;
    this.links = continueHistory(this.links, next.peers, Date.now());
    document.title = titleOf(next);
    requestAnimationFrame(() => this.#judgeFrame(performance.now() - nowMs));
  }

  #judgeFrame(frameMs: number): void {
    this.#lateMs = Math.max(0, frameMs - LATE_FRAMES.fromMs);
    document.documentElement.toggleAttribute('data-busy', frameMs > MOTION_LIMIT_MS);
  }
}

function titleOf(snapshot: SessionSnapshot): string {
  const height = snapshot.tip === null ? '…' : String(snapshot.tip.height);
  return `${height} · ${snapshot.room.code} · Tabchain`;
}
