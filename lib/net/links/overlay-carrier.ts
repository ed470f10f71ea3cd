/**
 * The overlay's datagrams as a fair-loss link: bytes travel as base64 in the body of a datagram for the port `link`, so
 * that peers that are not neighbours have links with guarantees (R19, R20).
 */
import { readBase64, writeBase64 } from '../../chain/bytes.ts';
import type { Account } from '../../ledger/account.ts';
import { BODY_LIMIT_CHARS, type Port } from '../messages.ts';
import type { FairLossLink } from './fair-loss.ts';

/** The port of the overlay on which links listen. */
export const LINK_PORT = 'link' satisfies Port;
/** Bytes that a body holds: base64 makes four characters of three. */
const LIMIT_BYTES = Math.floor(BODY_LIMIT_CHARS / 4) * 3;

/** @param send sends a body to the port {@link LINK_PORT} of a node, as the peer's input `send-datagram` does */
export function overlayCarrier(send: (to: Account, body: string) => void): FairLossLink {
  return { limitBytes: LIMIT_BYTES, send: (to, bytes) => send(to, writeBase64(bytes)) };
}

/** The bytes that a link is to receive from a datagram for {@link LINK_PORT}; null where its body is no base64. */
export function readOverlayBody(body: string): Uint8Array | null {
  return readBase64(body);
}
