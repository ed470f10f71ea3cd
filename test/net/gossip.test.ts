import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GET_TIMEOUT_MS, Gossip, PENDING_GETS_LIMIT } from '../../lib/net/gossip.ts';
import { HASHES_LIMIT, type Message } from '../../lib/net/messages.ts';
import { mineChain } from '../support/test-miner.ts';

const [BLOCK] = mineChain('00'.repeat(32), 1, 'gossip');
const hashOf = (number: number) => number.toString(16).padStart(64, '0');
const news = (...numbers: number[]) =>
  numbers.map((number) => ({
    hash: hashOf(number),
    message: { type: 'block', block: BLOCK! } as const,
  }));
const nothing = () => false;

interface Sent {
  readonly linkId: string;
  readonly message: Message;
}

function recorder() {
  const sent: Sent[] = [];
  return { sent, send: (linkId: string, message: Message) => void sent.push({ linkId, message }) };
}

/** The hashes that an inventory or get names; empty for other messages. */
const hashesIn = ({ message }: Sent) =>
  message.type === 'inventory' || message.type === 'get' ? message.hashes : [];

describe('gossip', () => {
  it('tells each neighbour of each block at most once, and never what it showed to have', () => {
    const links = ['a', 'b', 'c', 'd'];
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('spread' as const),
        numbers: fc.uniqueArray(fc.nat(30), { maxLength: 6 }),
        whole: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('shown' as const),
        link: fc.constantFrom(...links),
        number: fc.nat(30),
      }),
      fc.record({
        kind: fc.constant('announced' as const),
        link: fc.constantFrom(...links),
        numbers: fc.uniqueArray(fc.nat(30), { maxLength: 6 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const gossip = new Gossip();
        const had = new Map(links.map((link) => [link, new Set<string>()]));
        for (const link of links) gossip.addLink(link);
        for (const next of steps) {
          const { sent, send } = recorder();
          if (next.kind === 'shown') {
            gossip.markKnown(next.link, hashOf(next.number));
            had.get(next.link)!.add(hashOf(next.number));
          } else if (next.kind === 'announced') {
            const hashes = next.numbers.map(hashOf);
            gossip.announced(next.link, hashes, nothing, 0, send);
            for (const hash of hashes) had.get(next.link)!.add(hash);
            // The answer to an announcement goes to the announcer, and asks for nothing else.
            for (const each of sent) {
              expect([each.linkId, each.message.type]).toEqual([next.link, 'get']);
              for (const hash of hashesIn(each)) expect(hashes).toContain(hash);
            }
          } else {
            gossip.spread(news(...next.numbers), next.whole, links, send);
            for (const link of links) {
              const theirs = sent.filter(({ linkId }) => linkId === link);
              const lacking = next.numbers.map(hashOf).filter((hash) => !had.get(link)!.has(hash));
              if (next.whole) expect(theirs).toHaveLength(lacking.length);
              else expect(theirs.flatMap(hashesIn)).toEqual(lacking);
              for (const hash of lacking) had.get(link)!.add(hash);
              for (const hash of next.numbers.map(hashOf))
                expect(gossip.isKnown(link, hash)).toBe(true);
            }
          }
        }
      }),
    );
  });

  it('asks for each block once per time-out, whoever announces it, and only for what is lacking', () => {
    const announcement = fc.record({
      link: fc.constantFrom('a', 'b', 'c'),
      numbers: fc.array(fc.nat(9), { maxLength: 8 }),
      pauseMs: fc.nat(1_500),
      ticks: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(announcement, { maxLength: 40 }), (announcements) => {
        const gossip = new Gossip();
        for (const link of ['a', 'b', 'c']) gossip.addLink(link);
        const askedMs = new Map<string, number>();
        let nowMs = 0;
        for (const { link, numbers, pauseMs, ticks } of announcements) {
          nowMs += pauseMs;
          if (ticks) gossip.tick(nowMs);
          const { sent, send } = recorder();
          const have = (hash: string) => hash === hashOf(0);
          gossip.announced(link, numbers.map(hashOf), have, nowMs, send);
          const asked = sent.flatMap(hashesIn);
          for (const hash of asked) {
            expect(hash).not.toBe(hashOf(0));
            const sinceMs = nowMs - (askedMs.get(hash) ?? Number.NEGATIVE_INFINITY);
            expect(sinceMs).toBeGreaterThanOrEqual(GET_TIMEOUT_MS);
            askedMs.set(hash, nowMs);
          }
          // All that is lacking has been asked for lately.
          for (const hash of numbers.map(hashOf))
            if (!have(hash)) expect(nowMs - askedMs.get(hash)!).toBeLessThan(GET_TIMEOUT_MS);
        }
      }),
    );
  });

  it('goes on in pieces where one inventory would be too long', () => {
    const gossip = new Gossip();
    gossip.addLink('a');
    const { sent, send } = recorder();
    const numbers = Array.from({ length: 2 * HASHES_LIMIT + 1 }, (_, i) => i);
    gossip.spread(news(...numbers), false, ['a'], send);
    expect(sent.map((each) => hashesIn(each).length)).toEqual([HASHES_LIMIT, HASHES_LIMIT, 1]);
    expect(sent.flatMap(hashesIn)).toEqual(numbers.map(hashOf));
  });

  it('waits for a limited number of blocks, and takes new ones on when some came or took too long', () => {
    const gossip = new Gossip();
    gossip.addLink('liar');
    const { sent, send } = recorder();
    let next = 1;
    const announce = (count: number, nowMs: number) => {
      const before = sent.flatMap(hashesIn).length;
      for (let left = count; left > 0; left -= HASHES_LIMIT) {
        const hashes = Array.from({ length: Math.min(left, HASHES_LIMIT) }, () => hashOf(next++));
        gossip.announced('liar', hashes, nothing, nowMs, send);
      }
      return sent.flatMap(hashesIn).length - before;
    };
    expect(announce(2 * PENDING_GETS_LIMIT, 0)).toBe(PENDING_GETS_LIMIT);
    expect(announce(5, 0)).toBe(0);
    gossip.arrived(hashOf(1));
    gossip.spread(news(2), false, [], send);
    expect(announce(5, 0)).toBe(2);
    gossip.tick(GET_TIMEOUT_MS);
    expect(announce(5, GET_TIMEOUT_MS)).toBe(5);
  });

  it('says nothing to a link that is gone, and everything to one that comes anew', () => {
    const gossip = new Gossip();
    gossip.addLink('a');
    const { sent, send } = recorder();
    gossip.dropLink('a');
    gossip.markKnown('a', hashOf(1));
    gossip.spread(news(1), true, ['a'], send);
    expect(sent).toEqual([]);
    expect(gossip.isKnown('a', hashOf(1))).toBe(false);
    gossip.addLink('a');
    gossip.spread(news(1), true, ['a'], send);
    expect(sent).toHaveLength(1);
  });
});
