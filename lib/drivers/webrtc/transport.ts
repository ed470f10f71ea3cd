/**
 * Carries a peer's messages over WebRTC data channels to the other peers of its room (R26). What a link needs in order
 * to open is handed to the owner, who brings it to the other end by whatever way there is; the link then lives without.
 *
 * A dial that is answered by a dial of the other side: the offer of the higher node id stands. A node that offers again
 * has been reloaded: its new link replaces the old one as soon as it is open.
 *
 * A Node process that has used WebRTC should end with `process.exit`: left to itself it may take seconds to end.
 */
import type { HandCallbacks, WebRtcEvents, WebRtcTransport } from './contract.ts';
import { createLink, type Link, type WrtcModule } from './link.ts';
import { holdPeerConnection } from './process-hold.ts';
import { makeDialId, type DialSignal, type DialStep, type RefusalCode } from './signal.ts';

/** A small room's whole mesh. Browsers slow down beyond, and the peer's own limit is lower. */
export const LINKS_LIMIT = 64;

/** Connecting takes most of a browser's effort for a link; more at once all fail together. */
export const PENDING_DIALS_LIMIT = 32;

/** Connecting takes some 20 ms, and many seconds where 32 tabs share a busy laptop. The answer has so long to come; */
export const DIAL_LIMIT_MS = 10_000;
/** and when both ends are known to be there, connecting has so many times longer: to begin anew would cost more. */
const CONNECT_PATIENCE = 2;

/**
 * Tries in a page's life. Chromium refuses every further one after some 500, closed ones included, until the page is
 * loaded anew; the rest is left to tests and to whoever embeds us. Links that run go on.
 */
export const LIFETIME_DIALS_LIMIT = 400;

export interface WebRtcOptions {
  /** Ours: 40 lower-case hex digits. */
  readonly nodeId: string;
  /** The module @roamhq/wrtc in Node; absent in browsers. */
  readonly wrtc?: WrtcModule | undefined;
  /** None unless the room's owner names some: no stranger's server is contacted. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Names dials and spreads retries; a number in [0, 1). */
  readonly random: () => number;
  /** Replaces {@link DIAL_LIMIT_MS}. */
  readonly dialLimitMs?: number;
}

/** One data channel on its way, or open. */
interface Connection {
  readonly nodeId: string;
  /** Names the dial that it comes from. */
  readonly dial: string;
  readonly initiator: boolean;
  /** Our owner asked for it, and is told if it fails. */
  wanted: boolean;
  /** Both ends are known to be there. */
  isAnswered: boolean;
  /** Null until it is open. */
  linkId: string | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly link: Link;
}

/**
 * Each dial is answered once, by `connected` or `dialFailed`; a dial of a node that is linked already fails. No event
 * but `signal` is called within a call of `dial`, `send` or `disconnect`, and none after `close`.
 */
export function createWebRtcTransport(
  options: WebRtcOptions,
  events: WebRtcEvents,
): WebRtcTransport {
  const { nodeId: ownId, random, wrtc, iceServers = [], dialLimitMs = DIAL_LIMIT_MS } = options;
  /** At most one of each per node: while a node's new link is on its way, its old one stays. */
  const pending = new Map<string, Connection>();
  const open = new Map<string, Connection>();
  const byLinkId = new Map<string, Connection>();
  let linkCount = 0;
  let dialCount = 0;
  let isClosed = false;
  if (wrtc !== undefined) holdPeerConnection(wrtc);

  function dial(nodeId: string): void {
    if (isClosed) return;
    const connection = pending.get(nodeId);
    if (connection !== undefined) {
      connection.wanted = true;
      return;
    }
    const isPossible = nodeId !== ownId && !open.has(nodeId) && refusalFor(nodeId) === null;
    if (!isPossible || !start(nodeId, makeDialId(random), true, true))
      later(() => events.dialFailed(nodeId));
  }

  function redial(nodeId: string): void {
    const connection = pending.get(nodeId);
    if (connection?.initiator !== true) return;
    drop(connection);
    if (start(nodeId, makeDialId(random), true, connection.wanted)) return;
    if (connection.wanted) events.dialFailed(nodeId);
  }

  function hear(from: string, { dial: dialId, step }: DialSignal): void {
    if (isClosed) return;
    if (step.kind === 'offer') {
      hearOffer(from, dialId, step.sdp);
      return;
    }
    const connection = [pending.get(from), open.get(from)].find((one) => one?.dial === dialId);
    if (connection === undefined) return;
    if (step.kind === 'candidate') connection.link.acceptCandidate(step.candidate);
    else if (step.kind === 'answer') hearAnswer(connection, step.sdp);
    // An open link needs the server no more, so the server cannot end it.
    else if (connection.linkId === null && connection.initiator) fail(connection);
  }

  function hearAnswer(connection: Connection, sdp: string): void {
    if (!connection.isAnswered) {
      connection.isAnswered = true;
      clearTimeout(connection.timer);
      connection.timer = setTimeout(() => fail(connection), CONNECT_PATIENCE * dialLimitMs);
    }
    connection.link.acceptDescription('answer', sdp);
  }

  function hearOffer(from: string, dialId: string, sdp: string): void {
    const rival = pending.get(from);
    if (rival !== undefined) {
      if (rival.dial === dialId || (rival.initiator && ownId > from)) return;
      drop(rival);
    }
    const refusal = refusalFor(from);
    if (refusal !== null) {
      post(from, dialId, { kind: 'refuse', code: refusal });
      if (rival?.wanted === true) events.dialFailed(from);
      return;
    }
    const connection = start(from, dialId, false, rival?.wanted ?? false);
    connection?.link.acceptDescription('offer', sdp);
    if (connection === null && rival?.wanted === true) events.dialFailed(from);
  }

  /** Whether there is room for one more try. A node that comes back takes the place of its old link. */
  function refusalFor(nodeId: string): RefusalCode | null {
    if (pending.size >= PENDING_DIALS_LIMIT || dialCount >= LIFETIME_DIALS_LIMIT)
      return 'too-many-dials';
    const others = open.size + pending.size - (open.has(nodeId) ? 1 : 0);
    return others >= LINKS_LIMIT ? 'too-many-links' : null;
  }

  /** Null where this machine has no WebRTC. */
  function start(
    nodeId: string,
    dialId: string,
    initiator: boolean,
    wanted: boolean,
  ): Connection | null {
    let link: Link;
    dialCount++;
    try {
      link = createLink(
        { initiator, iceServers, wrtc },
        {
          description: (kind, sdp) => post(nodeId, dialId, { kind, sdp }),
          candidate: (candidate) => post(nodeId, dialId, { kind: 'candidate', candidate }),
          opened: (kind) => opened(connection, kind),
          received: (bytes) => events.received(connection.linkId!, bytes),
          closed: (code) => ended(connection, code),
        },
      );
    } catch {
      warnOfMissingWebRtc();
      return null;
    }
    const connection: Connection = {
      nodeId,
      dial: dialId,
      initiator,
      wanted,
      isAnswered: !initiator,
      linkId: null,
      timer: setTimeout(
        () => fail(connection),
        initiator ? dialLimitMs : CONNECT_PATIENCE * dialLimitMs,
      ),
      link,
    };
    pending.set(nodeId, connection);
    return connection;
  }

  function startByHand(dialId: string, initiator: boolean, hand: HandCallbacks): Link | null {
    if (isClosed || dialCount >= LIFETIME_DIALS_LIMIT) return null;
    dialCount++;
    let connection: Connection | null = null;
    try {
      const link = createLink(
        { initiator, iceServers, wrtc, isByHand: true },
        {
          description: (kind, sdp) => hand.description(kind, sdp),
          candidate: () => undefined,
          opened(kind) {
            const nodeId = hand.opened();
            const rival = pending.get(nodeId);
            if (rival !== undefined) drop(rival);
            const known = { nodeId, dial: dialId, initiator, wanted: false, isAnswered: true };
            opened((connection = { ...known, linkId: null, timer: undefined, link }), kind);
          },
          received: (bytes) => events.received(connection!.linkId!, bytes),
          closed: (code) => (connection === null ? hand.failed() : ended(connection, code)),
        },
      );
      return link;
    } catch {
      return null;
    }
  }

  function opened(connection: Connection, kind: 'webrtc' | 'turn'): void {
    const { nodeId } = connection;
    clearTimeout(connection.timer);
    pending.delete(nodeId);
    const old = open.get(nodeId);
    if (old !== undefined) {
      forget(old);
      old.link.close(null);
      events.disconnected(old.linkId!);
      if (isClosed) return;
    }
    const linkId = `webrtc:${nodeId}:${++linkCount}`;
    connection.linkId = linkId;
    open.set(nodeId, connection);
    byLinkId.set(linkId, connection);
    events.connected(linkId, kind, nodeId);
  }

  function ended(connection: Connection, code: string | null): void {
    if (connection.linkId === null) {
      fail(connection);
      return;
    }
    forget(connection);
    if (code !== null) events.warn(`${connection.nodeId} closed its link to us: ${code}`);
    if (!isClosed) events.disconnected(connection.linkId);
  }

  function fail(connection: Connection): void {
    drop(connection);
    if (connection.wanted) events.dialFailed(connection.nodeId);
  }

  /** Gives up a try without a word. */
  function drop(connection: Connection): void {
    clearTimeout(connection.timer);
    pending.delete(connection.nodeId);
    connection.link.close(null);
  }

  function forget(connection: Connection): void {
    open.delete(connection.nodeId);
    byLinkId.delete(connection.linkId!);
  }

  function post(to: string, dialId: string, step: DialStep): void {
    if (!isClosed) events.signal(to, { dial: dialId, step });
  }

  let hasWarned = false;
  function warnOfMissingWebRtc(): void {
    if (hasWarned) return;
    hasWarned = true;
    later(() =>
      events.warn('WebRTC is missing or switched off here: all links go through the server.'),
    );
  }

  function later(report: () => void): void {
    queueMicrotask(() => {
      if (!isClosed) report();
    });
  }

  return {
    dial,
    hear,
    startByHand,
    rejoined: redial,
    undeliverable(nodeId) {
      const connection = pending.get(nodeId);
      if (connection !== undefined) fail(connection);
    },
    send: (linkId, bytes) => byLinkId.get(linkId)?.link.send(bytes) ?? false,
    queuedBytes: (linkId) => byLinkId.get(linkId)?.link.queuedBytes ?? 0,
    disconnect(linkId, code) {
      const connection = byLinkId.get(linkId);
      if (connection === undefined) return;
      forget(connection);
      connection.link.close(code);
      later(() => events.disconnected(linkId));
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      for (const connection of pending.values()) {
        clearTimeout(connection.timer);
        connection.link.close(null);
      }
      for (const connection of open.values()) connection.link.close(null);
      for (const map of [pending, open, byLinkId]) map.clear();
    },
  };
}
