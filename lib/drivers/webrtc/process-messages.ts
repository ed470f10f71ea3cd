/**
 * What a Node process and the child process that runs its WebRTC say to each other (R29).
 */

import type { DialSignal } from './signal.ts';

/** Who the child is to be, as its parent's options say. */
export interface WorkOrder {
  readonly nodeId: string;
  readonly iceServers: readonly RTCIceServer[];
  readonly dialLimitMs?: number;
}

/** To the child: the methods of a transport. */
export type Order =
  | ({ readonly type: 'work' } & WorkOrder)
  | { readonly type: 'dial'; readonly nodeId: string }
  | { readonly type: 'hear'; readonly from: string; readonly signal: DialSignal }
  | { readonly type: 'rejoined'; readonly nodeId: string }
  | { readonly type: 'undeliverable'; readonly nodeId: string }
  | { readonly type: 'send'; readonly linkId: string; readonly bytes: Uint8Array }
  | { readonly type: 'disconnect'; readonly linkId: string; readonly code: string | null };

/** From the child: the events of a transport, and what its parent must know to keep the queues short. */
export type Report =
  /** WebRTC is there, and the order to work may come. Sent first. */
  | { readonly type: 'ready' }
  /** This machine has no WebRTC; the child ends. */
  | { readonly type: 'missing' }
  | {
      readonly type: 'connected';
      readonly linkId: string;
      readonly kind: 'webrtc' | 'turn';
      readonly nodeId: string;
    }
  | { readonly type: 'received'; readonly linkId: string; readonly bytes: Uint8Array }
  | { readonly type: 'disconnected'; readonly linkId: string }
  | { readonly type: 'dial-failed'; readonly nodeId: string }
  | { readonly type: 'signal'; readonly to: string; readonly signal: DialSignal }
  | { readonly type: 'warn'; readonly message: string }
  /** So many bytes were handed to WebRTC, and so many wait there now on this link. */
  | {
      readonly type: 'queue';
      readonly linkId: string;
      readonly taken: number;
      readonly queued: number;
    };
