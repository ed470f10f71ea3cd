/**
 * How drivers carry bytes between peers of a room. WebRTC, UDP and an in-memory one for tests share this shape.
 */
import type { LinkKind } from '../peer/snapshot.ts';
import type { HandLinks } from './webrtc/hand-links.ts';

/** What a transport reports. Its owner turns each call into one input of the peer. */
export interface TransportEvents {
  /** The node ids that are in the room now, without our own. Called at each change. */
  present(nodeIds: readonly string[]): void;
  /**
   * A link is open in both directions. `nodeId` is what the signaling claims; null where there is none. `isInvited`: the
   * users of both ends have made it by hand.
   */
  connected(linkId: string, kind: LinkKind, nodeId: string | null, isInvited?: boolean): void;
  /** One whole message. `among`: the links of which one may have sent it, where that cannot be told. */
  received(linkId: string, bytes: Uint8Array, among?: readonly string[]): void;
  /** A link is gone. Called once for each link that was connected. */
  disconnected(linkId: string): void;
  /** A dial that its owner asked for came to nothing. */
  dialFailed(nodeId: string): void;
  /** The signaling server came or went. */
  server(state: 'connecting' | 'connected' | 'lost'): void;
  /** Something a person should read. */
  warn(message: string): void;
  /**
   * What a node that the server does not reach must hear in order to open a link, to be brought to it by other peers.
   * It may be lost. Absent where its owner has no such way.
   */
  signal?(to: string, body: string): void;
}

export interface Transport {
  /** Dials a peer of the room. Answers by `connected` or `dialFailed`. */
  dial(nodeId: string): void;
  /**
   * Sends one message. False where the link is gone, or its send queue is over the transport's limit: the message
   * is then dropped, and the owner may send it again later.
   */
  send(linkId: string, bytes: Uint8Array): boolean;
  /** Bytes that wait to be sent on this link: the back-pressure that senders of many messages must heed. */
  queuedBytes(linkId: string): number;
  /** Closes a link, with a documented code where the peer misbehaved. */
  disconnect(linkId: string, code: string | null): void;
  /** Links to these nodes are there to stay, and are made as good as they can be. Until the first call none are. */
  prefer?(nodeIds: ReadonlySet<string>): void;
  /** The machine, the page or the network is back after a pause: a lost server is tried at once. */
  wake?(): void;
  /** A signal was brought by other peers; its sender is a claim. */
  hearSignal?(from: string, body: string): void;
  /** Links whose descriptions people carry; absent where this transport has none. */
  readonly byHand?: HandLinks | undefined;
  close(): void;
}
