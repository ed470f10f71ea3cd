/**
 * What the page shows of a peer: its newest snapshot, and the block that the user looks at.
 * Snapshots are taken at animation frames, a few times a second at most, and not at all while the page is hidden,
 * so that drawing never competes with mining.
 */
import type { HashHex } from '../../lib/chain/bytes.ts';
import type { RoomSession, SessionSnapshot } from '../../lib/drivers/session.ts';
import { beginHistory, continueHistory, type LinkHistory } from './network-check.ts';

/** A figure that changes more often than this cannot be read. A new tip is drawn sooner. */
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
/** A frame so late makes every movement a leap: things are put where they belong at once. */
const MOTION_LIMIT_MS = 100;
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
  #scheduled = false;
  #drawnMs = 0;
  /** How much too late the frame after the last drawing came. */
  #lateMs = 0;
  /** When a new tip is to be drawn; null where there is none. */
  #tipDueMs: number | null = null;

  constructor(session: RoomSession) {
    this.session = session;
    this.snapshot = $state.raw(session.snapshot());
    this.#unsubscribe = session.subscribe(() => this.#wake());
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#draw();
  }

  /** Stops looking; the session itself goes on. */
  release(): void {
    this.#unsubscribe();
    document.removeEventListener('visibilitychange', this.#onVisibility);
  }

  #wake(): void {
    if (document.hidden) {
      if (this.#scheduled) return;
      this.#scheduled = true;
      setTimeout(() => {
        this.#scheduled = false;
        if (document.hidden) document.title = titleOf(this.session.snapshot());
        else this.#wake();
      }, HIDDEN_TITLE_MS);
      return;
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    const next = this.session.snapshot();
    const isSyncing = next.phase === 'syncing';
    const lateRestMs = Math.min(LATE_FRAMES.patience * this.#lateMs, LATE_FRAMES.longestRestMs);
    const leastMs = Math.max(isSyncing ? SYNCING_REDRAW_MS : LEAST_REDRAW_MS, lateRestMs);
    const isNewTip = !isSyncing && next.tip?.hash !== this.snapshot.tip?.hash;
    const nowMs = performance.now();
    if (isNewTip) this.#tipDueMs ??= Math.max(nowMs + PASSING_ON_MS, this.#drawnMs + lateRestMs);
    const restMs = isNewTip ? this.#tipDueMs! - nowMs : leastMs - (nowMs - this.#drawnMs);
    if (restMs > 0) {
      setTimeout(() => requestAnimationFrame(() => this.#draw()), restMs);
      return;
    }
    this.#scheduled = false;
    this.#drawnMs = nowMs;
    this.#tipDueMs = null;
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
