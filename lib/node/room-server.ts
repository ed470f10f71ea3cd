/**
 * Makes sure of a room's server before a program joins, and asks it what it knows of the room: the genesis block, so
 * that a miner need not wait for another peer to bring it, and the servers that help links to open.
 */
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { NO_HINTS, readRoomHints, type RoomHints } from '../drivers/room-hints.ts';
import type { RoomFlag } from './flag-values.ts';
import { trustServer, UntrustedServer, type ServerTrust } from './server-trust.ts';

/** A server that does not answer by then is not waited for; other peers have the block too. */
const ANSWER_LIMIT_MS = 5_000;
/** A block as JSON has at most 5,600 bytes, and eight servers 12,000; the rest is the room's link. */
const ANSWER_LIMIT_BYTES = 32 * 1024;

export type ReachedServer =
  | { readonly ok: true; readonly trust: ServerTrust; readonly hints: RoomHints }
  /** It cannot prove itself, with a sentence for the user. */
  | { readonly ok: false; readonly message: string };

/** Asks the server of this room. One that does not answer may come yet, so that is no failure. */
export async function reachRoomServer(flag: RoomFlag): Promise<ReachedServer> {
  const trust = trustServer(flag.fingerprint);
  try {
    const url = new URL(`./rooms/${flag.policy.room}`, flag.link);
    const text = await fetchText(url, trust);
    const hints = text === null ? NO_HINTS : readRoomHints(JSON.parse(text), url.hostname);
    return { ok: true, trust, hints };
  } catch (error) {
    if (error instanceof UntrustedServer) return { ok: false, message: error.message };
    return { ok: true, trust, hints: NO_HINTS };
  }
}

/** The whole text, or null where the server refuses or sends more than any answer of ours. */
async function fetchText(url: URL, trust: ServerTrust): Promise<string | null> {
  const options = { signal: AbortSignal.timeout(ANSWER_LIMIT_MS), agent: false as const };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? getSecure(url, { ...options, agent: trust.agent }, resolve)
        : getPlain(url, options, resolve);
    request.on('error', reject);
  });
  if (response.statusCode !== 200) {
    response.destroy();
    return null;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length > ANSWER_LIMIT_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
