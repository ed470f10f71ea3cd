/**
 * A room of meshes alone, with links that stand at once: what peers choose that each know a part of a large room, from
 * a server that names a few to each and from what neighbours tell.
 */
import { bytesToHex } from '../../lib/chain/bytes.ts';
import { Mesh } from '../../lib/net/mesh.ts';
import { Random } from '../../lib/sim/random.ts';
import { Ring } from '../../lib/sim/ring.ts';

/** Ticks of a peer, and so times at which it looks whom to dial. */
const ROUND_MS = 1_000;

interface Member {
  readonly id: string;
  readonly mesh: Mesh;
  readonly links: Set<string>;
  /** Whether its neighbours have other neighbours than it was told of. */
  mustHear: boolean;
}

export class MeshRoom {
  readonly members = new Map<string, Member>();
  readonly #random: Random;
  nowMs = 0;
  /** Links opened or closed since the start, those included that one side refused. */
  changes = 0;

  constructor(size: number, seed: number) {
    this.#random = new Random(seed);
    for (let i = 0; i < size; i++) {
      const id = bytesToHex(this.#random.bytes(20));
      this.members.set(id, { id, mesh: new Mesh(id), links: new Set(), mustHear: false });
    }
    this.#name();
  }

  /** Lets time pass. */
  run(forMs: number): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += ROUND_MS)
      for (const member of this.members.values()) this.#tick(member);
  }

  /** So many members leave at once, and the others are told. */
  leave(count: number): void {
    for (const id of this.#random.shuffle([...this.members.keys()]).slice(0, count)) {
      const gone = this.members.get(id)!;
      for (const other of [...gone.links]) this.#part(gone, this.members.get(other)!);
      this.members.delete(id);
    }
    this.#name();
  }

  get links(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.members].map(([id, { links }]) => [id, [...links]]));
  }

  #name(): void {
    const ring = new Ring([...this.members.keys()].sort());
    for (const { id, mesh } of this.members.values())
      mesh.setPresent(ring.namesFor(id), this.nowMs);
  }

  #tick(member: Member): void {
    const { mesh, links } = member;
    if (member.mustHear) {
      member.mustHear = false;
      const heard = [...links].flatMap((id) => [...this.members.get(id)!.links]);
      mesh.setHeard(heard, this.nowMs);
    }
    for (const id of mesh.chooseDials(this.nowMs)) {
      const callee = this.members.get(id);
      if (callee === undefined) mesh.dialFailed(id, this.nowMs);
      else this.#link(member, callee);
    }
  }

  #link(caller: Member, callee: Member): void {
    const { nowMs } = this;
    this.changes++;
    const isAdmitted = callee.mesh.linked(caller.id, nowMs);
    const isWanted = caller.mesh.linked(callee.id, nowMs);
    if (!isAdmitted || !isWanted) {
      if (isWanted) this.#turnAway(caller, callee);
      if (isAdmitted) this.#turnAway(callee, caller);
      return;
    }
    caller.links.add(callee.id);
    callee.links.add(caller.id);
    this.#changed(caller);
    this.#changed(callee);
    for (const one of [callee, caller])
      for (const id of one.mesh.chooseCloses(() => null, nowMs))
        this.#part(one, this.members.get(id)!);
  }

  #turnAway({ mesh }: Member, by: Member): void {
    mesh.unlinked(by.id, this.nowMs);
    mesh.turnedAway(by.id, this.nowMs);
  }

  #part(one: Member, other: Member): void {
    this.changes++;
    one.links.delete(other.id);
    other.links.delete(one.id);
    one.mesh.unlinked(other.id, this.nowMs);
    other.mesh.unlinked(one.id, this.nowMs);
    this.#changed(one);
    this.#changed(other);
  }

  #changed({ links, ...member }: Member): void {
    this.members.get(member.id)!.mustHear = true;
    for (const id of links) this.members.get(id)!.mustHear = true;
  }
}
