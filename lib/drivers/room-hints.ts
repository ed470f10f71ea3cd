/**
 * What a room's server knows of the room, as `/rooms/<code>` or `/ice` answers it (R27, R28). The server is not trusted: a block
 * counts only where the link's hash says so, and the servers that it names only help links to open.
 */
import type { Block } from '../chain/block.ts';
import { blockFromJson } from '../chain/codec.ts';
import { readIceServers, stunServerAt, type IceServer } from './webrtc/ice-servers.ts';

export interface RoomHints {
  /** The room's first block; null where the server keeps none. */
  readonly genesis: Block | null;
  /** STUN and TURN servers that the room's owner names. */
  readonly iceServers: readonly IceServer[];
}

/** What is known where the server says nothing, or nothing that can be read. */
export const NO_HINTS: RoomHints = { genesis: null, iceServers: [] };

/**
 * @param value the parsed answer.
 * @param host by which the server was reached, IPv6 in brackets: it answers STUN there too, where it says so.
 */
export function readRoomHints(value: unknown, host: string): RoomHints {
  if (typeof value !== 'object' || value === null) return NO_HINTS;
  const { genesis, iceServers, stunPort } = value as Record<string, unknown>;
  const named = readIceServers(iceServers);
  const isPort = Number.isInteger(stunPort) && Number(stunPort) > 0 && Number(stunPort) < 65_536;
  return {
    genesis: readGenesis(genesis),
    iceServers: isPort ? [stunServerAt(host, Number(stunPort)), ...named] : named,
  };
}

function readGenesis(value: unknown): Block | null {
  if (typeof value !== 'object' || value === null) return null;
  const decoded = blockFromJson(value);
  return decoded.ok ? decoded.block : null;
}
