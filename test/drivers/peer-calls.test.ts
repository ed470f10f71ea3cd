import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CALL_LIMIT_MS, createPeerCalls, type PeerCalls } from '../../lib/drivers/peer-calls.ts';

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];

/** Two ends whose messages to each other wait until the test passes them on. */
function makeEnds() {
  const underway: { readonly from: string; readonly to: string; readonly body: string }[] = [];
  const log: string[] = [];
  const end = (self: string): PeerCalls =>
    createPeerCalls(Math.random, {
      post: (to, body) => void underway.push({ from: self, to, body }),
      answered: (nodeId) => void log.push(`${self[0]!} has ${nodeId[0]!}`),
      unanswered: (nodeId) => void log.push(`${self[0]!} misses ${nodeId[0]!}`),
    });
  const ends = new Map([A, B].map((id) => [id, end(id)]));
  const deliver = (): void => {
    for (const { from, to, body } of underway.splice(0)) ends.get(to)?.hear(from, body);
  };
  return { a: ends.get(A)!, b: ends.get(B)!, underway, log, deliver };
}

describe('a call through other peers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is answered by a node that is there, once', () => {
    const { a, underway, log, deliver } = makeEnds();
    a.call(B);
    a.call(B);
    expect(underway).toHaveLength(1);
    const again = [...underway];
    deliver();
    underway.push(...again);
    deliver();
    deliver();
    vi.advanceTimersByTime(CALL_LIMIT_MS);
    expect(log).toEqual(['a has b']);
  });

  test('to a node that is gone comes to nothing in time, and may be made again', () => {
    const { a, log } = makeEnds();
    const gone = 'c'.repeat(40);
    for (let time = 0; time < 2; time++) {
      a.call(gone);
      vi.advanceTimersByTime(CALL_LIMIT_MS);
    }
    expect(log).toEqual(['a misses c', 'a misses c']);
  });

  test('is not answered by anybody else, nor by a made-up answer', () => {
    const { a, b, underway, log } = makeEnds();
    a.call(B);
    const answer = JSON.stringify({ here: /"([0-9a-f]{16})"\}$/.exec(underway[0]!.body)![1] });
    expect(a.hear('c'.repeat(40), answer)).toBe(true);
    expect(a.hear(B, JSON.stringify({ here: '0'.repeat(16) }))).toBe(true);
    expect(b.hear(A, '{"offer":"x"}')).toBe(false);
    expect(log).toEqual([]);
    expect(a.hear(B, answer)).toBe(true);
    expect(log).toEqual(['a has b']);
  });

  test('is forgotten when its owner closes', () => {
    const { a, log } = makeEnds();
    a.call(B);
    a.close();
    vi.advanceTimersByTime(CALL_LIMIT_MS);
    expect(log).toEqual([]);
  });
});
