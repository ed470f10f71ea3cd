import { describe, expect, it } from 'vitest';
import {
  FIRST_RETRY_MS,
  RETRY_LIMIT_MS,
  STUBBORN_LIMIT,
  STUBBORN_LIMIT_BYTES,
  STUBBORN_PER_PEER_LIMIT,
  StubbornLink,
} from '../../../lib/net/links/stubborn.ts';
import { Random } from '../../../lib/sim/random.ts';
import { DATAGRAM_LIMIT_BYTES } from '../../../lib/net/links/fair-loss.ts';
import { accountNumber, Post, text } from '../../support/links.ts';

const [A, B] = [accountNumber(1), accountNumber(2)];

function makeLink(): { post: Post; link: StubbornLink } {
  const post = new Post();
  return { post, link: new StubbornLink(post.linkOf(A), new Random(1)) };
}

/** Lets time pass to `untilMs`, waking the link whenever it wants; returns when it sent something. */
function run(link: StubbornLink, post: Post, untilMs: number): number[] {
  const times: number[] = [];
  while (link.nextMs <= untilMs) {
    const nowMs = link.nextMs;
    link.tick(nowMs);
    times.push(...post.take().map(() => nowMs));
  }
  return times;
}

describe('a stubborn link', () => {
  it('sends a message at once, and again and again, ever more rarely, for as long as it is left to', () => {
    const { post, link } = makeLink();
    link.send(B, text('hello'), 0);
    expect(post.take()).toEqual([{ from: A, to: B, bytes: text('hello') }]);
    const hourMs = 3_600_000;
    const times = run(link, post, hourMs);
    expect(times[0]).toBeLessThan(1.3 * FIRST_RETRY_MS);
    const waits = times.slice(1).map((timeMs, at) => timeMs - times[at]!);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1.25 * RETRY_LIMIT_MS);
    expect(Math.min(...waits.slice(5))).toBeGreaterThanOrEqual(0.75 * RETRY_LIMIT_MS);
    expect(times.at(-1)).toBeGreaterThan(hourMs - 2 * RETRY_LIMIT_MS);
  });

  it('is silent once it is told to stop, and keeps nothing', () => {
    const { post, link } = makeLink();
    const sent = link.send(B, text('hello'), 0);
    if (!sent.ok) throw new Error(sent.code);
    post.take();
    link.stop(sent.id);
    link.stop(sent.id);
    expect(link.size).toBe(0);
    expect(link.nextMs).toBe(Number.POSITIVE_INFINITY);
    link.tick(10_000);
    expect(post.take()).toEqual([]);
  });

  it('does not retransmit all messages in step', () => {
    const { post, link } = makeLink();
    for (let i = 0; i < 20; i++) link.send(B, text(`${i}`), 0);
    post.take();
    const times = run(link, post, 2 * FIRST_RETRY_MS);
    expect(new Set(times).size).toBeGreaterThan(10);
  });

  it('refuses what is too long, and what is too much, for one peer and for all', () => {
    const { post, link } = makeLink();
    const long = new Uint8Array(DATAGRAM_LIMIT_BYTES + 1);
    expect(link.send(B, long, 0)).toEqual({ ok: false, code: 'too-long' });
    for (let i = 0; i < STUBBORN_PER_PEER_LIMIT; i++)
      expect(link.send(B, text('x'), 0).ok).toBe(true);
    expect(link.send(B, text('x'), 0)).toEqual({ ok: false, code: 'link-full' });
    let [count, bytes] = [STUBBORN_PER_PEER_LIMIT, STUBBORN_PER_PEER_LIMIT];
    for (let peer = 3; peer < 200; peer++)
      for (let i = 0; i < 40; i++)
        if (link.send(accountNumber(peer), new Uint8Array(DATAGRAM_LIMIT_BYTES), 0).ok) {
          count++;
          bytes += DATAGRAM_LIMIT_BYTES;
        }
    expect(bytes).toBeLessThanOrEqual(STUBBORN_LIMIT_BYTES);
    expect(bytes).toBeGreaterThan(STUBBORN_LIMIT_BYTES - 2 * DATAGRAM_LIMIT_BYTES);
    for (let peer = 200; peer < 300; peer++)
      for (let i = 0; i < 100; i++)
        if (link.send(accountNumber(peer), new Uint8Array(0), 0).ok) count++;
    expect(count).toBe(STUBBORN_LIMIT);
    expect(link.size).toBe(STUBBORN_LIMIT);
    expect(post.take().length).toBe(count);
  });
});
