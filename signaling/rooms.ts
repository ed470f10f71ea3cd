/**
 * Who is in which room, and who hears what when somebody comes, goes or speaks (R26). Pure: clients are numbers, and
 * what should be sent is returned. It knows nothing of blocks, nor of what the signals say.
 */
import type { ServerMessage } from '../lib/drivers/signaling/wire.ts';
import type { SignalingLimits } from './limits.ts';

/** One connection, named by its owner. A number is never used again. */
export type ClientId = number;

/** A message, and who is to hear it. */
export interface Delivery {
  readonly to: ClientId;
  readonly message: ServerMessage;
}

export type JoinOutcome =
  | {
      readonly kind: 'joined';
      readonly deliveries: readonly Delivery[];
      /** The connection that this node had before, to be closed: it is in the room no more. */
      readonly replaced: ClientId | null;
    }
  | { readonly kind: 'refused'; readonly code: 'bad-order' | 'room-full' | 'too-many-rooms' };

/** Whom something of a client's should reach. */
export type RouteOutcome =
  | { readonly kind: 'found'; readonly to: ClientId; readonly from: string }
  /** The addressee is not in the sender's room: it left, or was never there. */
  | { readonly kind: 'not-here' }
  /** The sender has joined no room. */
  | { readonly kind: 'refused'; readonly code: 'bad-order' };

export interface Rooms {
  /** Puts a client into a room under a node id. A client that already had that node id there is replaced. */
  join(client: ClientId, room: string, nodeId: string): JoinOutcome;
  /** Takes a client out of its room. Nothing happens where it is in none. */
  leave(client: ClientId): readonly Delivery[];
  /** Finds one node of the sender's room, and says which node the sender is. */
  route(client: ClientId, to: string): RouteOutcome;
  /** Whether a client is in a room. */
  has(client: ClientId): boolean;
  /** The node ids in a room, in order of arrival. */
  members(room: string): readonly string[];
  readonly roomCount: number;
  readonly clientCount: number;
}

interface Membership {
  readonly room: string;
  readonly nodeId: string;
}

/** No rooms yet. A room begins with its first member and ends with its last. */
export function createRooms(limits: Pick<SignalingLimits, 'rooms' | 'peersPerRoom'>): Rooms {
  const rooms = new Map<string, Map<string, ClientId>>();
  const memberships = new Map<ClientId, Membership>();

  function announce(members: Map<string, ClientId>, message: ServerMessage): Delivery[] {
    return [...members.values()].map((to) => ({ to, message }));
  }

  return {
    join(client, room, nodeId) {
      if (memberships.has(client)) return { kind: 'refused', code: 'bad-order' };
      const members = rooms.get(room) ?? new Map<string, ClientId>();
      const replaced = members.get(nodeId) ?? null;
      if (members.size === 0 && rooms.size >= limits.rooms)
        return { kind: 'refused', code: 'too-many-rooms' };
      if (replaced === null && members.size >= limits.peersPerRoom)
        return { kind: 'refused', code: 'room-full' };

      if (replaced !== null) memberships.delete(replaced);
      members.delete(nodeId);
      const welcome: Delivery = {
        to: client,
        message: { type: 'welcome', nodeIds: [...members.keys()] },
      };
      const deliveries = [welcome, ...announce(members, { type: 'joined', nodeId })];
      members.set(nodeId, client);
      rooms.set(room, members);
      memberships.set(client, { room, nodeId });
      return { kind: 'joined', deliveries, replaced };
    },

    leave(client) {
      const membership = memberships.get(client);
      if (membership === undefined) return [];
      memberships.delete(client);
      const members = rooms.get(membership.room)!;
      members.delete(membership.nodeId);
      if (members.size === 0) rooms.delete(membership.room);
      return announce(members, { type: 'left', nodeId: membership.nodeId });
    },

    route(client, to) {
      const membership = memberships.get(client);
      if (membership === undefined) return { kind: 'refused', code: 'bad-order' };
      const addressee = rooms.get(membership.room)!.get(to);
      if (addressee === undefined || addressee === client) return { kind: 'not-here' };
      return { kind: 'found', to: addressee, from: membership.nodeId };
    },

    has: (client) => memberships.has(client),
    members: (room) => [...(rooms.get(room)?.keys() ?? [])],
    get roomCount() {
      return rooms.size;
    },
    get clientCount() {
      return memberships.size;
    },
  };
}
