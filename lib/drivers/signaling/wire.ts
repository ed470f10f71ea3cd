/**
 * What the signaling server and its clients say to each other, revision 2 (R26): JSON texts over one WebSocket, and
 * frames of bytes that the server relays (lib/drivers/relay/frame.ts).
 * The protocol is described in signaling/README.md. Both sides read with the functions here, so neither trusts the other.
 */
import { ROOM_CODE } from '../../net/room-link.ts';

/** Where the WebSocket listens. A change that old clients cannot read gets another path. */
export const SIGNAL_PATH = '/signal';

/** Whole message, as UTF-8. A session description takes 1 to 3 KB, a signature little more; the rest is headroom. */
export const MESSAGE_LIMIT_BYTES = 32 * 1024;

/** A node id: SHA-1 of a compressed public key, lower case. */
export const NODE_ID = /^[0-9a-f]{40}$/;

/** Both sides say something at least this often; quick enough to notice a dead server between two blocks. */
export const HEARTBEAT_INTERVAL_MS = 5_000;

/** Three missed heartbeats: one may be lost to a sleeping radio, three are a dead connection. */
export const SILENCE_LIMIT_MS = 15_000;

export type ClientMessage =
  | { readonly type: 'join'; readonly room: string; readonly nodeId: string }
  /** `body` is opaque to the server: a text, so that what a sender signs arrives byte by byte. */
  | { readonly type: 'signal'; readonly to: string; readonly body: string }
  | { readonly type: 'heartbeat' };

export type ServerMessage =
  /** Answers a join: everyone else who is in the room. */
  | { readonly type: 'welcome'; readonly nodeIds: readonly string[] }
  /** This node has a new connection. Said again where it replaces a connection that the server still held. */
  | { readonly type: 'joined'; readonly nodeId: string }
  | { readonly type: 'left'; readonly nodeId: string }
  | { readonly type: 'signal'; readonly from: string; readonly body: string }
  | { readonly type: 'heartbeat' }
  /** `nodeId` names the addressee where the code is `not-here`. */
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly nodeId?: string;
    };

/** The errors after which the server closes the connection, with the WebSocket close code that goes with each. */
export const CLOSE_CODES = {
  'bad-message': 4000,
  'bad-order': 4001,
  'too-many-messages': 4002,
  replaced: 4003,
  silent: 4004,
  'room-full': 4005,
  'too-many-rooms': 4006,
  'too-slow': 4007,
} as const;

/** Close code of RFC 6455 for a message that is too long. */
export const TOO_LONG_CLOSE_CODE = 1009;

export type FatalCode = keyof typeof CLOSE_CODES;

/** `not-here` alone leaves the connection open: the addressee may have left a moment ago. */
export type ErrorCode = FatalCode | 'not-here';

/** Reads what a client sent; null where it is no message of this protocol. Unknown fields are ignored. */
export function readClientMessage(text: string): ClientMessage | null {
  const value = readObject(text);
  if (value === null) return null;
  const { type, room, nodeId, to, body } = value;
  if (type === 'heartbeat') return { type };
  if (type === 'join') return isRoomCode(room) && isNodeId(nodeId) ? { type, room, nodeId } : null;
  if (type === 'signal')
    return isNodeId(to) && typeof body === 'string' ? { type, to, body } : null;
  return null;
}

/** Reads what a server sent; null where it is no message of this protocol. Unknown fields are ignored. */
export function readServerMessage(text: string): ServerMessage | null {
  const value = readObject(text);
  if (value === null) return null;
  const { type, nodeIds, nodeId, from, body, code, message } = value;
  switch (type) {
    case 'heartbeat':
      return { type };
    case 'welcome':
      return Array.isArray(nodeIds) && nodeIds.every(isNodeId) ? { type, nodeIds } : null;
    case 'joined':
    case 'left':
      return isNodeId(nodeId) ? { type, nodeId } : null;
    case 'signal':
      return isNodeId(from) && typeof body === 'string' ? { type, from, body } : null;
    case 'error': {
      if (!isErrorCode(code) || typeof message !== 'string') return null;
      return { type, code, message, ...(isNodeId(nodeId) && { nodeId }) };
    }
    default:
      return null;
  }
}

export function isNodeId(value: unknown): value is string {
  return typeof value === 'string' && NODE_ID.test(value);
}

function isRoomCode(value: unknown): value is string {
  return typeof value === 'string' && ROOM_CODE.test(value);
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && (value === 'not-here' || Object.hasOwn(CLOSE_CODES, value));
}

function readObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
