/**
 * One link's heartbeat: pings measure the delay and the other clock, and silence shows that the peer is gone.
 */

/**
 * Over a link there is a ping so often, of either side: ping and answer show both that the other lives, so the two take
 * turns, which halves what a link costs at rest.
 */
export const PING_INTERVAL_MS = 2_000;
/** Whoever has pinged leaves the next turn to the other side for so long. */
export const TURN_MS = 3_000;
/**
 * And pings itself so often in any case, to measure the delay. A ping also carries the chain's status, so this bounds
 * for how long a lost announcement goes unnoticed.
 */
export const OWN_PING_INTERVAL_MS = 4_000;
/** Pings of both sides within this time may have crossed: then one of them counts as the turn. */
const CROSSING_MS = 1_000;
/** A turn of each side without a word: a killed tab. One that only stalled is linked again within seconds. */
export const SILENCE_LIMIT_MS = 5_000;
/**
 * Where answers take longer than the first figure, a machine is too busy or a network too slow, and so many times what
 * they take beyond it is waited longer, up to the last figure. Who closed such links and made them anew would make the
 * machine busier, until all are closed.
 */
export const SLOW_ANSWERS = { fromMs: 250, patience: 8, silenceLimitMs: 30_000 } as const;
/** What was sent to us while we were kept from our turn waits unread, so that of such a pause only this counts as silence. */
export const COUNTED_PAUSE_MS = 1_000;
/** A peer that has said that its page is hidden: browsers let such pages sleep, and a look at another app is short. */
export const HIDDEN_SILENCE_LIMIT_MS = 90_000;
/** A delay is the mean of about this many measurements. */
const SMOOTHING = 4;
/** Pings whose answer still measures the delay: where it is long, the next ping is out before. */
const AWAITED_PINGS_LIMIT = 5;

export type HeartbeatAction = { kind: 'none' } | { kind: 'ping'; id: number } | { kind: 'silent' };

const NOTHING: HeartbeatAction = { kind: 'none' };

interface Ping {
  readonly id: number;
  readonly sentMs: number;
}

export class Heartbeat {
  #lastHeardMs: number;
  #tickedMs: number;
  #nextPingMs: number;
  #lastPing: Ping | null = null;
  /** Pings without an answer, the oldest first. */
  #awaited: Ping[] = [];
  #delayMs: number | null = null;
  #clockOffsetMs: number | null = null;
  #isHidden = false;

  constructor(monotonicMs: number) {
    this.#lastHeardMs = monotonicMs;
    this.#tickedMs = monotonicMs;
    this.#nextPingMs = monotonicMs;
  }

  /** Round trip in milliseconds, smoothed; null until the first answer. */
  get delayMs(): number | null {
    return this.#delayMs;
  }

  /** The peer's wall clock less ours; null until the first answer. */
  get clockOffsetMs(): number | null {
    return this.#clockOffsetMs;
  }

  heard(monotonicMs: number): void {
    this.#lastHeardMs = monotonicMs;
  }

  /** What the peer says of its page. */
  setHidden(isHidden: boolean): void {
    this.#isHidden = isHidden;
  }

  /**
   * To be called several times a second.
   * @param mayPing false while the other side has not introduced itself: a ping then waits until it has
   */
  tick(monotonicMs: number, mayPing = true): HeartbeatAction {
    const pauseMs = monotonicMs - this.#tickedMs;
    this.#tickedMs = monotonicMs;
    if (pauseMs > COUNTED_PAUSE_MS)
      this.#lastHeardMs = Math.min(monotonicMs, this.#lastHeardMs + pauseMs - COUNTED_PAUSE_MS);
    if (monotonicMs - this.#lastHeardMs > this.#silenceLimitMs()) return { kind: 'silent' };
    if (!mayPing || monotonicMs < this.#nextPingMs) return NOTHING;
    this.#nextPingMs = monotonicMs + TURN_MS;
    // The time is an id that no earlier ping has, and the same for all neighbours: their pings are one message.
    const id = Math.floor(monotonicMs);
    this.#lastPing = { id, sentMs: monotonicMs };
    this.#awaited.push(this.#lastPing);
    if (this.#awaited.length > AWAITED_PINGS_LIMIT) this.#awaited.shift();
    return { kind: 'ping', id };
  }

  /** The other side has pinged: the next turn is ours. */
  pinged(id: number, monotonicMs: number): void {
    const last = this.#lastPing;
    // Our first ping is due in any case.
    if (last === null) return;
    // Of two that crossed the greater id counts as the later one, for both sides alike.
    if (monotonicMs - last.sentMs < CROSSING_MS && id < last.id) return;
    const turnMs = monotonicMs + PING_INTERVAL_MS;
    this.#nextPingMs = Math.min(turnMs, last.sentMs + OWN_PING_INTERVAL_MS);
  }

  /** Takes the answer to a ping of late; others, and second answers, measure nothing. */
  pong(id: number, theirClockMs: number, wallMs: number, monotonicMs: number): void {
    const at = this.#awaited.findIndex((ping) => ping.id === id);
    if (at < 0) return;
    const roundTripMs = monotonicMs - this.#awaited[at]!.sentMs;
    this.#awaited = this.#awaited.slice(at + 1);
    this.#delayMs =
      this.#delayMs === null
        ? roundTripMs
        : this.#delayMs + (roundTripMs - this.#delayMs) / SMOOTHING;
    this.#clockOffsetMs = theirClockMs - (wallMs - roundTripMs / 2);
  }

  /** After a sleep of the whole machine nobody is silent: every link gets a fresh chance. */
  forgive(monotonicMs: number): void {
    this.#lastHeardMs = monotonicMs;
    this.#tickedMs = monotonicMs;
    this.#nextPingMs = monotonicMs;
  }

  #silenceLimitMs(): number {
    if (this.#isHidden) return HIDDEN_SILENCE_LIMIT_MS;
    const slownessMs = Math.max(0, (this.#delayMs ?? 0) - SLOW_ANSWERS.fromMs);
    return Math.min(
      SILENCE_LIMIT_MS + SLOW_ANSWERS.patience * slownessMs,
      SLOW_ANSWERS.silenceLimitMs,
    );
  }
}
