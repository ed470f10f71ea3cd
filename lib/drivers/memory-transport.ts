/**
 * A room in memory, for tests: its members carry messages to each other as the WebRTC transport does, by the same
 * contract, without sockets (R31).
 */
import type { Transport, TransportEvents } from './transport.ts';

/** The limits of the WebRTC transport, so that what passes here passes there. */
const MESSAGE_LIMIT_BYTES = 64 * 1024;
const QUEUE_LIMIT_BYTES = 1024 * 1024;
const LINKS_LIMIT = 64;

export interface MemoryRoom {
  /** Joins the room. A member that has this node id already is replaced, as by a reloaded tab. */
  join(nodeId: string, events: TransportEvents): Transport;
  /** Takes the signaling server away, or brings it back: without it nobody comes, goes or dials; links stay. */
  setServerUp(isUp: boolean): void;
}

interface Member {
  readonly nodeId: string;
  readonly events: TransportEvents;
  /** By link id. */
  readonly ends: Map<string, LinkEnd>;
  isClosed: boolean;
}

/** One end of a link. */
interface LinkEnd {
  readonly linkId: string;
  readonly owner: Member;
  /** Set right after both ends are made. */
  other: LinkEnd | null;
  isOpen: boolean;
  queuedBytes: number;
}

/** An empty room. Events come in tasks of their own, in the order in which they were caused. */
export function createMemoryRoom(): MemoryRoom {
  const members = new Map<string, Member>();
  let queue: (() => void)[] = [];
  let isServerUp = true;
  let linkCount = 0;

  /** Runs once all that was caused earlier has happened. */
  function later(task: () => void): void {
    if (queue.push(task) === 1) setTimeout(run, 0);
  }

  function run(): void {
    const tasks = queue;
    queue = [];
    for (const task of tasks) task();
  }

  function tell(member: Member, report: (events: TransportEvents) => void): void {
    later(() => {
      if (!member.isClosed) report(member.events);
    });
  }

  function announcePresence(): void {
    if (!isServerUp) return;
    for (const member of members.values()) tellPresence(member);
  }

  function tellPresence(member: Member): void {
    const others = [...members.keys()].filter((nodeId) => nodeId !== member.nodeId).sort();
    tell(member, (events) => events.present(others));
  }

  function findEnd(member: Member, nodeId: string): LinkEnd | undefined {
    return [...member.ends.values()].find((end) => end.other!.owner.nodeId === nodeId);
  }

  function connect(caller: Member, nodeId: string): void {
    const callee = members.get(nodeId);
    const isPossible =
      isServerUp &&
      callee !== undefined &&
      callee !== caller &&
      caller.ends.size < LINKS_LIMIT &&
      callee.ends.size < LINKS_LIMIT &&
      findEnd(caller, nodeId) === undefined;
    if (!isPossible) {
      tell(caller, (events) => events.dialFailed(nodeId));
      return;
    }
    const near = makeEnd(caller, nodeId);
    const far = makeEnd(callee, caller.nodeId);
    near.other = far;
    far.other = near;
    tell(caller, (events) => events.connected(near.linkId, 'webrtc', nodeId));
    tell(callee, (events) => events.connected(far.linkId, 'webrtc', caller.nodeId));
  }

  function makeEnd(owner: Member, nodeId: string): LinkEnd {
    const linkId = `webrtc:${nodeId}:${++linkCount}`;
    const end = { linkId, owner, other: null, isOpen: true, queuedBytes: 0 };
    owner.ends.set(linkId, end);
    return end;
  }

  function disconnect(end: LinkEnd, code: string | null): void {
    for (const one of [end, end.other!]) {
      one.isOpen = false;
      one.owner.ends.delete(one.linkId);
      if (one !== end && code !== null)
        tell(one.owner, (events) =>
          events.warn(`${end.owner.nodeId} closed its link to us: ${code}`),
        );
      tell(one.owner, (events) => events.disconnected(one.linkId));
    }
  }

  function send(end: LinkEnd, bytes: Uint8Array): boolean {
    if (bytes.length > MESSAGE_LIMIT_BYTES) return false;
    if (end.queuedBytes + bytes.length > QUEUE_LIMIT_BYTES) return false;
    const copy = bytes.slice();
    const { linkId, owner } = end.other!;
    end.queuedBytes += copy.length;
    later(() => {
      end.queuedBytes -= copy.length;
      if (end.other!.isOpen && !owner.isClosed) owner.events.received(linkId, copy);
    });
    return true;
  }

  function leave(member: Member): void {
    if (member.isClosed) return;
    member.isClosed = true;
    for (const end of [...member.ends.values()]) disconnect(end, null);
    if (members.get(member.nodeId) === member) members.delete(member.nodeId);
  }

  return {
    join(nodeId, events) {
      const member: Member = { nodeId, events, ends: new Map(), isClosed: false };
      const old = members.get(nodeId);
      if (old !== undefined) leave(old);
      members.set(nodeId, member);
      tell(member, () => events.server('connecting'));
      tell(member, () => events.server(isServerUp ? 'connected' : 'lost'));
      announcePresence();
      return {
        dial(other) {
          if (!member.isClosed) later(() => !member.isClosed && connect(member, other));
        },
        send(linkId, bytes) {
          const end = member.ends.get(linkId);
          return end !== undefined && send(end, bytes);
        },
        queuedBytes: (linkId) => member.ends.get(linkId)?.queuedBytes ?? 0,
        disconnect(linkId, code) {
          const end = member.ends.get(linkId);
          if (end !== undefined) disconnect(end, code);
        },
        close() {
          leave(member);
          announcePresence();
        },
      };
    },

    setServerUp(isUp) {
      if (isServerUp === isUp) return;
      isServerUp = isUp;
      for (const member of members.values())
        tell(member, (events) => events.server(isUp ? 'connected' : 'lost'));
      announcePresence();
    },
  };
}
