import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COUNTED_PAUSE_MS,
  Heartbeat,
  HIDDEN_SILENCE_LIMIT_MS,
  OWN_PING_INTERVAL_MS,
  PING_INTERVAL_MS,
  SILENCE_LIMIT_MS,
  SLOW_ANSWERS,
  TURN_MS,
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
  it('pings at most once a turn, each time with a new id, however often it is asked', () => {
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
          expect(action.kind === 'ping').toBe(nowMs - lastPingMs >= TURN_MS);
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
    tickUntil(heartbeat, 0, TURN_MS + TICK_MS);
    heartbeat.pong(action.id, 0, 0, TURN_MS + TICK_MS);
    expect(heartbeat.delayMs).toBe(TURN_MS + TICK_MS);
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
    const second = heartbeat.tick(TURN_MS);
    if (first.kind !== 'ping' || second.kind !== 'ping') throw new Error('both ticks ping');
    heartbeat.pong(999, 5, 3_500, 3_500);
    expect(heartbeat.delayMs).toBeNull();
    expect(heartbeat.clockOffsetMs).toBeNull();
    heartbeat.pong(second.id, 3_050, 3_100, 3_100);
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
      nowMs += TURN_MS;
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

/** One side of a link with its own clock and its own ticks. */
interface Side {
  readonly heartbeat: Heartbeat;
  readonly clockMs: number;
  readonly tickMs: number;
  readonly pingsMs: number[];
  nextTickMs: number;
  diesMs: number;
}

/** Runs both sides of a link until this time, where each way takes so long; tells when one found the other silent. */
function runLink(sides: readonly [Side, Side], delayMs: number, untilMs: number): number | null {
  const arrivals: { atMs: number; to: Side; act: (nowMs: number) => void }[] = [];
  const alive = (side: Side, nowMs: number): boolean => nowMs < side.diesMs;
  for (let nowMs = 0; nowMs <= untilMs; nowMs++) {
    for (const { to, act } of arrivals.filter(({ atMs }) => atMs === nowMs))
      if (alive(to, nowMs)) act(nowMs);
    for (const [own, other] of [sides, [sides[1], sides[0]]] as const) {
      if (own.nextTickMs !== nowMs || !alive(own, nowMs)) continue;
      own.nextTickMs += own.tickMs;
      const action = own.heartbeat.tick(own.clockMs + nowMs);
      if (action.kind === 'silent') return nowMs;
      if (action.kind !== 'ping') continue;
      own.pingsMs.push(nowMs);
      const answer = (atMs: number): void => {
        own.heartbeat.heard(own.clockMs + atMs);
        own.heartbeat.pong(action.id, 0, 0, own.clockMs + atMs);
      };
      const hear = (atMs: number): void => {
        other.heartbeat.heard(other.clockMs + atMs);
        other.heartbeat.pinged(action.id, other.clockMs + atMs);
        arrivals.push({ atMs: atMs + delayMs, to: own, act: answer });
      };
      arrivals.push({ atMs: nowMs + delayMs, to: other, act: hear });
    }
  }
  return null;
}

const anyPace = fc.record({
  clockMs: fc.nat(1e7),
  tickMs: fc.integer({ min: 50, max: 500 }),
  nextTickMs: fc.nat(400),
});

function makeSide(
  pace: Pick<Side, 'clockMs' | 'tickMs' | 'nextTickMs'>,
  diesMs = Number.POSITIVE_INFINITY,
): Side {
  return { ...pace, heartbeat: new Heartbeat(pace.clockMs), pingsMs: [], diesMs };
}

/** One way, where the answers do not count as slow. */
const anyShortMs = fc.integer({ min: 1, max: SLOW_ANSWERS.fromMs / 2 });
const anyLifeMs = fc.integer({ min: 3_000, max: 15_000 });

describe('the two sides of a link', () => {
  it('take turns: one ping an interval at most, and each its own often enough to measure', () => {
    const untilMs = 30_000;
    fc.assert(
      fc.property(anyPace, anyPace, fc.integer({ min: 1, max: 240 }), (one, two, delayMs) => {
        const [a, b] = [makeSide(one), makeSide(two)];
        expect(runLink([a, b], delayMs, untilMs)).toBeNull();
        for (const { pingsMs, tickMs, heartbeat } of [a, b]) {
          expect(heartbeat.delayMs).toBeCloseTo(2 * delayMs);
          const moments = [...pingsMs, untilMs];
          for (let i = 1; i < moments.length; i++)
            expect(moments[i]! - moments[i - 1]!).toBeLessThanOrEqual(
              OWN_PING_INTERVAL_MS + tickMs,
            );
        }
        // The first ones, and those of two whose clocks show the same, may cross.
        const turns = untilMs / PING_INTERVAL_MS;
        expect(a.pingsMs.length + b.pingsMs.length).toBeLessThanOrEqual(turns + 4);
      }),
      { numRuns: 40 },
    );
  });

  it('notice within five seconds and a tick of the last word that the other is gone', () => {
    fc.assert(
      fc.property(anyPace, anyPace, anyShortMs, anyLifeMs, (one, two, delayMs, lifeMs) => {
        const [a, b] = [makeSide(one), makeSide(two, lifeMs)];
        const noticedMs = runLink([a, b], delayMs, 30_000)!;
        expect(noticedMs).toBeLessThanOrEqual(lifeMs + delayMs + SILENCE_LIMIT_MS + a.tickMs + 1);
        expect(noticedMs).toBeGreaterThan(lifeMs + SILENCE_LIMIT_MS - TURN_MS);
      }),
      { numRuns: 40 },
    );
  });

  it('ping on, whatever the other sends to keep us from it', () => {
    const heartbeat = new Heartbeat(0);
    let lastPingMs = 0;
    for (let nowMs = 0; nowMs < 30_000; nowMs += TICK_MS) {
      heartbeat.heard(nowMs);
      heartbeat.pinged(1e9, nowMs);
      if (heartbeat.tick(nowMs).kind === 'ping') lastPingMs = nowMs;
      expect(nowMs - lastPingMs).toBeLessThanOrEqual(OWN_PING_INTERVAL_MS);
    }
  });
});
