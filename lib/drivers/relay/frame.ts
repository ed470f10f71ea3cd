/**
 * What travels over the signaling server's WebSocket as bytes: a peer's messages to another peer, on their way around a
 * link that does not exist yet, or never will (R26).
 *
 * Outside, for the server: 20 bytes of node id, the addressee's on the way in, the sender's on the way out; the rest is
 * opaque to it. Inside, for the peers: a kind, the name of the link (16 random bytes of its caller), and what the kind
 * says.
 */
import { bytesToHex, concatBytes, readHex } from '../../chain/bytes.ts';
import { PUBLIC_KEY_BYTES } from '../../ledger/account.ts';

/** One message of a peer, as on every link. */
export const RELAY_MESSAGE_LIMIT_BYTES = 64 * 1024;
export const NODE_ID_BYTES = 20;
/** Random bytes by which the caller names a link, and both sides make its keys new. */
export const LINK_NAME_BYTES = 16;
/** The authenticity of a sealed text. */
export const TAG_BYTES = 16;
/** The longest frame: node id, kind, link name, sealed message. */
export const RELAY_FRAME_LIMIT_BYTES =
  NODE_ID_BYTES + 1 + LINK_NAME_BYTES + TAG_BYTES + RELAY_MESSAGE_LIMIT_BYTES;

const KINDS = ['call', 'accept', 'confirm', 'message', 'close'] as const;

export type RelayFrame =
  /** Asks for a link. */
  | { readonly kind: 'call'; readonly name: Uint8Array; readonly publicKey: Uint8Array }
  /** Agrees; the sealed empty text proves the key. */
  | {
      readonly kind: 'accept';
      readonly name: Uint8Array;
      readonly publicKey: Uint8Array;
      readonly nonce: Uint8Array;
      readonly sealed: Uint8Array;
    }
  /** The caller's proof: a sealed empty text. The link is open. */
  | { readonly kind: 'confirm'; readonly name: Uint8Array; readonly sealed: Uint8Array }
  | { readonly kind: 'message'; readonly name: Uint8Array; readonly sealed: Uint8Array }
  /** Ends the link; the sealed text is a code, or empty. */
  | { readonly kind: 'close'; readonly name: Uint8Array; readonly sealed: Uint8Array };

/** The bytes of a frame, without the node id. */
export function writeRelayFrame(frame: RelayFrame): Uint8Array {
  const head = Uint8Array.of(KINDS.indexOf(frame.kind));
  switch (frame.kind) {
    case 'call':
      return concatBytes(head, frame.name, frame.publicKey);
    case 'accept':
      return concatBytes(head, frame.name, frame.publicKey, frame.nonce, frame.sealed);
    default:
      return concatBytes(head, frame.name, frame.sealed);
  }
}

/** Reads a frame without its node id; null where it is none. */
export function readRelayFrame(bytes: Uint8Array): RelayFrame | null {
  const kind = KINDS[bytes[0] ?? KINDS.length];
  if (kind === undefined || bytes.length < 1 + LINK_NAME_BYTES) return null;
  const name = bytes.slice(1, 1 + LINK_NAME_BYTES);
  const rest = bytes.subarray(1 + LINK_NAME_BYTES);
  const publicKey = rest.slice(0, PUBLIC_KEY_BYTES);
  switch (kind) {
    case 'call':
      return rest.length === PUBLIC_KEY_BYTES ? { kind, name, publicKey } : null;
    case 'accept': {
      if (rest.length !== PUBLIC_KEY_BYTES + LINK_NAME_BYTES + TAG_BYTES) return null;
      const nonce = rest.slice(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES + LINK_NAME_BYTES);
      return { kind, name, publicKey, nonce, sealed: rest.slice(-TAG_BYTES) };
    }
    default:
      return rest.length >= TAG_BYTES && rest.length <= TAG_BYTES + RELAY_MESSAGE_LIMIT_BYTES
        ? { kind, name, sealed: rest.slice() }
        : null;
  }
}

/** Puts a node id before a frame. */
export function addressFrame(nodeId: string, frame: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes(readHex(nodeId)!, frame);
}

/** Takes the node id off; null where nothing stands behind it. */
export function readAddress(
  bytes: Uint8Array,
): { readonly nodeId: string; readonly frame: Uint8Array } | null {
  if (bytes.length <= NODE_ID_BYTES || bytes.length > RELAY_FRAME_LIMIT_BYTES) return null;
  return {
    nodeId: bytesToHex(bytes.subarray(0, NODE_ID_BYTES)),
    frame: bytes.subarray(NODE_ID_BYTES),
  };
}
