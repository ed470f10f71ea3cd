/**
 * A peer's links within its room (R26): over the signaling server at once, and over WebRTC as soon as that is open.
 *
 * Who dials gets a link over the relay within two round trips, and tries to replace it by a direct one in the background.
 * Where that fails the relay stays, and the direct link is tried again later, less and less often. Who has a link already
 * takes part in the room, and so makes further ones directly, which halves their cost; where that fails, by the relay.
 * Without the server links are made directly, their signals carried by peers (`TransportEvents.signal`).
 */
import type { KeyPair } from '../ledger/account.ts';
import { DirectDials } from './direct-dials.ts';
import { createPeerCalls } from './peer-calls.ts';
import { createRelayTransport } from './relay/transport.ts';
import { createSignalingClient, type WebSocketConstructor } from './signaling/client.ts';
import type { Transport, TransportEvents } from './transport.ts';
import { createUpgrades, type UpgradeOptions } from './upgrades.ts';
import { createHandLinks } from './webrtc/hand-links.ts';
import { SignalGuard } from './webrtc/signed-signal.ts';
import type { DialSignal } from './webrtc/signal.ts';
import type { WebRtcEvents, WebRtcTransport } from './webrtc/contract.ts';

/**
 * A replaced link over the relay stays open for so long, unheard, so that the other end can notice its direct link
 * first and is at no moment without one.
 */
export const SUPERSEDED_LINGER_MS = 2_000;

export interface RoomTransportOptions {
  readonly keys: KeyPair;
  readonly room: string;
  /** `ws://host:port/signal`. */
  readonly signalUrl: string;
  /** The browser's WebSocket, or that of the package `ws`. */
  readonly WebSocket: WebSocketConstructor;
  /** Makes direct links; null where this machine cannot. */
  readonly createDirect: ((events: WebRtcEvents) => WebRtcTransport) | null;
  /** Spreads retries; a number in [0, 1). */
  readonly random: () => number;
  /** Unix time in milliseconds. */
  readonly readWallMs: () => number;
  /** Replaces the usual pause before a direct link is tried again. */
  readonly upgradePauseMs?: UpgradeOptions['pauseMs'];
}

/** Joins the room. No event is called within a call of a method, but `signal`, and none after `close`. */
export function createRoomTransport(
  options: RoomTransportOptions,
  events: TransportEvents,
): Transport {
  const { keys, room, random } = options;
  const guard = new SignalGuard({ keys, room, readWallMs: options.readWallMs });
  const relayed = new Map<string, string>();
  const directed = new Map<string, string>();
  const superseded = new Map<string, ReturnType<typeof setTimeout>>();
  /** Nodes that our owner dialled and no relay reaches. */
  const dials = new Set<string>();
  const directDials = new DirectDials();
  /** Nodes whose link by hand is about to be connected. */
  const invited = new Set<string>();
  let isClosed = false;

  const signaling = createSignalingClient(
    {
      url: options.signalUrl,
      room,
      nodeId: keys.account,
      WebSocket: options.WebSocket,
      random,
    },
    {
      state(state) {
        events.server(state);
        if (state === 'lost') relay.loseAll();
      },
      present(nodeIds) {
        for (const nodeId of [...relayed.keys()]) if (!nodeIds.includes(nodeId)) relay.lose(nodeId);
        if (!isClosed) events.present(nodeIds);
      },
      joined(nodeId) {
        relay.lose(nodeId);
        direct?.rejoined(nodeId);
      },
      signal: hearSignal,
      relayed: (from, frame) => relay.hear(from, frame),
      undeliverable(nodeId) {
        relay.lose(nodeId);
        direct?.undeliverable(nodeId);
      },
      warn: (message) => events.warn(message),
    },
  );

  const relay = createRelayTransport(
    {
      keys,
      room,
      post: (to, frame) => signaling.relay(to, frame),
      queuedBytes: () => signaling.queuedBytes,
    },
    {
      connected(linkId, nodeId, isCaller) {
        replace(directed, nodeId, (old) => direct?.disconnect(old, null));
        if (isClosed) return;
        relayed.set(nodeId, linkId);
        directDials.linked(nodeId, 'relay');
        events.connected(linkId, 'relay', nodeId);
        if (!isCaller) upgrades.forget(nodeId);
        // Where it has been tried directly before, the next try has its time.
        else if (direct !== null && !isClosed && !upgrades.has(nodeId)) upgrades.add(nodeId);
      },
      received(linkId, bytes) {
        if (!superseded.has(linkId)) events.received(linkId, bytes);
      },
      disconnected(linkId) {
        clearTimeout(superseded.get(linkId));
        if (!superseded.delete(linkId)) lost(relayed, linkId);
      },
      dialFailed(nodeId) {
        upgrades.forget(nodeId);
        events.dialFailed(nodeId);
      },
      warn: (message) => events.warn(message),
    },
  );

  const direct =
    options.createDirect?.({
      connected(linkId, kind, nodeId) {
        directDials.linked(nodeId, 'direct');
        relay.cancel(nodeId);
        dials.delete(nodeId);
        upgrades.forget(nodeId);
        replace(relayed, nodeId, supersede);
        if (isClosed) return;
        directed.set(nodeId, linkId);
        events.connected(linkId, kind, nodeId, invited.delete(nodeId));
      },
      received: (linkId, bytes) => events.received(linkId, bytes),
      disconnected: (linkId) => lost(directed, linkId),
      dialFailed(nodeId) {
        if (dials.delete(nodeId)) {
          events.dialFailed(nodeId);
          return;
        }
        upgrades.failed(nodeId);
        for (const other of directDials.failed()) relay.dial(other);
      },
      signal: postSignal,
      warn: (message) => events.warn(message),
    }) ?? null;

  const upgrades = createUpgrades({
    pauseMs: options.upgradePauseMs,
    random,
    dial: (nodeId) => direct?.dial(nodeId),
  });

  const { startByHand } = direct ?? {};
  const byHand =
    startByHand &&
    createHandLinks({
      keys,
      room,
      start: startByHand,
      isLinked: (nodeId) => directed.has(nodeId),
      opening: (nodeId) => void invited.add(nodeId),
      random,
      readWallMs: options.readWallMs,
    });

  const calls = createPeerCalls(random, {
    post: (to, body) => events.signal?.(to, body),
    answered: (nodeId) => direct?.dial(nodeId),
    unanswered(nodeId) {
      if (dials.delete(nodeId)) events.dialFailed(nodeId);
    },
  });

  function dial(nodeId: string): void {
    if (isClosed) return;
    switch (wayTo(nodeId)) {
      case 'server':
        // Nothing of the room is missed meanwhile by one who has a link.
        if (direct !== null && relayed.size + directed.size > 0 && directDials.begin(nodeId))
          upgrades.add(nodeId);
        else relay.dial(nodeId);
        return;
      case 'peers':
        dials.add(nodeId);
        calls.call(nodeId);
        return;
      case 'none':
        queueMicrotask(() => {
          if (!isClosed) events.dialFailed(nodeId);
        });
    }
  }

  /** How a new link to this node can be made. */
  function wayTo(nodeId: string): 'server' | 'peers' | 'none' {
    if (nodeId === keys.account || relayed.has(nodeId) || directed.has(nodeId)) return 'none';
    if (isAtServer(nodeId)) return 'server';
    return direct !== null && events.signal !== undefined ? 'peers' : 'none';
  }

  function isAtServer(nodeId: string): boolean {
    return signaling.state === 'connected' && signaling.has(nodeId);
  }

  /** Tells the owner that a link is gone because a newer one to the same node has come. */
  function replace(
    links: Map<string, string>,
    nodeId: string,
    drop: (linkId: string) => void,
  ): void {
    const old = links.get(nodeId);
    if (old === undefined) return;
    links.delete(nodeId);
    drop(old);
    events.disconnected(old);
  }

  function supersede(linkId: string): void {
    superseded.set(
      linkId,
      setTimeout(() => relay.disconnect(linkId, null), SUPERSEDED_LINGER_MS),
    );
  }

  /** Replaced links are forgotten before they end. */
  function lost(links: Map<string, string>, linkId: string): void {
    for (const [nodeId, known] of links) {
      if (known !== linkId) continue;
      links.delete(nodeId);
      if (links === relayed) upgrades.forget(nodeId);
      if (!isClosed) events.disconnected(linkId);
      if (!isClosed && relayed.size + directed.size === 0)
        for (const other of directDials.giveUp()) relay.dial(other);
      return;
    }
  }

  function postSignal(to: string, signal: DialSignal): void {
    const body = guard.seal(to, signal);
    if (isAtServer(to)) signaling.signal(to, body);
    else events.signal?.(to, body);
  }

  function hearSignal(from: string, body: string): void {
    if (isClosed) return;
    const opened = guard.open(from, body);
    if (opened.ok) direct?.hear(from, opened.signal);
    else if (opened.code === 'forged')
      events.warn(
        'Somebody tried to introduce himself under the name of another peer. The link was refused.',
      );
    else if (opened.code === 'expired')
      events.warn(
        'A peer could not open a direct link: its clock, or that of this device, is minutes off.',
      );
  }

  function carrierOf(linkId: string): Pick<Transport, 'send' | 'disconnect'> | null {
    return linkId.startsWith('relay:') ? relay : direct;
  }

  return {
    dial,
    prefer(nodeIds) {
      directDials.prefer(nodeIds);
      upgrades.prefer(nodeIds);
    },
    wake: () => signaling.wake(),
    byHand,
    hearSignal(from, body) {
      if (!isClosed && direct !== null && !calls.hear(from, body)) hearSignal(from, body);
    },
    send: (linkId, bytes) =>
      !superseded.has(linkId) && (carrierOf(linkId)?.send(linkId, bytes) ?? false),
    queuedBytes: (linkId) =>
      [...relayed.values()].includes(linkId)
        ? signaling.queuedBytes
        : (direct?.queuedBytes(linkId) ?? 0),
    disconnect(linkId, code) {
      if (!superseded.has(linkId)) carrierOf(linkId)?.disconnect(linkId, code);
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      for (const timer of superseded.values()) clearTimeout(timer);
      upgrades.close();
      calls.close();
      byHand?.close();
      relay.close();
      direct?.close();
      signaling.close();
    },
  };
}
