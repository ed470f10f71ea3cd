/**
 * The room of a world: a signaling server that says who is there, and links between members that are reliable and
 * ordered as data channels are, yet can stall and break (R26, R28, R31).
 *
 * It keeps the contract of the transports: a dial is answered by `connected` or `dial-failed`; between two members
 * there is one link at most, and a member that comes back replaces its old one.
 */
import type { PeerInput } from '../peer/inputs.ts';
import { Ring } from './ring.ts';
import type { World } from './world.ts';

/** The WebRTC transport's limits. */
export const LINKS_LIMIT = 64;
export const QUEUE_LIMIT_BYTES = 1024 * 1024;
/** Signals through the server and the handshake take about this many one-way delays. */
const DIAL_DELAYS = 6;
/** The WebRTC transport gives a dial up after this long. */
const DIAL_LIMIT_MS = 10_000;
/** A link that passes nothing is given up by the browser after this long: a killed tab is noticed after 16 s. */
const BREAK_MS = { least: 12_000, most: 20_000 } as const;
/** A tab that ends with `pagehide` says so. */
const GOODBYE_MS = 35;
/** The server's heartbeat shows it that a member is gone. */
const UNLISTED_MS = { least: 5_000, most: 30_000 } as const;
/** The server tells about changes at most this often, so that a class that comes in at once costs little. */
const ANNOUNCE_EVERY_MS = 200;

export interface RoomMember {
  readonly index: number;
  readonly nodeId: string;
  readonly isUp: boolean;
  take(input: PeerInput): void;
}

/** One end of a link. */
interface LinkEnd {
  readonly linkId: string;
  readonly owner: RoomMember;
  /** Set right after both ends are made. */
  other: LinkEnd | null;
  isOpen: boolean;
  /** What was sent from here arrives in order. */
  lastArrivalMs: number;
  /** What was sent from here while the way is cut. */
  readonly held: Uint8Array[];
  heldBytes: number;
}

/** Of a machine that has no part in the room. */
const NO_ENDS = new Map<string, LinkEnd>();

interface Dial {
  readonly wantedBy: Set<RoomMember>;
}

export class RoomNetwork {
  readonly #world: World;
  /** By the member's index, then by link. */
  readonly #ends: (Map<string, LinkEnd> | undefined)[] = [];
  readonly #byId = new Map<string, RoomMember>();
  readonly #listed = new Set<RoomMember>();
  /** What each was told last of who is there. */
  readonly #named = new Map<RoomMember, string>();
  readonly #dials = new Map<string, Dial>();
  #sides: readonly number[] | null = null;
  #isServerUp = true;
  #announceMs = Number.NEGATIVE_INFINITY;
  #isAnnouncing = false;
  #linkCount = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** A member comes, or comes back. */
  join(member: RoomMember): void {
    this.#ends[member.index] ??= new Map();
    this.#byId.set(member.nodeId, member);
    this.#named.delete(member);
    this.#listed.add(member);
    this.#announce();
  }

  /** A member's machine is gone: with a goodbye, or silently. */
  leave(member: RoomMember, clean: boolean): void {
    const { nowMs, random } = this.#world;
    for (const end of [...this.#endsOf(member).values()]) {
      this.#shut(end);
      const isCut = this.#isCut(end);
      const silenceMs = random.between(BREAK_MS.least, BREAK_MS.most);
      this.#endLater(end.other!, clean && !isCut ? nowMs + GOODBYE_MS : nowMs + silenceMs);
    }
    const unlistedMs = clean ? 0 : random.between(UNLISTED_MS.least, UNLISTED_MS.most);
    this.#world.queue.push(nowMs + unlistedMs, () => {
      if (member.isUp) return;
      this.#listed.delete(member);
      this.#announce();
    });
  }

  dial(member: RoomMember, nodeId: string): void {
    const { nowMs, queue } = this.#world;
    const callee = this.#byId.get(nodeId);
    const canAsk =
      this.#isServerUp && callee !== undefined && callee !== member && this.#listed.has(callee);
    const isPossible =
      canAsk &&
      this.#endsOf(member).size < LINKS_LIMIT &&
      this.#endsOf(callee).size < LINKS_LIMIT &&
      this.#findEnd(member, callee) === undefined;
    if (!isPossible) {
      queue.push(nowMs, () => this.#tell(member, { kind: 'dial-failed', nodeId }));
      return;
    }
    const key = pairKey(member, callee);
    const underWay = this.#dials.get(key);
    if (underWay !== undefined) {
      underWay.wantedBy.add(member);
      return;
    }
    const dial: Dial = { wantedBy: new Set([member]) };
    this.#dials.set(key, dial);
    let setUpMs = 0;
    for (let i = 0; i < DIAL_DELAYS; i++) setUpMs += this.#world.drawDelayMs();
    const reaches = callee.isUp && !this.#isApart(member, callee);
    queue.push(nowMs + (reaches ? setUpMs : DIAL_LIMIT_MS), () =>
      this.#finishDial(key, dial, member, callee),
    );
  }

  send(member: RoomMember, linkId: string, bytes: Uint8Array): void {
    const end = this.#endsOf(member).get(linkId);
    if (end === undefined) return;
    if (!this.#isCut(end)) {
      this.#carry(end, bytes);
      return;
    }
    if (end.heldBytes + bytes.length > QUEUE_LIMIT_BYTES) return;
    end.held.push(bytes);
    end.heldBytes += bytes.length;
  }

  /** A member closes its link. The other learns of it behind all that was sent before. */
  close(member: RoomMember, linkId: string): void {
    const end = this.#endsOf(member).get(linkId);
    if (end === undefined) return;
    const { nowMs, queue, random } = this.#world;
    this.#shut(end);
    queue.push(nowMs, () => this.#tell(member, { kind: 'disconnected', linkId }));
    this.#endLater(
      end.other!,
      this.#isCut(end)
        ? nowMs + random.between(BREAK_MS.least, BREAK_MS.most)
        : Math.max(end.lastArrivalMs, nowMs + this.#world.drawDelayMs()),
    );
  }

  /** All links of a member end, at both ends. */
  breakLinks(member: RoomMember): void {
    for (const end of [...this.#endsOf(member).values()]) {
      this.#end(end);
      this.#end(end.other!);
    }
  }

  /** Members on different sides no longer hear each other; the server shows each its own side. Null: all are together. */
  setSides(sides: readonly number[] | null): void {
    const { nowMs, queue, random } = this.#world;
    this.#sides = sides;
    for (const ends of this.#ends)
      for (const end of ends?.values() ?? []) {
        if (!this.#isCut(end)) {
          this.#release(end);
          continue;
        }
        queue.push(nowMs + random.between(BREAK_MS.least, BREAK_MS.most), () => {
          if (this.#isCut(end)) this.#end(end);
        });
      }
    this.#announce();
  }

  /** Without the server nobody is dialled, and nobody hears who comes and goes. */
  setServerUp(isUp: boolean): void {
    this.#isServerUp = isUp;
    this.#announce();
  }

  #finishDial(key: string, dial: Dial, caller: RoomMember, callee: RoomMember): void {
    this.#dials.delete(key);
    const isOpen = caller.isUp && callee.isUp && this.#isServerUp && !this.#isApart(caller, callee);
    if (!isOpen) {
      for (const member of dial.wantedBy) {
        const nodeId = member === caller ? callee.nodeId : caller.nodeId;
        this.#tell(member, { kind: 'dial-failed', nodeId });
      }
      return;
    }
    const number = ++this.#linkCount;
    const near = this.#makeEnd(caller, `webrtc:${callee.nodeId}:${number}`);
    const far = this.#makeEnd(callee, `webrtc:${caller.nodeId}:${number}`);
    near.other = far;
    far.other = near;
    this.#open(near, callee);
    this.#open(far, caller);
  }

  #makeEnd(owner: RoomMember, linkId: string): LinkEnd {
    return {
      linkId,
      owner,
      other: null,
      isOpen: true,
      lastArrivalMs: 0,
      held: [],
      heldBytes: 0,
    };
  }

  /** One member's side of a new link. A link that it still has to the same member is replaced. */
  #open(end: LinkEnd, other: RoomMember): void {
    const { owner, linkId } = end;
    const old = this.#findEnd(owner, other);
    if (old !== undefined) this.#end(old);
    this.#endsOf(owner).set(linkId, end);
    this.#tell(owner, { kind: 'connected', linkId, linkKind: 'webrtc', nodeId: other.nodeId });
  }

  #carry(end: LinkEnd, bytes: Uint8Array): void {
    const { nowMs, queue } = this.#world;
    const arrivalMs = Math.max(end.lastArrivalMs, nowMs + this.#world.drawDelayMs());
    end.lastArrivalMs = arrivalMs;
    const other = end.other!;
    queue.push(arrivalMs, () => {
      if (other.isOpen)
        this.#tell(other.owner, { kind: 'received', linkId: other.linkId, bytes }, end.owner);
    });
  }

  #release(end: LinkEnd): void {
    for (const bytes of end.held.splice(0)) this.#carry(end, bytes);
    end.heldBytes = 0;
  }

  #endLater(end: LinkEnd, timeMs: number): void {
    this.#world.queue.push(timeMs, () => this.#end(end));
  }

  #end(end: LinkEnd): void {
    if (!end.isOpen) return;
    this.#shut(end);
    this.#tell(end.owner, { kind: 'disconnected', linkId: end.linkId });
  }

  #shut(end: LinkEnd): void {
    end.isOpen = false;
    end.held.length = 0;
    this.#endsOf(end.owner).delete(end.linkId);
  }

  #announce(): void {
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    const { nowMs, queue } = this.#world;
    this.#announceMs = Math.max(nowMs, this.#announceMs + ANNOUNCE_EVERY_MS);
    queue.push(this.#announceMs, () => {
      this.#isAnnouncing = false;
      if (!this.#isServerUp) return;
      this.#nameAll();
    });
  }

  /** Says to each who is there, as far as it changed. The server shows each its own side of a split network. */
  #nameAll(): void {
    const all = [...this.#listed].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
    for (const side of this.#sides === null ? [0] : new Set(this.#sides)) {
      const together = all.filter(({ index }) => (this.#sides?.[index] ?? 0) === side);
      const ring = new Ring(together.map(({ nodeId }) => nodeId));
      for (const member of together) {
        if (!member.isUp) continue;
        const nodeIds = ring.namesFor(member.nodeId);
        const names = nodeIds.join();
        if (this.#named.get(member) === names) continue;
        this.#named.set(member, names);
        this.#tell(member, { kind: 'present', nodeIds });
      }
    }
  }

  #tell(member: RoomMember, input: PeerInput, from: RoomMember | null = null): void {
    if (!member.isUp) return;
    if (input.kind === 'received')
      this.#world.story.message(from!.index, member.index, input.bytes);
    member.take(input);
  }

  #isCut(end: LinkEnd): boolean {
    return this.#isApart(end.owner, end.other!.owner);
  }

  #isApart(a: RoomMember, b: RoomMember): boolean {
    return this.#sides !== null && this.#sides[a.index] !== this.#sides[b.index];
  }

  #findEnd(member: RoomMember, other: RoomMember): LinkEnd | undefined {
    for (const end of this.#endsOf(member).values()) if (end.other!.owner === other) return end;
    return undefined;
  }

  #endsOf(member: RoomMember): Map<string, LinkEnd> {
    return this.#ends[member.index] ?? NO_ENDS;
  }
}

function pairKey(a: RoomMember, b: RoomMember): string {
  return a.index < b.index ? `${a.index} ${b.index}` : `${b.index} ${a.index}`;
}
