/** A tiny network for tests: every message arrives, in order, as soon as the others have been delivered. */
import type { PeerInput, PeerOutput } from '../../lib/peer/inputs.ts';
import type { TestPeer } from './peers.ts';

interface End {
  readonly peer: TestPeer;
  readonly linkId: string;
}

export class PeerNetwork {
  readonly peers: readonly TestPeer[];
  readonly #ends = new Map<string, End>();
  readonly #queue: { readonly to: TestPeer; readonly input: PeerInput }[] = [];
  #links = 0;

  constructor(...peers: TestPeer[]) {
    this.peers = peers;
    for (const peer of peers) peer.sink = (output) => this.#carry(peer, output);
  }

  /** Opens a link between two peers; `meanwhile` happens while their greetings are on the way. */
  link(a: TestPeer, b: TestPeer, meanwhile = (): void => {}): void {
    const number = ++this.#links;
    const [atA, atB] = [`a${number}`, `b${number}`];
    this.#ends.set(atA, { peer: b, linkId: atB });
    this.#ends.set(atB, { peer: a, linkId: atA });
    a.connect(atA, b.nodeId);
    b.connect(atB, a.nodeId);
    meanwhile();
    this.deliver();
  }

  /** Opens a link between each two peers. */
  linkAll(): void {
    this.peers.forEach((a, i) => {
      for (const b of this.peers.slice(i + 1)) this.link(a, b);
    });
  }

  /** Delivers what is under way, and what comes of it. */
  deliver(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      next.to.step(next.input);
  }

  /** Time passes for everybody. */
  wait(ms: number): void {
    for (let leftMs = ms; leftMs > 0; leftMs -= 200) {
      for (const peer of this.peers) peer.wait(200);
      this.deliver();
    }
  }

  #carry(from: TestPeer, output: PeerOutput): void {
    if (output.kind !== 'send' && output.kind !== 'close') return;
    const end = this.#ends.get(output.linkId);
    if (end === undefined) return;
    const { peer: to, linkId } = end;
    if (output.kind === 'send') {
      this.#queue.push({ to, input: { kind: 'received', linkId, bytes: output.bytes } });
      return;
    }
    this.#ends.delete(linkId);
    this.#ends.delete(output.linkId);
    this.#queue.push({ to, input: { kind: 'disconnected', linkId } });
    this.#queue.push({ to: from, input: { kind: 'disconnected', linkId: output.linkId } });
  }
}
