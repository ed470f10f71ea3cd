/**
 * A room of meshes that others come to, with relayed links that stand at once and of which each is made direct as soon as
 * its caller wants it to stay: counts the direct links that were made, and those that nobody wants in the end (R14).
 */
import { bytesToHex } from '../../lib/chain/bytes.ts';
import { Mesh } from '../../lib/net/mesh.ts';
import { Random } from '../../lib/sim/random.ts';

/** How often peers look whom to dial. */
const TICK_MS = 100;

interface Member {
  readonly id: string;
  readonly mesh: Mesh;
  readonly links: Map<string, 'caller' | 'called'>;
  preferred: ReadonlySet<string>;
}

export class GrowingRoom {
  readonly members = new Map<string, Member>();
  /** Pairs that made a direct link, by their ids. */
  readonly direct = new Set<string>();
  readonly #random: Random;
  readonly #arrivalsMs: readonly number[];
  nowMs = 0;

  /** So many come within the first span, each at any time within its own share of it. */
  constructor(size: number, withinMs: number, seed: number) {
    this.#random = new Random(seed);
    this.#arrivalsMs = Array.from(
      { length: size },
      (_, index) => ((index + this.#random.uniform()) * withinMs) / size,
    );
  }

  /** Lets time pass. */
  run(forMs: number): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += TICK_MS) {
      while (
        this.members.size < this.#arrivalsMs.length &&
        this.#arrivalsMs[this.members.size]! <= this.nowMs
      )
        this.#join();
      for (const member of this.members.values()) this.#look(member);
    }
  }

  #join(): void {
    const id = bytesToHex(this.#random.bytes(20));
    const newcomer: Member = { id, mesh: new Mesh(id), links: new Map(), preferred: new Set() };
    this.members.set(id, newcomer);
    const ids = [...this.members.keys()];
    for (const { mesh } of this.members.values()) mesh.setPresent(ids, this.nowMs);
    for (const member of this.members.values()) this.#look(member);
  }

  #look(member: Member): void {
    member.preferred = member.mesh.newlyWanted(this.nowMs) ?? member.preferred;
    for (const [id, side] of member.links)
      if (side === 'caller' && member.preferred.has(id)) this.direct.add(pairOf(member.id, id));
    for (const id of member.mesh.chooseDials(this.nowMs)) this.#link(member, this.members.get(id)!);
  }

  #link(caller: Member, called: Member): void {
    const isTaken = called.mesh.linked(caller.id, this.nowMs);
    const isKept = caller.mesh.linked(called.id, this.nowMs);
    if (isTaken && isKept) {
      caller.links.set(called.id, 'caller');
      called.links.set(caller.id, 'called');
      for (const one of [called, caller])
        for (const id of one.mesh.chooseCloses(() => null, this.nowMs))
          this.#part(one, this.members.get(id)!);
      return;
    }
    if (isTaken) called.mesh.unlinked(caller.id, this.nowMs);
    if (isKept) caller.mesh.unlinked(called.id, this.nowMs);
  }

  #part(one: Member, other: Member): void {
    for (const [member, left] of [
      [one, other],
      [other, one],
    ] as const) {
      member.links.delete(left.id);
      member.mesh.unlinked(left.id, this.nowMs);
    }
  }
}

export function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
