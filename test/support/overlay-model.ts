/**
 * A light model of a large room's overlay: the machines of lib/net as they are, and messages that arrive at once. Links
 * are what the peers choose when all know of each other. Time passes in rounds; who leaves is noticed at a round's end,
 * and swallows until then what comes its way, as a tab does whose silence has not lasted long enough yet.
 */
import { bytesToHex } from '../../lib/chain/bytes.ts';
import { DatagramRouter, type Datagram, type Hop } from '../../lib/net/datagrams.ts';
import { Gossip } from '../../lib/net/gossip.ts';
import { KademliaNode, TRY_MS, type KadOutput } from '../../lib/net/kademlia/node.ts';
import type { PeerRecord } from '../../lib/net/kademlia/record.ts';
import { LINK_LIMITS, wishesOf } from '../../lib/net/neighbour-choice.ts';
import type { Message } from '../../lib/net/messages.ts';
import { Random } from '../../lib/sim/random.ts';

interface ModelPeer {
  readonly id: string;
  readonly router: DatagramRouter;
  readonly node: KademliaNode;
  readonly gossip: Gossip;
  links: readonly string[];
}

export interface LookupReport {
  readonly count: number;
  readonly right: number;
  /** Of each lookup that was right. */
  readonly hops: readonly number[];
}

export interface GossipReport {
  readonly reached: number;
  readonly mostHops: number;
  /** Whole copies of the block that came to one peer, at most, and on average. */
  readonly mostCopies: number;
  readonly meanCopies: number;
}

export class OverlayModel {
  readonly random: Random;
  readonly peers = new Map<string, ModelPeer>();
  #nowMs = 0;
  #nextId = 1;

  constructor(count: number, seed: number) {
    this.random = new Random(seed);
    for (let i = 0; i < count; i++) this.#add();
    this.relink();
  }

  /** Everybody's links as all would choose them now; neighbours are told of each other, and heard of by the tables. */
  relink(limit: number = LINK_LIMITS.usual): void {
    const sorted = [...this.peers.keys()].sort();
    const wishes = new Map(sorted.map((id) => [id, new Set(wishesOf(id, sorted, limit))]));
    for (const peer of this.peers.values())
      peer.links = [...wishes.get(peer.id)!].filter((id) => wishes.get(id)!.has(peer.id));
    for (const { node, links } of this.peers.values()) {
      node.seen(links, true, this.#nowMs);
      for (const id of links) node.seen(this.peers.get(id)!.links, false, this.#nowMs);
    }
  }

  /** One round of churn: so many leave and as many come, then lookups run, then everybody notices. */
  churn(leaving: number, lookups: number, roundMs: number): LookupReport {
    const ids = [...this.peers.keys()];
    for (const id of this.random.shuffle(ids).slice(0, leaving)) this.peers.delete(id);
    const report = this.lookUp(lookups);
    this.#nowMs += roundMs;
    for (const peer of this.peers.values())
      for (const id of peer.links) if (!this.peers.has(id)) peer.node.table.gone(id, this.#nowMs);
    for (let i = 0; i < leaving; i++) this.#add();
    this.relink();
    return report;
  }

  /** Lookups between random peers that live; right where the record that came is the account's own. */
  lookUp(count: number): LookupReport {
    const ids = [...this.peers.keys()];
    const hops: number[] = [];
    let right = 0;
    for (let i = 0; i < count; i++) {
      const asker = this.peers.get(this.random.pick(ids))!;
      const key = this.random.pick(ids);
      const done = this.#finish(asker, key);
      if (done === null || done.record === null || accountIn(done.record) !== key) continue;
      right++;
      hops.push(done.hops);
    }
    return { count, right, hops };
  }

  /** One peer finds a block; who gets it, after how many hops, and how often. */
  spread(): GossipReport {
    const finder = this.random.pick([...this.peers.keys()]);
    const hash = bytesToHex(this.random.bytes(32));
    const copies = new Map<string, number>();
    const depth = new Map([[finder, 0]]);
    const queue: { from: string; to: string; message: Message }[] = [];
    const send = (from: string) => (to: string, message: Message) => {
      queue.push({ from, to, message });
    };
    const block = { type: 'block' } as Message;
    const spreadFrom = (id: string, whole: boolean): void => {
      const { gossip, links } = this.peers.get(id)!;
      gossip.spread([{ hash, message: block }], whole, links, send(id));
    };
    for (const { gossip, links } of this.peers.values()) for (const id of links) gossip.addLink(id);
    spreadFrom(finder, true);
    for (let at = 0; at < queue.length; at++) {
      const { from, to, message } = queue[at]!;
      const { gossip } = this.peers.get(to)!;
      if (message.type === 'inventory')
        gossip.announced(from, message.hashes, () => depth.has(to), this.#nowMs, send(to));
      else if (message.type === 'get') {
        gossip.markKnown(from, hash);
        queue.push({ from: to, to: from, message: block });
      } else {
        gossip.markKnown(from, hash);
        copies.set(to, (copies.get(to) ?? 0) + 1);
        if (depth.has(to)) continue;
        depth.set(to, depth.get(from)! + 1);
        spreadFrom(to, false);
      }
    }
    const counts = [...copies.values()];
    return {
      reached: depth.size,
      mostHops: Math.max(...depth.values()),
      mostCopies: Math.max(...counts),
      meanCopies: counts.reduce((sum, n) => sum + n, 0) / this.peers.size,
    };
  }

  #add(): void {
    const id = bytesToHex(this.random.bytes(20));
    // Signatures are tested elsewhere: here an account stands in its public key.
    const node = new KademliaNode(id, this.#nowMs, (record) => ({
      ok: true,
      account: accountIn(record),
    }));
    const record: PeerRecord = {
      publicKey: `02${id.padEnd(64, '0')}`,
      room: '',
      sequence: 1,
      expiresMs: Number.MAX_SAFE_INTEGER,
      reach: '',
      signature: '0'.repeat(128),
    };
    node.publish(record, Number.POSITIVE_INFINITY);
    const router = new DatagramRouter(id);
    this.peers.set(id, { id, router, node, gossip: new Gossip(), links: [] });
  }

  /** Runs one lookup to its end. */
  #finish(asker: ModelPeer, key: string): Extract<KadOutput, { kind: 'looked-up' }> | null {
    let nowMs = this.#nowMs;
    const clocks = () => ({ wallMs: 0, nowMs });
    const work: [ModelPeer, KadOutput][] = asker.node
      .lookUp('find-value', key, clocks())
      .map((output) => [asker, output]);
    for (;;) {
      for (let next = work.shift(); next !== undefined; next = work.shift()) {
        const [peer, output] = next;
        if (output.kind === 'looked-up') return output;
        const arrived = this.#travel(peer, output, nowMs);
        if (arrived === null) continue;
        const { at, datagram } = arrived;
        for (const more of at.node.received(peer.id, datagram.hops, output.body, clocks()))
          work.push([at, more]);
      }
      nowMs += TRY_MS;
      const outputs = asker.node.tick(clocks());
      if (outputs.length === 0) return null;
      for (const output of outputs) work.push([asker, output]);
    }
  }

  /** Where a datagram arrives; null where it is lost. */
  #travel(
    from: ModelPeer,
    output: Extract<KadOutput, { kind: 'send' }>,
    nowMs: number,
  ): { readonly at: ModelPeer; readonly datagram: Datagram } | null {
    const { to, reach, body } = output;
    const fixed = { type: 'datagram', hops: 0, detours: 0, port: 'kad' } as const;
    let datagram: Datagram = { ...fixed, to, reach, body, from: from.id, id: this.#nextId++ };
    let at = from;
    let outcome = at.router.send(datagram, this.#hopsOf(at), nowMs);
    while (outcome.kind === 'forward') {
      const next = this.peers.get(outcome.nodeId);
      // It has left, and nobody has noticed yet.
      if (next === undefined) return null;
      const via = at.id;
      at = next;
      ({ datagram } = outcome);
      outcome = at.router.receive(datagram, via, this.#hopsOf(at), nowMs);
    }
    return outcome.kind === 'arrived' ? { at, datagram } : null;
  }

  #hopsOf({ links }: ModelPeer): Hop[] {
    return links.map((nodeId) => ({ nodeId, neighbours: this.peers.get(nodeId)?.links ?? [] }));
  }
}

function accountIn({ publicKey }: PeerRecord): string {
  return publicKey.slice(2, 42);
}
