/**
 * The peer's side of the overlay: datagrams to nodes that are not neighbours (R11, R20), and who is whose neighbour.
 */
import type { Account } from '../ledger/account.ts';
import { DatagramRouter, type Datagram, type DatagramCounts, type Hop } from '../net/datagrams.ts';
import { isNodeId } from '../net/message-fields.ts';
import { isBody, NODE_IDS_LIMIT, type Port } from '../net/messages.ts';
import type { Mesh } from '../net/mesh.ts';
import type { PeerContext } from './context.ts';
import { Directory } from './directory.ts';
import type { GreetedNeighbour, RoomNeighbour } from './neighbour.ts';

/**
 * Ids begin with the clock at the start, times this, so that a peer that comes back with its key repeats none; up to a
 * thousand datagrams a millisecond fit below.
 */
const IDS_PER_MS = 1_024;

export class Overlay {
  readonly directory: Directory;
  /** Takes what comes for the port of links; null leaves it to the driver. */
  hearLink: ((from: Account, body: string) => void) | null = null;
  readonly #context: PeerContext;
  readonly #mesh: Mesh;
  readonly #router: DatagramRouter;
  #nextId: number | null = null;
  /** The neighbours as they were last told of each other. */
  #told: readonly GreetedNeighbour[] = [];
  /** Whether the neighbours' neighbours are others than the mesh knows. */
  #hasHeard = false;
  /** The neighbours as routing knows them, and of which list they were made; null where one has told of others since. */
  #hops: readonly Hop[] | null = null;
  #hopsOf: readonly GreetedNeighbour[] = [];

  constructor(context: PeerContext, mesh: Mesh) {
    this.#context = context;
    this.#mesh = mesh;
    this.#router = new DatagramRouter(context.options.keys.account);
    this.directory = new Directory(context, this);
  }

  get counts(): DatagramCounts {
    return this.#router.counts;
  }

  /** Sends a datagram on its way. One that cannot be is counted as `unfit`. */
  send(to: Account, port: Port, body: string, reach: Datagram['reach'] = 'exact'): void {
    const { options, clocks, nowMs } = this.#context;
    if (!isNodeId(to) || !isBody(body)) {
      this.#router.drop('unfit');
      return;
    }
    this.#nextId ??= Math.max(0, Math.floor(clocks.wallMs)) * IDS_PER_MS;
    const from = options.keys.account;
    const id = this.#nextId++;
    const datagram: Datagram = {
      type: 'datagram',
      to,
      reach,
      from,
      id,
      hops: 0,
      detours: 0,
      port,
      body,
    };
    this.#carry(datagram, this.#router.send(datagram, this.#listHops(), nowMs));
  }

  /** A neighbour brings a datagram, its own or another's. */
  received(neighbour: RoomNeighbour, datagram: Datagram): void {
    const via = neighbour.nodeId!;
    const { nowMs } = this.#context;
    this.#carry(datagram, this.#router.receive(datagram, via, this.#listHops(), nowMs));
  }

  /** A neighbour tells whom it is linked to. */
  learn(neighbour: RoomNeighbour, nodeIds: readonly Account[]): void {
    neighbour.neighbours = nodeIds;
    this.#hasHeard = true;
    this.#hops = null;
  }

  /** Tells the neighbours of each other, and the mesh of theirs, where that has changed. */
  tick(): void {
    const greeted = this.#context.greeted();
    if (greeted !== this.#told) {
      this.#told = greeted;
      this.#hasHeard = true;
      const nodeIds = [...new Set(greeted.map(({ nodeId }) => nodeId))];
      this.#context.sendToRoom({ type: 'neighbours', nodeIds: nodeIds.slice(0, NODE_IDS_LIMIT) });
    }
    this.directory.tick();
    if (!this.#hasHeard) return;
    this.#hasHeard = false;
    const heard = greeted.flatMap(({ neighbours }) => neighbours);
    this.#mesh.setHeard(heard, this.#context.nowMs);
  }

  /** One and the same list until a neighbour comes, goes, or tells of others. */
  #listHops(): readonly Hop[] {
    const greeted = this.#context.greeted();
    if (this.#hops === null || greeted !== this.#hopsOf) {
      this.#hops = greeted.map(({ nodeId, neighbours }) => ({ nodeId, neighbours }));
      this.#hopsOf = greeted;
    }
    return this.#hops;
  }

  #carry(datagram: Datagram, outcome: ReturnType<DatagramRouter['receive']>): void {
    switch (outcome.kind) {
      case 'arrived': {
        const { from, port, hops, body } = datagram;
        if (port === 'kad') return this.directory.received(from, hops, body);
        if (port === 'link' && this.hearLink !== null) return this.hearLink(from, body);
        this.#context.outputs.push({ kind: 'datagram', from, port, body });
        return;
      }
      case 'forward':
        for (const { nodeId, linkId } of this.#context.greeted())
          if (nodeId === outcome.nodeId) return this.#context.send(linkId, outcome.datagram);
        return;
      case 'dropped':
        return;
    }
  }
}
