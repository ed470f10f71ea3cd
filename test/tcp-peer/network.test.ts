import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OWN_ORIGIN, PeerMachine } from '../../lib/tcp-peer/peer.ts';
import { LATE_COPY_MS } from '../../lib/tcp-peer/mempool.ts';

/** Peers without sockets: heartbeats and passed-on transactions happen when the test says so. */
class Network {
  readonly peers: PeerMachine[];
  /** Passed on, and still on the way. */
  readonly underway: { readonly to: number; readonly from: number; readonly text: string }[] = [];
  nowMs = 1_000_000;

  constructor(count: number) {
    this.peers = Array.from(
      { length: count },
      (_, place) =>
        new PeerMachine({
          timestampFormat: 'epoch',
          checksHashes: true,
          nowMs: this.nowMs + place,
        }),
    );
  }

  /** A user enters a transaction at one peer, which passes it on to the others. */
  enter(at: number, text: string): void {
    this.#submit(at, text, OWN_ORIGIN);
    for (const to of this.peers.keys()) if (to !== at) this.underway.push({ to, from: at, text });
  }

  /** A client without neighbours sends a transaction to one peer. */
  send(at: number, text: string): void {
    this.#submit(at, text, 'client');
  }

  deliver(place: number): void {
    const [message] = this.underway.splice(place % Math.max(1, this.underway.length), 1);
    if (message !== undefined) this.#submit(message.to, message.text, `peer-${message.from}`);
  }

  heartbeat(from: number, to: number): void {
    const outcome = this.peers[from]!.hear(this.peers[to]!.writeChain(), ++this.nowMs);
    expect(outcome.kind).not.toBe('refused');
  }

  mine(at: number): void {
    this.peers[at]!.mine(++this.nowMs);
  }

  /** Everyone's heartbeat and miner, once around. */
  round(among: readonly number[] = [...this.peers.keys()]): void {
    for (const at of among) for (const to of among) if (to !== at) this.heartbeat(at, to);
    for (const at of among) this.mine(at);
  }

  settle(rounds: number): void {
    while (this.underway.length > 0) this.deliver(0);
    for (const at of this.peers.keys()) this.mine(at);
    for (let round = 0; round < rounds; round++) this.round();
  }

  chains(): string[] {
    return this.peers.map((peer) => peer.writeChain());
  }

  transactions(at = 0): string[] {
    return this.peers[at]!.chain.flatMap((block) => block.transactions);
  }

  #submit(at: number, text: string, origin: string): void {
    const reply = this.peers[at]!.answer({ kind: 'transaction', text }, origin, ++this.nowMs);
    expect(reply).toBe('Accepted');
  }
}

const PEERS = 3;
const anyPeer = fc.nat(PEERS - 1);
const tx = (content: string | number) => `tx|Abcd1234|${content}`;

/** What may happen between peers, in any order. The few texts are meant to be entered again and again. */
const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('enter' as const), at: anyPeer, text: fc.nat(2).map(tx) }),
  fc.record({ kind: fc.constant('deliver' as const), place: fc.nat(50) }),
  fc.record({ kind: fc.constant('heartbeat' as const), from: anyPeer, to: anyPeer }),
  fc.record({ kind: fc.constant('mine' as const), at: anyPeer }),
);

describe('peers that hear of each other', () => {
  it('end with one chain that holds each transaction as often as it was entered, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const network = new Network(PEERS);
        const entered: string[] = [];
        for (const step of steps) {
          if (step.kind === 'enter') {
            network.enter(step.at, step.text);
            entered.push(step.text);
          } else if (step.kind === 'deliver') network.deliver(step.place);
          else if (step.kind === 'heartbeat') network.heartbeat(step.from, step.to);
          else network.mine(step.at);
        }
        expect(network.nowMs).toBeLessThan(1_000_000 + LATE_COPY_MS);
        network.settle(2);
        expect(new Set(network.chains()).size).toBe(1);
        expect(network.transactions().sort()).toEqual(entered.sort());
      }),
      { numRuns: 300 },
    );
  });

  it('heal after a partition to one chain with the transactions of both halves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(3), rounds: fc.nat(2) }), { minLength: 1, maxLength: 30 }),
        (entries) => {
          const network = new Network(4);
          network.settle(1);
          const entered = entries.map(({ at, rounds }, place) => {
            network.send(at, tx(place));
            for (let round = 0; round < rounds; round++) network.round(at < 2 ? [0, 1] : [2, 3]);
            return tx(place);
          });
          // What waits at a peer is seen by others only once it is mined, so that the first round may show only half.
          network.settle(3);
          expect(new Set(network.chains()).size).toBe(1);
          expect(network.transactions().sort()).toEqual(entered.sort());
        },
      ),
      { numRuns: 100 },
    );
  });

  it('catch up from nothing', () => {
    const network = new Network(2);
    for (let place = 0; place < 23; place++) network.send(0, tx(place));
    for (let poll = 0; poll < 3; poll++) network.mine(0);
    network.heartbeat(1, 0);
    expect(network.peers[1]!.chain).toEqual(network.peers[0]!.chain);
    expect(network.peers[1]!.waiting).toBe(0);
  });

  it('agree by themselves where their last blocks are of the same time', () => {
    const peers = ['x', 'y'].map((text) => {
      const peer = new PeerMachine({ timestampFormat: 'ctime', checksHashes: true, nowMs: 0 });
      peer.mine(0);
      peer.answer({ kind: 'transaction', text: tx(text) }, 'client', 0);
      return peer;
    });
    const [first, second] = peers as [PeerMachine, PeerMachine];
    const chains = [first.writeChain(), second.writeChain()];
    first.hear(chains[1]!, 1);
    second.hear(chains[0]!, 1);
    expect(first.writeChain()).toBe(second.writeChain());
  });
});
