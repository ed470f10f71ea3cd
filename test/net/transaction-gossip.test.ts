import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HASHES_LIMIT, type Message } from '../../lib/net/messages.ts';
import {
  RETRY_MS,
  TransactionGossip,
  TRIES_LIMIT,
  WANTED_LIMIT,
} from '../../lib/net/transaction-gossip.ts';

const LINKS = ['a', 'b', 'c'];
const ANY_NUMBER = 1_000;
const idOf = (number: number) => `${number}`.padStart(43, 'A');
const news = (number: number) => ({
  id: idOf(number),
  message: { type: 'transaction', transaction: { number } } as Message,
});
const all = (_id: string) => true;

interface Sent {
  readonly linkId: string;
  readonly message: Message;
}

function linked() {
  const gossip = new TransactionGossip();
  for (const link of LINKS) gossip.addLink(link);
  const sent: Sent[] = [];
  const send = (linkId: string, message: Message) => void sent.push({ linkId, message });
  /** What a link is asked for now. */
  const ask = (linkId: string, nowMs: number, limit = ANY_NUMBER, lacks = all): string[] => {
    sent.length = 0;
    gossip.ask(linkId, limit, lacks, nowMs, send);
    return sent.flatMap(({ message }) =>
      message.type === 'get-transactions' ? [...message.ids] : [],
    );
  };
  return { gossip, sent, send, ask };
}

describe('the gossip of transactions', () => {
  it('tells each neighbour of each transaction once, and never what it showed to have', () => {
    const step = fc.record({
      kind: fc.constantFrom('spread', 'announced', 'sent'),
      number: fc.nat(12),
      link: fc.constantFrom(...LINKS),
      whole: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { gossip, sent, send } = linked();
        const knows = new Map(LINKS.map((link) => [link, new Set<string>()]));
        for (const { kind, number, link, whole } of steps) {
          const id = idOf(number);
          if (kind === 'announced') gossip.announced(link, [id], all);
          if (kind === 'sent') gossip.markKnown(link, id);
          if (kind !== 'spread') knows.get(link)!.add(id);
          else {
            sent.length = 0;
            gossip.spread([news(number)], whole, LINKS, send);
            expect(sent.map(({ linkId }) => linkId)).toEqual(
              LINKS.filter((each) => !knows.get(each)!.has(id)),
            );
            for (const { message } of sent)
              expect(message.type).toBe(whole ? 'transaction' : 'transaction-inventory');
            for (const each of LINKS) knows.get(each)!.add(id);
          }
        }
      }),
    );
  });

  it('asks every announced transaction of somebody in the end, however few at a time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ link: fc.constantFrom(...LINKS), number: fc.nat(40) }), {
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 5 }),
        (told, limit) => {
          const { gossip, ask } = linked();
          const has = new Set<string>();
          for (const { link, number } of told) gossip.announced(link, [idOf(number)], all);
          for (let nowMs = 0; nowMs < told.length; nowMs++)
            for (const link of LINKS) {
              const ids = ask(link, nowMs, limit, (id) => !has.has(id));
              expect(ids.length).toBeLessThanOrEqual(limit);
              for (const id of ids) {
                expect(has.has(id)).toBe(false);
                has.add(id);
                gossip.settled(id);
              }
            }
          expect([...has].sort()).toEqual(
            [...new Set(told.map(({ number }) => idOf(number)))].sort(),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('asks one neighbour at a time, and another one where no answer comes', () => {
    const { gossip, ask } = linked();
    for (const link of ['a', 'b']) gossip.announced(link, [idOf(1)], all);
    expect(ask('a', 0)).toEqual([idOf(1)]);
    expect(ask('b', 0)).toEqual([]);
    gossip.tick(RETRY_MS);
    expect(ask('b', RETRY_MS)).toEqual([idOf(1)]);
  });

  it('asks another neighbour at once where the one that was asked is gone', () => {
    const { gossip, ask } = linked();
    for (const link of ['a', 'b']) gossip.announced(link, [idOf(1)], all);
    ask('a', 0);
    gossip.dropLink('a');
    expect(ask('b', 1)).toEqual([idOf(1)]);
  });

  it('awaits no more answers of a neighbour than it may check', () => {
    const { gossip, ask } = linked();
    gossip.announced('a', [1, 2, 3, 4].map(idOf), all);
    expect(ask('a', 0, 3)).toEqual([1, 2, 3].map(idOf));
    expect(ask('a', 1, 3)).toEqual([]);
    gossip.settled(idOf(2));
    expect(ask('a', 2, 3)).toEqual([idOf(4)]);
  });

  it('asks again, ever more rarely, for what could not be judged, and gives it up at last', () => {
    const { gossip, ask } = linked();
    gossip.postponed('a', idOf(1), 0);
    expect(ask('a', 0)).toEqual([]);
    const askedMs: number[] = [];
    for (let nowMs = 0; nowMs < 1_000 * RETRY_MS; nowMs += RETRY_MS)
      if (ask('a', nowMs).length > 0) {
        askedMs.push(nowMs);
        gossip.postponed('a', idOf(1), nowMs);
      }
    expect(askedMs).toEqual([1, 2, 4, 8, 16, 32].map((times) => times * RETRY_MS));
    expect(askedMs).toHaveLength(TRIES_LIMIT);
  });

  it('keeps what fills a mempool of one neighbour, and asks for 64 in one message', () => {
    const { gossip, ask } = linked();
    const ids = Array.from({ length: WANTED_LIMIT + 5 }, (_, i) => idOf(i));
    gossip.announced('a', ids, all);
    gossip.announced('b', ids.slice(-1), all);
    expect(ask('a', 0, 10 * WANTED_LIMIT)).toEqual(ids.slice(0, HASHES_LIMIT));
    expect(ask('b', 0)).toEqual(ids.slice(-1));
    const asked = new Set<string>();
    for (let i = 0; i < WANTED_LIMIT; i++)
      for (const id of ask('a', 3 * RETRY_MS)) {
        asked.add(id);
        gossip.settled(id);
      }
    expect(asked.size).toBe(WANTED_LIMIT);
  });

  it('forgets what it wanted when the chain is another one', () => {
    const { gossip, ask } = linked();
    gossip.announced('a', [idOf(1)], all);
    gossip.clear();
    expect(ask('a', 0)).toEqual([]);
  });
});
