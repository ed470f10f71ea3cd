import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COUNTED_PAUSE_MS,
  Heartbeat,
  HIDDEN_SILENCE_LIMIT_MS,
  PING_INTERVAL_MS,
  SILENCE_LIMIT_MS,
  SLOW_ANSWERS,
  type HeartbeatAction,
} from '../../lib/net/heartbeat.ts';

const TICK_MS = 100;

/** Ticks as a driver does until this time, and tells what the last tick asks for. */
function tickUntil(heartbeat: Heartbeat, fromMs: number, untilMs: number): HeartbeatAction {
  for (let nowMs = fromMs; nowMs < untilMs; nowMs += TICK_MS)
    expect(heartbeat.tick(nowMs).kind).not.toBe('silent');
  return heartbeat.tick(untilMs);
}

describe('the heartbeat of a link', () => {
  it('pings at most once an interval, each time with a new id, however often it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000), { maxLength: 60 }), (stepsMs) => {
        const heartbeat = new Heartbeat(0);
        const ids = new Set<number>();
        let nowMs = 0;
        let lastPingMs = Number.NEGATIVE_INFINITY;
        for (const stepMs of stepsMs) {
          nowMs += stepMs;
          heartbeat.heard(nowMs);
          const action = heartbeat.tick(nowMs);
          expect(action.kind).not.toBe('silent');
          expect(action.kind === 'ping').toBe(nowMs - lastPingMs >= PING_INTERVAL_MS);
          if (action.kind !== 'ping') continue;
          expect(ids.has(action.id)).toBe(false);
          ids.add(action.id);
          lastPingMs = nowMs;
        }
      }),
    );
  });

  it('finds the other clock to within half the round trip, however the delay divides', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.nat(2_000),
        fc.integer({ min: -1e9, max: 1e9 }),
        (thereMs, backMs, offsetMs) => {
          const heartbeat = new Heartbeat(0);
          const action = heartbeat.tick(0);
          if (action.kind !== 'ping') throw new Error('the first tick pings');
          const wallMs = 2e12;
          heartbeat.pong(
            action.id,
            wallMs + thereMs + offsetMs,
            wallMs + thereMs + backMs,
            thereMs + backMs,
          );
          expect(heartbeat.delayMs).toBe(thereMs + backMs);
          const errorMs = Math.abs(heartbeat.clockOffsetMs! - offsetMs);
          expect(errorMs).toBeLessThanOrEqual((thereMs + backMs) / 2);
        },
      ),
    );
  });

  it('waits for a peer whose page is hidden for ninety seconds, and no longer once it is shown', () => {
    const heartbeat = new Heartbeat(0);
    heartbeat.setHidden(true);
    expect(tickUntil(heartbeat, 0, HIDDEN_SILENCE_LIMIT_MS).kind).not.toBe('silent');
    expect(heartbeat.tick(HIDDEN_SILENCE_LIMIT_MS + 1).kind).toBe('silent');
    heartbeat.setHidden(false);
    expect(heartbeat.tick(HIDDEN_SILENCE_LIMIT_MS + 2).kind).toBe('silent');
  });

  it('calls a peer silent that has sent nothing for five seconds, and not a moment before', () => {
    const heartbeat = new Heartbeat(0);
    expect(tickUntil(heartbeat, 0, SILENCE_LIMIT_MS).kind).not.toBe('silent');
    expect(heartbeat.tick(SILENCE_LIMIT_MS + 1).kind).toBe('silent');
    heartbeat.heard(SILENCE_LIMIT_MS + 1);
    expect(heartbeat.tick(SILENCE_LIMIT_MS + 2).kind).toBe('none');
  });

  it('waits longer for one whose answers are slow, within a limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_000 }), (delayMs) => {
        const heartbeat = new Heartbeat(0);
        const action = heartbeat.tick(0);
        if (action.kind !== 'ping') throw new Error('the first tick pings');
        tickUntil(heartbeat, 0, Math.min(delayMs, SILENCE_LIMIT_MS));
        heartbeat.heard(delayMs);
        heartbeat.pong(action.id, 0, 0, delayMs);
        const slownessMs = Math.max(0, delayMs - SLOW_ANSWERS.fromMs);
        const limitMs = Math.min(
          SILENCE_LIMIT_MS + SLOW_ANSWERS.patience * slownessMs,
          SLOW_ANSWERS.silenceLimitMs,
        );
        tickUntil(heartbeat, delayMs, delayMs + limitMs);
        expect(heartbeat.tick(delayMs + limitMs + 1).kind).toBe('silent');
      }),
    );
  });

  it('measures delays that are longer than the time between two pings', () => {
    const heartbeat = new Heartbeat(0);
    const action = heartbeat.tick(0);
    if (action.kind !== 'ping') throw new Error('the first tick pings');
    tickUntil(heartbeat, 0, 2 * PING_INTERVAL_MS);
    heartbeat.pong(action.id, 0, 0, 2 * PING_INTERVAL_MS);
    expect(heartbeat.delayMs).toBe(2 * PING_INTERVAL_MS);
  });

  it('holds little of a pause of our own against others, and yet notices in the end who is gone', () => {
    const heartbeat = new Heartbeat(0);
    const pauseMs = 4_500;
    const pauses = SILENCE_LIMIT_MS / COUNTED_PAUSE_MS;
    for (let count = 1; count <= pauses; count++)
      expect(heartbeat.tick(count * pauseMs).kind).not.toBe('silent');
    expect(heartbeat.tick((pauses + 1) * pauseMs).kind).toBe('silent');
  });

  it('measures nothing by the answer to another ping, by a second answer, or by one that comes after a later one', () => {
    const heartbeat = new Heartbeat(0);
    const first = heartbeat.tick(0);
    const second = heartbeat.tick(PING_INTERVAL_MS);
    if (first.kind !== 'ping' || second.kind !== 'ping') throw new Error('both ticks ping');
    heartbeat.pong(999, 5, 2_500, 2_500);
    expect(heartbeat.delayMs).toBeNull();
    expect(heartbeat.clockOffsetMs).toBeNull();
    heartbeat.pong(second.id, 2_050, 2_100, 2_100);
    expect(heartbeat.delayMs).toBe(100);
    heartbeat.pong(second.id, 9e9, 9_000, 9_000);
    heartbeat.pong(first.id, 9e9, 9_000, 9_000);
    expect(heartbeat.delayMs).toBe(100);
    expect(heartbeat.clockOffsetMs).toBe(0);
  });

  it('shows a delay that moves gently', () => {
    const heartbeat = new Heartbeat(0);
    let nowMs = 0;
    for (const delayMs of [100, 500]) {
      const action = heartbeat.tick(nowMs);
      if (action.kind !== 'ping') throw new Error('it is time to ping');
      heartbeat.pong(action.id, 0, 0, nowMs + delayMs);
      nowMs += PING_INTERVAL_MS;
    }
    expect(heartbeat.delayMs).toBe(200);
  });

  it('holds silence against nobody after a sleep of the machine, and pings at once', () => {
    const heartbeat = new Heartbeat(0);
    heartbeat.tick(0);
    heartbeat.forgive(3_600_000);
    expect(heartbeat.tick(3_600_000).kind).toBe('ping');
    tickUntil(heartbeat, 3_600_000, 3_600_000 + SILENCE_LIMIT_MS);
    expect(heartbeat.tick(3_600_000 + SILENCE_LIMIT_MS + 1).kind).toBe('silent');
  });
});
