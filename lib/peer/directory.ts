/**
 * The peer's part in the room's distributed hash table (R11): it makes itself known under its account, keeps records for
 * others, and looks accounts up, all over datagrams for port `kad`.
 */
import { keyPairOf, type Account } from '../ledger/account.ts';
import { KademliaNode, type KadClocks, type KadOutput } from '../net/kademlia/node.ts';
import {
  checkRecord,
  makeRecord,
  RECORD_LIFE_MS,
  type PeerRecord,
} from '../net/kademlia/record.ts';
import type { PeerContext } from './context.ts';
import type { RoomNeighbour } from './neighbour.ts';
import type { Overlay } from './overlay.ts';

/** Our record is made anew so often, well before it expires; whoever keeps it has to check it then. */
const RENEW_MS = 0.6 * RECORD_LIFE_MS;
/** How often the table hears who is about: it knows contacts by the minute, and neighbours name a hundred and more. */
const SEEN_EVERY_MS = 5_000;
/** Neighbours named in our record: through any of them we can be reached. */
const NAMED_NEIGHBOURS_LIMIT = 12;

export class Directory {
  readonly #context: PeerContext;
  readonly #overlay: Overlay;
  readonly #node: KademliaNode;
  /** Who waits for the record of an account; the node bounds how many searches there are. */
  readonly #seekers = new Map<Account, ((record: PeerRecord | null) => void)[]>();
  /** The neighbours that the table heard of last, and when. */
  #seen: readonly RoomNeighbour[] = [];
  #seenMs = Number.NEGATIVE_INFINITY;
  #renewMs = Number.NEGATIVE_INFINITY;
  /** Whether our key signs; found out with the first record, as only then it matters. */
  #canSign: boolean | null = null;

  constructor(context: PeerContext, overlay: Overlay) {
    this.#context = context;
    this.#overlay = overlay;
    const { keys, room } = context.options;
    this.#node = new KademliaNode(keys.account, 0, (record, wallMs) =>
      checkRecord(record, room, wallMs),
    );
  }

  /** Ends with an output `looked-up`, at once or within some seconds. */
  lookUp(account: Account): void {
    this.find(account, (record) =>
      this.#context.outputs.push({ kind: 'looked-up', account, record }),
    );
  }

  /** Calls back with the account's record, or null, at once or within some seconds. */
  find(account: Account, then: (record: PeerRecord | null) => void): void {
    this.#seekers.set(account, [...(this.#seekers.get(account) ?? []), then]);
    this.#perform(this.#node.lookUp('find-value', account, this.#clocks()));
  }

  /** A datagram for port `kad`. */
  received(from: Account, hops: number, body: string): void {
    this.#perform(this.#node.received(from, hops, body, this.#clocks()));
  }

  tick(): void {
    const { nowMs } = this.#context;
    this.#perform(this.#node.tick(this.#clocks()));
    const greeted = this.#context.greeted();
    if (greeted === this.#seen && nowMs < this.#seenMs + SEEN_EVERY_MS) return;
    this.#seen = greeted;
    this.#seenMs = nowMs;
    // The neighbours live, as their heartbeats show; what they tell of may.
    const alive = greeted.map(({ nodeId }) => nodeId);
    this.#perform(this.#node.seen(alive, true, nowMs));
    for (const { neighbours } of greeted) this.#perform(this.#node.heard(neighbours, nowMs));
    if (alive.length > 0 && nowMs >= this.#renewMs) this.#publish(alive);
  }

  #publish(neighbours: readonly Account[]): void {
    const { options, nowMs, networkMs } = this.#context;
    this.#renewMs = nowMs + RENEW_MS;
    // A simulator of thousands gives its peers ids without keys.
    this.#canSign ??= keyPairOf(options.keys.secretKey) !== null;
    if (!this.#canSign) return;
    const reach = neighbours.slice(0, NAMED_NEIGHBOURS_LIMIT).join(' ');
    const expiresMs = networkMs + RECORD_LIFE_MS;
    const fields = { room: options.room, sequence: networkMs, expiresMs, reach };
    this.#node.publish(makeRecord(fields, options.keys), nowMs);
  }

  /** The clock of the room, as records expire by it. */
  #clocks(): KadClocks {
    return { wallMs: this.#context.networkMs, nowMs: this.#context.nowMs };
  }

  #perform(outputs: readonly KadOutput[]): void {
    for (const output of outputs)
      if (output.kind === 'send') this.#overlay.send(output.to, 'kad', output.body, output.reach);
      else {
        const { key, record } = output;
        // Each search for an account ends once, and all with what is known by then.
        const [then, ...others] = this.#seekers.get(key) ?? [];
        if (others.length > 0) this.#seekers.set(key, others);
        else this.#seekers.delete(key);
        then?.(record);
      }
  }
}
