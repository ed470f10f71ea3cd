/**
 * One link's heartbeat: pings measure the delay and the other clock, and silence shows that the peer is gone.
 */

/** A ping also carries the chain's status, so this bounds for how long a lost announcement goes unnoticed. */
export const PING_INTERVAL_MS = 2_000;
/** Two pings unanswered, and nothing else heard: a killed tab. One that only stalled is linked again within seconds. */
export const SILENCE_LIMIT_MS = 5_000;
/** A peer that has said that its page is hidden: browsers let such pages sleep, and a look at another app is short. */
export const HIDDEN_SILENCE_LIMIT_MS = 90_000;
/** A delay is the mean of about this many measurements. */
const SMOOTHING = 4;

export type HeartbeatAction = { kind: 'none' } | { kind: 'ping'; id: number } | { kind: 'silent' };

export class Heartbeat {
  #lastHeardMs: number;
  #nextPingMs: number;
  #awaiting: { id: number; sentMs: number } | null = null;
  #delayMs: number | null = null;
  #clockOffsetMs: number | null = null;
  #isHidden = false;

  constructor(monotonicMs: number) {
    this.#lastHeardMs = monotonicMs;
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

  tick(monotonicMs: number): HeartbeatAction {
    const limitMs = this.#isHidden ? HIDDEN_SILENCE_LIMIT_MS : SILENCE_LIMIT_MS;
    if (monotonicMs - this.#lastHeardMs > limitMs) return { kind: 'silent' };
    if (monotonicMs < this.#nextPingMs) return { kind: 'none' };
    this.#nextPingMs = monotonicMs + PING_INTERVAL_MS;
    // The time is an id that no earlier ping has, and the same for all neighbours: their pings are one message.
    this.#awaiting = { id: Math.floor(monotonicMs), sentMs: monotonicMs };
    return { kind: 'ping', id: this.#awaiting.id };
  }

  /** Takes the answer to the latest ping; older answers measure nothing. */
  pong(id: number, theirClockMs: number, wallMs: number, monotonicMs: number): void {
    if (this.#awaiting?.id !== id) return;
    const roundTripMs = monotonicMs - this.#awaiting.sentMs;
    this.#awaiting = null;
    this.#delayMs =
      this.#delayMs === null
        ? roundTripMs
        : this.#delayMs + (roundTripMs - this.#delayMs) / SMOOTHING;
    this.#clockOffsetMs = theirClockMs - (wallMs - roundTripMs / 2);
  }

  /** After a sleep of the whole machine nobody is silent: every link gets a fresh chance. */
  forgive(monotonicMs: number): void {
    this.#lastHeardMs = monotonicMs;
    this.#nextPingMs = monotonicMs;
  }
}
