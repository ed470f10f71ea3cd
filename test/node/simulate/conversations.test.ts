import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversations } from '../../../lib/node/simulate/conversations.ts';
import type { LinkEvent, ReliableLink } from '../../../lib/net/links/reliable-link.ts';
import type { PeerInput } from '../../../lib/peer/inputs.ts';
import { seededRandom } from '../../support/random.ts';

const A = 'aa'.repeat(20);
const B = 'bb'.repeat(20);
const LIMIT_BYTES = 40;

/** Two nodes whose frames arrive once, in an order that the seed draws. */
function makePair(seed: number) {
  const random = seededRandom(seed);
  const way: { from: string; to: string; bytes: Uint8Array }[] = [];
  const inputs = new Map<string, PeerInput[]>([A, B].map((account) => [account, []]));
  let life = 0;
  const make = (self: string, other: string): Conversations => {
    const link: ReliableLink = {
      ...{ epoch: '', limitBytes: LIMIT_BYTES, nextMs: 0 },
      send(to, bytes) {
        way.push({ from: self, to, bytes });
        return { kind: 'accepted', id: 1 };
      },
      cancel: () => undefined,
      receive: () => [],
      tick: () => [],
    };
    return new Conversations({
      ...{ self, link, meetingPlace: null },
      random: { uniform: random, bytes: (length) => new Uint8Array(length).fill(++life) },
      addresses: new Map([[other, { ip: '127.0.0.1', port: 1 }]]),
      take: (input) => inputs.get(self)!.push(input),
    });
  };
  const nodes = new Map([
    [A, make(A, B)],
    [B, make(B, A)],
  ]);
  /** Everything on its way arrives. */
  const settle = (): void => {
    while (way.length > 0) {
      const [{ from, to, bytes }] = way.splice(Math.floor(random() * way.length), 1) as [
        (typeof way)[number],
      ];
      const event: LinkEvent = { kind: 'delivered', from, bytes };
      nodes.get(to)!.handle([event], 0);
    }
  };
  const linkOf = (account: string): string | null => {
    let linkId: string | null = null;
    for (const input of inputs.get(account)!) {
      if (input.kind === 'connected') ({ linkId } = input);
      if (input.kind === 'disconnected' && input.linkId === linkId) linkId = null;
    }
    return linkId;
  };
  return { a: nodes.get(A)!, b: nodes.get(B)!, inputs, settle, linkOf };
}

const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3 * LIMIT_BYTES }), {
  maxLength: 12,
});

describe('conversations over a perfect link', () => {
  it('bring every message whole and in order, in whatever order the frames come', () => {
    fc.assert(
      fc.property(fc.nat(), messages, (seed, sent) => {
        const { a, inputs, settle, linkOf } = makePair(seed);
        a.dial(B, 0);
        settle();
        for (const bytes of sent) a.send(linkOf(A)!, bytes, 0);
        settle();
        const received = inputs
          .get(B)!
          .flatMap((input) => (input.kind === 'received' ? [[...input.bytes]] : []));
        expect(received).toEqual(sent.map((bytes) => [...bytes]));
      }),
    );
  });

  it('leave one link of two dials that cross', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { a, b, settle, linkOf } = makePair(seed);
        a.dial(B, 0);
        b.dial(A, 0);
        settle();
        const names = [A, B].map((account) => linkOf(account)?.split(':')[2]);
        expect(names[0]).toBeDefined();
        expect(names[0]).toBe(names[1]);
      }),
    );
  });

  it('tell both sides when one closes, and one that dials nobody that it failed', () => {
    const { a, b, inputs, settle, linkOf } = makePair(1);
    a.dial('cc'.repeat(20), 0);
    expect(inputs.get(A)).toEqual([{ kind: 'dial-failed', nodeId: 'cc'.repeat(20) }]);
    a.dial(B, 0);
    settle();
    b.close(linkOf(B)!, 0);
    settle();
    expect([linkOf(A), linkOf(B)]).toEqual([null, null]);
  });
});
