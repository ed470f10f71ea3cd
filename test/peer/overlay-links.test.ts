import { describe, expect, it } from 'vitest';
import type { KeyPair } from '../../lib/ledger/account.ts';
import { AuthenticatedLink } from '../../lib/net/links/authenticated.ts';
import { LINK_PORT, overlayCarrier, readOverlayBody } from '../../lib/net/links/overlay-carrier.ts';
import { PairKeys } from '../../lib/net/links/pair-keys.ts';
import { Rpc, type RpcEvent } from '../../lib/net/links/rpc.ts';
import { Random } from '../../lib/sim/random.ts';
import { text, textsOf } from '../support/links.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { keysOf, TestPeer } from '../support/peers.ts';

const LOSS = 0.3;
const STEP_MS = 200;
/** Time in which everything arrives but once in a great many runs, and this one is always the same. */
const PATIENCE_MS = 60_000;

/** A peer's links over the overlay, which loses three datagrams of ten. */
class OverlayUser {
  readonly rpc: Rpc;
  readonly events: RpcEvent[] = [];
  readonly #peer: TestPeer;
  #taken = 0;

  constructor(peer: TestPeer, keys: KeyPair, seed: number) {
    this.#peer = peer;
    const random = new Random(seed);
    const carrier = overlayCarrier((to, body) => {
      if (!random.chance(LOSS)) peer.step({ kind: 'send-datagram', to, port: LINK_PORT, body });
    });
    this.rpc = new Rpc(
      new AuthenticatedLink({ carrier, keys: new PairKeys(keys, 0), room: 'overlay', random }),
    );
  }

  /** Takes what the overlay has brought, and answers each call with its words turned round. */
  step(nowMs: number): void {
    for (; this.#taken < this.#peer.outputs.length; this.#taken++) {
      const output = this.#peer.outputs[this.#taken]!;
      if (output.kind !== 'datagram' || output.port !== LINK_PORT) continue;
      const bytes = readOverlayBody(output.body);
      if (bytes !== null) this.#take(this.rpc.receive(output.from, bytes, nowMs), nowMs);
    }
    this.#take(this.rpc.tick(nowMs), nowMs);
  }

  #take(events: readonly RpcEvent[], nowMs: number): void {
    this.events.push(...events);
    for (const event of events)
      if (event.kind === 'asked') {
        const bytes = text([...textsOf([event])[0]!].reverse().join(''));
        this.rpc.answer(event.call, { kind: 'result', bytes }, nowMs);
      }
  }
}

describe('links between peers that are not neighbours', () => {
  it('carry calls and the longest notes through the peers between, over lost datagrams', () => {
    const peers = Array.from({ length: 4 }, (_, index) => new TestPeer(index + 1));
    const network = new PeerNetwork(...peers);
    for (let i = 1; i < peers.length; i++) network.link(peers[i - 1]!, peers[i]!);
    network.wait(STEP_MS);
    const [near, far] = [
      new OverlayUser(peers[0]!, keysOf(1), 1),
      new OverlayUser(peers[3]!, keysOf(4), 2),
    ];
    const farId = peers[3]!.nodeId;

    const words = Array.from({ length: 10 }, (_, i) => `prepare ${i}`);
    const ids = words.map((word) => {
      const called = near.rpc.call(farId, text(word), 0, PATIENCE_MS);
      return called.kind === 'called' ? called.id : -1;
    });
    const long = new Random(3).bytes(near.rpc.limitBytes);
    expect(near.rpc.note(farId, long, 0).kind).toBe('accepted');
    for (let nowMs = 0; nowMs < PATIENCE_MS && near.rpc.waitingCount > 0; nowMs += STEP_MS) {
      near.step(nowMs);
      far.step(nowMs);
      network.wait(STEP_MS);
    }

    const results = new Map(
      near.events.flatMap((event) =>
        event.kind === 'ended' && event.answer.kind === 'result'
          ? [[event.id, textsOf([event.answer])[0]]]
          : [],
      ),
    );
    expect(ids.map((id) => results.get(id))).toEqual(
      words.map((word) => [...word].reverse().join('')),
    );
    expect(far.events.filter(({ kind }) => kind === 'asked').length).toBe(words.length);
    expect(far.events).toContainEqual({ kind: 'noted', from: peers[0]!.nodeId, bytes: long });
  });

  it('take no body that is no base64', () => {
    expect(readOverlayBody('not base64')).toBeNull();
    expect(readOverlayBody('')).toEqual(new Uint8Array(0));
  });
});
