/**
 * Gossip broadcast: everyone who hears a message for the first time pushes it on to a few neighbours, a bounded number
 * of times, over fair-loss links (R14, R19).
 *
 * Source: "Eager Probabilistic Broadcast", algorithm 3.9 of Cachin, Guerraoui and Rodrigues, with PB1 probabilistic
 * validity, PB2 no duplication, PB3 no creation. The origin is a claim: what must be believed carries its own proof.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { LinkCode } from '../../chain/codes.ts';
import { bytesToHex, readHex } from '../../chain/bytes.ts';
import type { Account } from '../../ledger/account.ts';
import { KnownSet } from '../known-set.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { FairLossLink, Randomness } from './fair-loss.ts';
import { FieldReader, NONCE_BYTES, writeFrame } from './fields.ts';

/** Neighbours that each peer pushes to. With 30 % loss it still reaches 5.6 of them on average, and misses a peer in 270. */
export const GOSSIP_FANOUT = 8;
/** Hops from the origin: with this fan-out three reach a class, and six a thousand peers that know few others. */
export const GOSSIP_HOPS_LIMIT = 10;
/** Messages from one neighbour: far above any honest room's, far below what would hurt. */
export const GOSSIP_PER_SECOND = 100;
export const GOSSIP_BURST = 400;
/** Neighbours whose rates are counted: more than any mesh has. The one that was quiet longest is forgotten. */
export const GOSSIP_SENDERS_LIMIT = 64;

const GOSSIP_KIND = 1;
const ACCOUNT_BYTES = 20;
const OVERHEAD_BYTES = 1 + 1 + ACCOUNT_BYTES + NONCE_BYTES;

export type GossipOutcome =
  /** New here; `relayed` neighbours were sent it. */
  | {
      readonly kind: 'delivered';
      readonly origin: Account;
      readonly bytes: Uint8Array;
      readonly relayed: number;
    }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'refused'; readonly code: LinkCode };

export class GossipBroadcast {
  readonly #self: Account;
  readonly #carrier: FairLossLink;
  readonly #random: Randomness;
  readonly #seen = new KnownSet();
  readonly #budgets = new Map<Account, TokenBucket>();

  constructor(self: Account, carrier: FairLossLink, random: Randomness) {
    this.#self = self;
    this.#carrier = carrier;
    this.#random = random;
  }

  get limitBytes(): number {
    return this.#carrier.limitBytes - OVERHEAD_BYTES;
  }

  /** Pushes a message to some of the neighbours; refused with `too-long`. Ourselves have it delivered already. */
  broadcast(bytes: Uint8Array, neighbours: readonly Account[]): GossipOutcome {
    if (bytes.length > this.limitBytes) return { kind: 'refused', code: 'too-long' };
    const tail = [readHex(this.#self)!, this.#random.bytes(NONCE_BYTES), bytes];
    this.#seen.add(nameOf(writeFrame(GOSSIP_KIND, ...tail)));
    const relayed = this.#push(GOSSIP_HOPS_LIMIT, tail, neighbours);
    return { kind: 'delivered', origin: this.#self, bytes, relayed };
  }

  /** Takes a datagram; where it is new it is pushed on, to others than where it came from. */
  receive(
    from: Account,
    datagram: Uint8Array,
    neighbours: readonly Account[],
    nowMs: number,
  ): GossipOutcome {
    const reader = new FieldReader(datagram);
    const [kind, hopsLeft] = [reader.byte(), reader.byte()];
    const [origin, stamp] = [reader.take(ACCOUNT_BYTES), reader.take(NONCE_BYTES)];
    if (reader.failed || kind !== GOSSIP_KIND || hopsLeft === 0 || hopsLeft > GOSSIP_HOPS_LIMIT)
      return { kind: 'refused', code: 'bad-datagram' };
    if (!this.#budgetOf(from, nowMs).take(nowMs)) return { kind: 'refused', code: 'too-fast' };
    const bytes = reader.rest();
    const tail = [origin, stamp, bytes];
    const name = nameOf(writeFrame(GOSSIP_KIND, ...tail));
    if (this.#seen.has(name)) return { kind: 'duplicate' };
    this.#seen.add(name);
    const relayed =
      hopsLeft === 1
        ? 0
        : this.#push(
            hopsLeft - 1,
            tail,
            neighbours.filter((account) => account !== from),
          );
    return { kind: 'delivered', origin: bytesToHex(origin), bytes, relayed };
  }

  #push(hopsLeft: number, tail: readonly Uint8Array[], neighbours: readonly Account[]): number {
    const datagram = writeFrame(GOSSIP_KIND, Uint8Array.of(hopsLeft), ...tail);
    const left = neighbours.filter((account) => account !== this.#self);
    let count = 0;
    for (; count < GOSSIP_FANOUT && left.length > 0; count++) {
      const at = Math.floor(this.#random.uniform() * left.length);
      this.#carrier.send(left[at]!, datagram);
      left[at] = left.at(-1)!;
      left.pop();
    }
    return count;
  }

  #budgetOf(from: Account, nowMs: number): TokenBucket {
    const budget =
      this.#budgets.get(from) ?? new TokenBucket(GOSSIP_PER_SECOND, GOSSIP_BURST, nowMs);
    this.#budgets.delete(from);
    if (this.#budgets.size >= GOSSIP_SENDERS_LIMIT)
      this.#budgets.delete(this.#budgets.keys().next().value!);
    this.#budgets.set(from, budget);
    return budget;
  }
}

/** What a message is known by: the hash of its origin, stamp and bytes, so that nobody can take another one's place. */
function nameOf(frame: Uint8Array): string {
  return bytesToHex(sha256(frame));
}
