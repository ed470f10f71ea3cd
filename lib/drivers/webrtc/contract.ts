/**
 * What a room's transport and its WebRTC say to each other, whether that runs in the page or in a process of its own.
 */
import type { Transport, TransportEvents } from '../transport.ts';
import type { Link, LinkCallbacks } from './link.ts';
import type { DialSignal } from './signal.ts';

export interface WebRtcEvents extends Pick<
  TransportEvents,
  'received' | 'disconnected' | 'dialFailed' | 'warn'
> {
  connected(linkId: string, kind: 'webrtc' | 'turn', nodeId: string): void;
  /** To be brought to the other end. It may be lost: then the dial fails. */
  signal(to: string, signal: DialSignal): void;
}

/** A transport, and what its owner tells it of signals. */
export interface WebRtcTransport extends Transport {
  hear(from: string, signal: DialSignal): void;
  /** The node has begun anew: an offer of ours may have gone to a page that is no more. */
  rejoined(nodeId: string): void;
  /** A signal found nobody. */
  undeliverable(nodeId: string): void;
  /**
   * Starts a connection whose two descriptions are carried by people; null where none can be made any more. Absent where
   * its owner is no page. Once open it is a link like any other.
   */
  startByHand?(dialId: string, initiator: boolean, hand: HandCallbacks): Link | null;
}

export interface HandCallbacks extends Pick<LinkCallbacks, 'description'> {
  /** It is open; answers whose node id was proved. */
  opened(): string;
  /** It never came to be. */
  failed(): void;
}
