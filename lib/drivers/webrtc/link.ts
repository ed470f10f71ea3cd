/**
 * One WebRTC data channel to one peer, from its first signal to its end, on simple-peer (R26).
 *
 * Binary frames are messages; the one text frame, `close <code>`, says why the other end hangs up.
 */
import SimplePeer from 'simple-peer';
import { isThroughTurn } from './link-path.ts';
import type { IceCandidate } from './signal.ts';

/** Messages that every browser passes whole, whatever it negotiates. */
export const MESSAGE_LIMIT_BYTES = 64 * 1024;

/** A queue that takes a second on bad Wi-Fi. Browsers throw at 12 to 16 MB; pacing senders stay far below. */
export const QUEUE_LIMIT_BYTES = 1024 * 1024;

/** A laptop with VPN, containers and IPv6 offers about a dozen. */
const REMOTE_CANDIDATES_LIMIT = 64;

/** Time for the reason of a close to leave before the channel goes down with it. */
const CLOSE_LINGER_MS = 200;

const CLOSE_FRAME = /^close ([a-z][a-z0-9-]{0,39})$/;

/** The WebRTC of @roamhq/wrtc, for Node; browsers have their own. */
export type WrtcModule = NonNullable<SimplePeer.Options['wrtc']>;

export interface LinkOptions {
  /** The initiator makes the offer. */
  readonly initiator: boolean;
  readonly iceServers: readonly RTCIceServer[];
  readonly wrtc?: WrtcModule | undefined;
  /** The descriptions are carried by people: they hold all candidates, and may take minutes. */
  readonly isByHand?: boolean;
}

/** No callback comes after `closed`, nor after the owner has called `close`. */
export interface LinkCallbacks {
  /** To be carried to the other end. */
  description(kind: 'offer' | 'answer', sdp: string): void;
  candidate(candidate: IceCandidate): void;
  opened(kind: 'webrtc' | 'turn'): void;
  received(bytes: Uint8Array): void;
  /** The link is gone, or never came to be. `code` is what the other end gave as its reason, if any. */
  closed(code: string | null): void;
}

export interface Link {
  acceptDescription(kind: 'offer' | 'answer', sdp: string): void;
  acceptCandidate(candidate: IceCandidate): void;
  /** Sends one message. False where the link is not open, or the message or the queue would be over its limit. */
  send(bytes: Uint8Array): boolean;
  readonly queuedBytes: number;
  /** Hangs up; the other end is told the code, if there is one. */
  close(code: string | null): void;
}

/** Starts to connect. Throws only where this machine has no WebRTC at all. */
export function createLink(options: LinkOptions, callbacks: LinkCallbacks): Link {
  const { isByHand = false } = options;
  const peer = new SimplePeer({
    initiator: options.initiator,
    trickle: !isByHand,
    config: { iceServers: [...options.iceServers] },
    // One frame stays one chunk, and a text frame stays a text.
    objectMode: true,
    ...(options.wrtc !== undefined && { wrtc: options.wrtc }),
  });
  if (isByHand) bearEarlyFailures(peer);
  let isOver = false;
  let isDescribed = false;
  let remoteCandidates = 0;

  function end(code: string | null): void {
    if (isOver) return;
    isOver = true;
    peer.destroy();
    callbacks.closed(code);
  }

  peer.on('signal', (signal) => {
    if (isOver) return;
    if (signal.type === 'candidate') {
      const { candidate, sdpMid, sdpMLineIndex } = signal.candidate;
      callbacks.candidate({ candidate, sdpMid, sdpMLineIndex });
    } else if ((signal.type === 'offer' || signal.type === 'answer') && signal.sdp !== undefined) {
      callbacks.description(signal.type, signal.sdp);
    }
  });
  peer.on('connect', () => void open());
  // A close follows every error. The listener stays for good: an error without one would end a Node process.
  peer.on('error', () => undefined);
  peer.on('close', () => end(null));

  async function open(): Promise<void> {
    ignoreFurtherChannels(peer);
    const hasTurn = options.iceServers.some(({ urls }) =>
      [urls].flat().some((url) => url.startsWith('turn')),
    );
    const isTurned = hasTurn && (await findIsThroughTurn(peer));
    if (isOver) return;
    callbacks.opened(isTurned ? 'turn' : 'webrtc');
    // Listened for from here on only: frames that came before are kept by the stream, and none precedes `opened`.
    peer.on('data', hear);
  }

  function hear(frame: unknown): void {
    if (isOver) return;
    if (typeof frame === 'string') {
      end(CLOSE_FRAME.exec(frame)?.[1] ?? null);
    } else if (frame instanceof Uint8Array && frame.length <= MESSAGE_LIMIT_BYTES) {
      // The stream's Buffer may be of another kind than the platform's Uint8Array; nobody above should notice.
      callbacks.received(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength));
    } else {
      hangUp('message-too-large');
      callbacks.closed(null);
    }
  }

  function hangUp(code: string | null): void {
    if (isOver) return;
    isOver = true;
    if (code === null || !sendFrame(`close ${code}`)) peer.destroy();
    else setTimeout(() => peer.destroy(), CLOSE_LINGER_MS);
  }

  function sendFrame(frame: string | Uint8Array): boolean {
    if (!peer.connected) return false;
    try {
      peer.send(frame);
      return true;
    } catch {
      return false;
    }
  }

  function signal(data: SimplePeer.SignalData): void {
    try {
      peer.signal(data);
    } catch {
      // What no WebRTC implementation understands ends the dial by its time-out at the latest.
    }
  }

  return {
    acceptDescription(kind, sdp) {
      // One offer or answer a dial. Renegotiation, which simple-peer would allow, has no use here.
      const expected = options.initiator ? 'answer' : 'offer';
      if (isOver || isDescribed || kind !== expected) return;
      isDescribed = true;
      signal({ type: kind, sdp });
    },
    acceptCandidate(candidate) {
      if (isOver || ++remoteCandidates > REMOTE_CANDIDATES_LIMIT) return;
      signal({ type: 'candidate', candidate: candidate as RTCIceCandidate });
    },
    send(bytes) {
      if (isOver || bytes.length > MESSAGE_LIMIT_BYTES) return false;
      if (peer.bufferSize + bytes.length > QUEUE_LIMIT_BYTES) return false;
      return sendFrame(bytes);
    },
    get queuedBytes() {
      return isOver ? 0 : peer.bufferSize;
    },
    close: hangUp,
  };
}

async function findIsThroughTurn(peer: SimplePeer.Instance): Promise<boolean> {
  const { _pc: connection } = peer as unknown as { _pc: RTCPeerConnection | null };
  try {
    const stats = await connection?.getStats();
    return (
      stats !== undefined && isThroughTurn([...(stats as unknown as Map<string, object>).values()])
    );
  } catch {
    return false;
  }
}

/**
 * ICE counts as failed when the other end has not answered for some seconds, and recovers as soon as that begins; but
 * simple-peer gives up at once. Its owner gives up by a time-out instead.
 */
function bearEarlyFailures(peer: SimplePeer.Instance): void {
  const { _pc: connection } = peer as unknown as { _pc: RTCPeerConnection | null };
  if (!connection) return;
  const { oniceconnectionstatechange: hearIce, onconnectionstatechange: hearAll } = connection;
  connection.oniceconnectionstatechange = (event) => {
    if (connection.iceConnectionState !== 'failed' || peer.connected)
      hearIce?.call(connection, event);
  };
  connection.onconnectionstatechange = (event) => {
    if (connection.connectionState !== 'failed' || peer.connected) hearAll?.call(connection, event);
  };
}

/**
 * simple-peer would let each further data channel that a peer opens replace the one in use, and leave a timer running
 * for the old. It offers no switch, so its connection is told to listen no longer.
 */
function ignoreFurtherChannels(peer: SimplePeer.Instance): void {
  const { _pc: connection } = peer as unknown as { _pc: RTCPeerConnection | null };
  if (connection) connection.ondatachannel = null;
}
