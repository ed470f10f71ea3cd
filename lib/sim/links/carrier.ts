/**
 * The carrier of a world of links: it loses, doubles, delays and reorders datagrams, splits, and may be hostile (R19).
 */
import { concatBytes } from '../../chain/bytes.ts';
import { DATAGRAM_LIMIT_BYTES, type FairLossLink } from '../../net/links/fair-loss.ts';
import type { Account } from '../../ledger/account.ts';
import type { EventQueue } from '../event-queue.ts';
import type { Random } from '../random.ts';
import type { Impostor } from './impostor.ts';

/** Of each datagram, duplicates included: what the goal for these links says. */
export const LOSS = 0.3;
const DUPLICATION = 0.15;
/** Of a copy that comes when everybody has forgotten it: after partitions, restarts, new sessions. */
const LATE_COPY = 0.02;
const LATE_COPY_LIMIT_MS = 60_000;
/** Delays are spread widely enough for datagrams to overtake each other all the time. */
const DELAY_MS = 40;
/** Of a hostile act for each datagram that is sent. */
const HOSTILITY = 0.3;
/** Datagrams that the hostile carrier remembers, so as to use them again. */
const RECORDED_LIMIT = 500;

interface Datagram {
  readonly from: Account;
  readonly to: Account;
  readonly bytes: Uint8Array;
}

export type Arrive = (to: Account, from: Account, bytes: Uint8Array) => void;

export class SimulatedCarrier {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #arrive: Arrive;
  readonly #readNowMs: () => number;
  /** Who speaks in others' names, if the carrier is hostile. */
  #impostor: Impostor | null = null;
  readonly #recorded: Datagram[] = [];
  #side: ReadonlySet<Account> | null = null;
  #ends = false;

  constructor(queue: EventQueue, random: Random, readNowMs: () => number, arrive: Arrive) {
    this.#queue = queue;
    this.#random = random;
    this.#readNowMs = readNowMs;
    this.#arrive = arrive;
  }

  /** The lower end of one process's links. */
  linkOf(from: Account): FairLossLink {
    return {
      limitBytes: DATAGRAM_LIMIT_BYTES,
      send: (to, bytes) => this.#send({ from, to, bytes }),
    };
  }

  /** From now on the carrier is hostile. */
  turn(impostor: Impostor): void {
    this.#impostor = impostor;
  }

  /** Splits the network in two, or joins it again with null. */
  split(side: ReadonlySet<Account> | null): void {
    this.#side = side;
  }

  /** No more late copies and hostile acts; the loss goes on. */
  calm(): void {
    this.#ends = true;
  }

  #send(datagram: Datagram): void {
    const random = this.#random;
    const impostor = this.#ends ? null : this.#impostor;
    impostor?.hear(datagram.from, datagram.to, datagram.bytes, this.#readNowMs());
    this.#carry(datagram, this.#drawDelayMs());
    if (random.chance(DUPLICATION)) this.#carry(datagram, this.#drawDelayMs());
    if (this.#ends) return;
    if (random.chance(LATE_COPY)) this.#carry(datagram, random.between(0, LATE_COPY_LIMIT_MS));
    if (impostor === null) return;
    if (this.#recorded.length < RECORDED_LIMIT) this.#recorded.push(datagram);
    else this.#recorded[random.below(RECORDED_LIMIT)] = datagram;
    if (random.chance(HOSTILITY)) this.#attack(impostor);
  }

  #carry(datagram: Datagram, delayMs: number): void {
    const { from, to, bytes } = datagram;
    const isApart = this.#side !== null && this.#side.has(from) !== this.#side.has(to);
    if (isApart || this.#random.chance(LOSS)) return;
    this.#queue.push(this.#readNowMs() + delayMs, () => this.#arrive(to, from, bytes));
  }

  #drawDelayMs(): number {
    return 2 + DELAY_MS * this.#random.exponential();
  }

  /** One thing that only an enemy does, to datagrams that were seen before. */
  #attack(enemy: Impostor): void {
    const random = this.#random;
    const seen = random.pick(this.#recorded);
    const other = random.pick(this.#recorded);
    switch (random.below(7)) {
      case 0: // Replay.
        return this.#carry(seen, this.#drawDelayMs());
      case 1: // Redirect.
        return this.#carry({ ...seen, to: other.to }, this.#drawDelayMs());
      case 2: // In another one's name.
        return this.#carry({ ...seen, from: other.from }, this.#drawDelayMs());
      case 3: // Reflect.
        return this.#carry({ ...seen, from: seen.to, to: seen.from }, this.#drawDelayMs());
      case 4: {
        // Change a byte.
        const bytes = seen.bytes.slice();
        if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 + random.below(255);
        return this.#carry({ ...seen, bytes }, this.#drawDelayMs());
      }
      case 5: {
        // The head of one datagram with the tail of another.
        const head = seen.bytes.subarray(0, random.below(seen.bytes.length + 1));
        const bytes = concatBytes(head, other.bytes.subarray(head.length));
        return this.#carry({ ...seen, bytes }, this.#drawDelayMs());
      }
      case 6: // What an impostor says with a key of its own.
        return enemy.act(this.#readNowMs());
    }
  }
}
