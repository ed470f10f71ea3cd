/**
 * The datagrams of a world: each may be lost, doubled, late, and overtaken by others (R6, R10).
 */
import { UDP_STRANGERS_LINK } from '../peer/neighbour.ts';
import type { World } from './world.ts';

export interface UdpMember {
  readonly index: number;
  readonly isUp: boolean;
  /** A datagram, under the link of the configured sender, or under that of strangers. */
  hearDatagram(linkId: string, bytes: Uint8Array): void;
}

/** Probabilities, 0 to 1. */
export interface UdpFaults {
  readonly loss: number;
  readonly duplication: number;
  /** Of overtaking those sent before. Otherwise datagrams of one sender keep their order, as they do on a LAN. */
  readonly reordering: number;
}

export const NO_UDP_FAULTS: UdpFaults = { loss: 0, duplication: 0, reordering: 0 };

/** How a configured member is named; as the UDP transport names addresses. */
export function udpLinkId(index: number): string {
  return `udp:machine-${index}:5000`;
}

export class UdpNetwork {
  readonly #world: World;
  readonly #members = new Map<string, UdpMember>();
  readonly #configured = new Map<UdpMember, ReadonlySet<string>>();
  #faults = NO_UDP_FAULTS;
  readonly #lastArrivalMs = new Map<string, number>();
  #sides: readonly number[] | null = null;
  /** Whose datagrams to whom are lost, though not the other way. */
  #deaf: { readonly from: number; readonly to: number } | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** @param others whom it sends to, and whose datagrams it can name */
  add(member: UdpMember, others: readonly number[]): void {
    this.#members.set(udpLinkId(member.index), member);
    this.#configured.set(member, new Set(others.map(udpLinkId)));
  }

  setFaults(faults: UdpFaults): void {
    this.#faults = faults;
  }

  setSides(sides: readonly number[] | null): void {
    this.#sides = sides;
  }

  setDeaf(deaf: { readonly from: number; readonly to: number } | null): void {
    this.#deaf = deaf;
  }

  /** Whether this member may send there (R10: to configured addresses only). */
  isConfigured(member: UdpMember, linkId: string): boolean {
    return this.#configured.get(member)?.has(linkId) ?? false;
  }

  send(from: UdpMember, linkId: string, bytes: Uint8Array): void {
    const { random } = this.#world;
    const to = this.#members.get(linkId);
    if (to === undefined || !this.isConfigured(from, linkId)) return;
    if (this.#isApart(from, to) || random.chance(this.#faults.loss)) return;
    this.#carry(from, to, bytes);
    if (random.chance(this.#faults.duplication)) this.#carry(from, to, bytes);
  }

  #carry(from: UdpMember, to: UdpMember, bytes: Uint8Array): void {
    const { nowMs, queue, random } = this.#world;
    const sender = udpLinkId(from.index);
    const way = `${from.index} ${to.index}`;
    const lastMs = this.#lastArrivalMs.get(way) ?? 0;
    let arrivalMs = nowMs + this.#world.drawDelayMs();
    if (!random.chance(this.#faults.reordering)) {
      arrivalMs = Math.max(arrivalMs, lastMs);
      this.#lastArrivalMs.set(way, arrivalMs);
    }
    queue.push(arrivalMs, () => {
      if (!to.isUp) return;
      this.#world.story.message(from.index, to.index, bytes);
      to.hearDatagram(this.isConfigured(to, sender) ? sender : UDP_STRANGERS_LINK, bytes);
    });
  }

  #isApart(a: UdpMember, b: UdpMember): boolean {
    if (this.#deaf?.from === a.index && this.#deaf.to === b.index) return true;
    return this.#sides !== null && this.#sides[a.index] !== this.#sides[b.index];
  }
}
