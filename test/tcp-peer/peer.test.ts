import { describe, expect, it } from 'vitest';
import { OWN_ORIGIN, PeerMachine } from '../../lib/tcp-peer/peer.ts';
import { readRequest } from '../../lib/tcp-peer/request.ts';

function makePeer() {
  const machine = new PeerMachine({ timestampFormat: 'iso', checksHashes: true, nowMs: 1_000 });
  let nowMs = 1_000;
  return {
    machine,
    ask(text: string, origin = 'client') {
      const request = readRequest(text);
      if (typeof request === 'string') return 'Rejected';
      return machine.answer(request, origin, ++nowMs);
    },
  };
}

interface Entry {
  index: number;
  timestamp: string | null;
  transaction: string[];
  proof: number | null;
  previousHash: string | null;
  currentHash: string | null;
}

const parse = (text: string | null) => JSON.parse(text!) as Entry[];

describe('a peer', () => {
  it('rewards a proof once', () => {
    const { ask } = makePeer();
    expect(ask('gp')).toBe('100');
    expect(ask('up|6')).toBe('No reward');
    expect(ask('up|5')).toBe('Reward');
    expect(ask('up | 5')).toBe('No reward');
    expect(ask('gp')).toBe('100');
    expect(ask('tx|Abcd1234|hello')).toBe('Accepted');
    expect(ask('gp')).toBe('5');
    expect(ask('up|5')).toBe('No reward');
    expect(ask('up|33')).toBe('Reward');
  });

  it('closes blocks of at most five, and shows at once what was accepted', () => {
    const { ask, machine } = makePeer();
    for (let place = 1; place <= 7; place++) ask(`tx|Abcd1234|${place}`);
    const shown = parse(ask('pb'));
    expect(shown.map(({ index, transaction }) => [index, transaction.length])).toEqual([
      [1, 0],
      [2, 5],
      [3, 2],
    ]);
    expect(shown[1]).toMatchObject({ proof: null, currentHash: null, timestamp: null });
    expect(parse(ask('hb'))).toHaveLength(1);
    expect(ask('up|5')).toBe('Reward');
    expect(parse(ask('hb'))[1]!.transaction).toHaveLength(5);
    expect(parse(ask('pb')).map(({ transaction }) => transaction.length)).toEqual([0, 5, 2]);
    machine.mine(2_000);
    expect(ask('pb')).toBe(ask('hb'));
    const chain = parse(ask('hb'));
    expect(chain.flatMap(({ transaction }) => transaction)).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((place) => `tx|Abcd1234|${place}`),
    );
    expect(chain.map(({ proof }) => proof)).toEqual([100, 5, 33]);
  });

  it('closes 5,000 transactions in a thousand blocks whose proofs go round', () => {
    const { ask, machine } = makePeer();
    for (let place = 0; place < 5_000; place++)
      expect(ask(`tx|Abcd1234|${place}`, `client-${place % 200}`)).toBe('Accepted');
    while (machine.waiting > 0) machine.mine(3_000);
    const chain = parse(ask('hb'));
    expect(chain).toHaveLength(1_001);
    expect(chain.slice(0, 16).map(({ proof }) => proof)).toEqual([
      ...[100, 5, 33, 155, 389, 227, 81, 196, 375, 301],
      ...[82, 363, 24, 387, 183, 100],
    ]);
    const second = makePeer().machine;
    expect(second.hear(machine.writeChain(), 4_000)).toMatchObject({
      kind: 'adopted',
      came: 1_000,
    });
    expect(second.hear(machine.writeChain(), 4_000)).toEqual({ kind: 'equal' });
  });

  it('refuses a longer chain that breaks the rules, and says why', () => {
    const { machine } = makePeer();
    const other = makePeer();
    other.ask('up|5');
    other.ask('tx|Abcd1234|hello');
    const forged = other.ask('hb')!.replace('hello', 'hullo');
    expect(machine.hear(forged, 2_000)).toEqual({
      kind: 'refused',
      reason: 'block 2 has not the hash of its transactions',
    });
    expect(machine.chain).toHaveLength(1);
    expect(machine.hear(other.ask('hb')!, 2_000).kind).toBe('adopted');
  });

  it('takes of equally long chains the one whose last block is earlier', () => {
    const early = new PeerMachine({ timestampFormat: 'ctime', checksHashes: true, nowMs: 1_000 });
    const late = new PeerMachine({ timestampFormat: 'epoch', checksHashes: true, nowMs: 9_000 });
    expect(early.hear(late.writeChain(), 10_000)).toEqual({ kind: 'kept', salvaged: 0 });
    expect(late.hear(early.writeChain(), 10_000)).toEqual({ kind: 'adopted', left: 1, came: 1 });
    expect(late.writeChain()).toBe(early.writeChain());
  });

  it('has no answer to cc', () => {
    expect(makePeer().ask('cc')).toBeNull();
    expect(makePeer().machine.answer({ kind: 'get-proof' }, OWN_ORIGIN, 0)).toBe('100');
  });
});
