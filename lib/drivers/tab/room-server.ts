/**
 * Asks the server of a tab's page what it knows of the room (R27, R28).
 */
import type { RoomPolicy } from '../../net/room-link.ts';
import { NO_HINTS, readRoomHints, type RoomHints } from '../room-hints.ts';

/** A server that serves pages answers within milliseconds; one that hangs is not waited for. */
const HINTS_WAIT_MS = 1_000;

/**
 * What the server knows of the room. Where it knows or answers nothing, other peers have the first block too. A room that
 * its first tab makes is known to no server, which is then asked only for what helps links of any room to open.
 */
export async function askServer(baseUrl: URL, { room, genesis }: RoomPolicy): Promise<RoomHints> {
  try {
    const path = genesis.kind === 'new' ? 'ice' : `rooms/${room}`;
    const response = await fetch(new URL(path, baseUrl));
    return response.ok ? readRoomHints(await response.json(), baseUrl.hostname) : NO_HINTS;
  } catch {
    return NO_HINTS;
  }
}

/** The answer, or an empty one where it takes too long. */
export async function waitForHints(asked: Promise<RoomHints>): Promise<RoomHints> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<RoomHints>((resolve) => {
    timer = setTimeout(() => resolve(NO_HINTS), HINTS_WAIT_MS);
  });
  const hints = await Promise.race([asked, tooLate]);
  clearTimeout(timer);
  return hints;
}
