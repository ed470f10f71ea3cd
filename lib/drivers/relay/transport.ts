/**
 * Links between peers over the signaling server's WebSocket (R26): the first seconds of every link, and all of it
 * where WebRTC never connects.
 *
 * The caller names the link and shows its public key; the called agrees and proves its own; the caller confirms with
 * its proof. Where both call at once, the call of the higher node id stands. A node that calls again has been reloaded,
 * and its new link replaces the old one once it is confirmed.
 */
import { bytesToHex, equalBytes, readUtf8, writeUtf8 } from '../../chain/bytes.ts';
import type { CloseCode } from '../../chain/codes.ts';
import type { KeyPair } from '../../ledger/account.ts';
import type { TransportEvents } from '../transport.ts';
import {
  LINK_NAME_BYTES,
  readRelayFrame,
  RELAY_MESSAGE_LIMIT_BYTES,
  writeRelayFrame,
  type RelayFrame,
} from './frame.ts';
import { makeSealedChannel, type SealedChannel } from './seal.ts';
import { RelaySecrets } from './secrets.ts';

/** Links and calls at once; a whole room of the largest kind that is linked to all. */
export const RELAY_LINKS_LIMIT = 64;
/** A call goes through the server twice; one that took so long is lost, or its other end hangs, and is not just busy. */
export const CALL_LIMIT_MS = 10_000;
/** Bytes that may wait in the WebSocket, of all links together. */
export const RELAY_QUEUE_LIMIT_BYTES = 1024 * 1024;

const CODE = /^[a-z][a-z0-9-]{0,39}$/;
const EMPTY = new Uint8Array(0);

export interface RelayOptions {
  readonly keys: KeyPair;
  readonly room: string;
  /** Hands a frame to the server. False where it is away. */
  readonly post: (to: string, frame: Uint8Array) => boolean;
  /** Bytes that wait to leave for the server. */
  readonly queuedBytes: () => number;
}

export interface RelayEvents extends Pick<
  TransportEvents,
  'received' | 'disconnected' | 'dialFailed' | 'warn'
> {
  /** `isCaller`: it comes of a dial of ours. */
  connected(linkId: string, nodeId: string, isCaller: boolean): void;
}

export interface RelayTransport {
  /** Answers by `connected` or `dialFailed`. */
  dial(nodeId: string): void;
  send(linkId: string, bytes: Uint8Array): boolean;
  disconnect(linkId: string, code: string | null): void;
  /** A frame has come. */
  hear(from: string, frame: Uint8Array): void;
  /** There is a better link to this node: a call that is under way comes to nothing, and nobody is told of it. */
  cancel(nodeId: string): void;
  /** This node cannot be reached any more, or has begun anew. */
  lose(nodeId: string): void;
  /** The server is away: so are all links. */
  loseAll(): void;
  close(): void;
}

interface RelayLink {
  readonly nodeId: string;
  readonly name: Uint8Array;
  readonly isCaller: boolean;
  /** Our owner has dialled, and is told if nothing comes of it. */
  isWanted: boolean;
  /** Null until the other side's key is known. */
  channel: SealedChannel | null;
  /** Null until it is open. */
  linkId: string | null;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** No event is called within a call of `dial`, `send` or `disconnect`, and none after `close`. */
export function createRelayTransport(options: RelayOptions, events: RelayEvents): RelayTransport {
  const { keys, room } = options;
  const secrets = new RelaySecrets(keys, performance.now());
  /** At most one of each per node. */
  const calls = new Map<string, RelayLink>();
  const open = new Map<string, RelayLink>();
  const byLinkId = new Map<string, RelayLink>();
  let linkCount = 0;
  let isClosed = false;

  function dial(nodeId: string): void {
    if (isClosed) return;
    const call = calls.get(nodeId);
    if (call !== undefined) {
      call.isWanted = true;
      return;
    }
    const isPossible = nodeId !== keys.account && !open.has(nodeId) && hasRoom();
    const name = crypto.getRandomValues(new Uint8Array(LINK_NAME_BYTES));
    const frame = { kind: 'call', name, publicKey: keys.publicKey } as const;
    if (!isPossible || !post(nodeId, frame)) {
      later(() => events.dialFailed(nodeId));
      return;
    }
    begin({ nodeId, name, isCaller: true, isWanted: true, channel: null });
  }

  function begin(parts: Omit<RelayLink, 'linkId' | 'timer'>): void {
    const link: RelayLink = {
      ...parts,
      linkId: null,
      timer: setTimeout(() => failCall(link), CALL_LIMIT_MS),
    };
    calls.set(link.nodeId, link);
  }

  function hear(from: string, bytes: Uint8Array): void {
    if (isClosed) return;
    const frame = readRelayFrame(bytes);
    if (frame === null) return;
    if (frame.kind === 'call') {
      hearCall(from, frame.name, frame.publicKey);
      return;
    }
    const link = [open.get(from), calls.get(from)].find(
      (one) => one !== undefined && equalBytes(one.name, frame.name),
    );
    if (link === undefined) return;
    if (frame.kind === 'accept') hearAccept(link, frame);
    else if (link.channel !== null) hearSealed(link, frame.kind, frame.sealed);
  }

  function hearCall(from: string, name: Uint8Array, publicKey: Uint8Array): void {
    const rival = calls.get(from);
    if (rival?.isCaller === true && keys.account > from) return;
    if (rival === undefined && !hasRoom()) return;
    const nonce = crypto.getRandomValues(new Uint8Array(LINK_NAME_BYTES));
    const secret = secrets.ofCaller(from, publicKey, performance.now());
    if (secret === null) return;
    const channel = makeSealedChannel({
      ...{ secret, room, ownId: keys.account, nodeId: from, isCaller: false },
      salts: [name, nonce],
    });
    const sealed = channel.seal(EMPTY);
    if (!post(from, { kind: 'accept', name, publicKey: keys.publicKey, nonce, sealed })) return;
    if (rival !== undefined) clearTimeout(rival.timer);
    begin({ nodeId: from, name, isCaller: false, isWanted: rival?.isWanted ?? false, channel });
  }

  function hearAccept(link: RelayLink, frame: Extract<RelayFrame, { kind: 'accept' }>): void {
    if (link.channel !== null || link.linkId !== null) return;
    const secret = secrets.ofCalled(link.nodeId, frame.publicKey);
    if (secret === null) return;
    const channel = makeSealedChannel({
      ...{ secret, room, ownId: keys.account, nodeId: link.nodeId, isCaller: true },
      salts: [link.name, frame.nonce],
    });
    // Not proven: the call goes on, as the true owner of the node id may still answer.
    if (channel.open(frame.sealed)?.length !== 0) return;
    link.channel = channel;
    if (post(link.nodeId, { kind: 'confirm', name: link.name, sealed: channel.seal(EMPTY) }))
      opened(link);
    else failCall(link);
  }

  function hearSealed(
    link: RelayLink,
    kind: 'confirm' | 'message' | 'close',
    sealed: Uint8Array,
  ): void {
    const text = link.channel!.open(sealed);
    if (text === null) {
      // Something was lost, altered or invented between the two ends. What follows could not be read either.
      if (link.linkId !== null) end(link, 'broken-seal');
      return;
    }
    if (kind === 'confirm' && link.linkId === null) opened(link);
    if (link.linkId === null) return;
    if (kind === 'message') events.received(link.linkId, text);
    else if (kind === 'close') {
      const code = readUtf8(text) ?? '';
      forget(link);
      if (CODE.test(code)) events.warn(`${link.nodeId} closed its link to us: ${code}`);
      if (!isClosed) events.disconnected(link.linkId);
    }
  }

  function opened(link: RelayLink): void {
    clearTimeout(link.timer);
    calls.delete(link.nodeId);
    const old = open.get(link.nodeId);
    if (old !== undefined) {
      forget(old);
      events.disconnected(old.linkId!);
      if (isClosed) return;
    }
    link.linkId = `relay:${link.nodeId}:${++linkCount}:${bytesToHex(link.name).slice(0, 8)}`;
    open.set(link.nodeId, link);
    byLinkId.set(link.linkId, link);
    events.connected(link.linkId, link.nodeId, link.isCaller);
  }

  function failCall(link: RelayLink): void {
    clearTimeout(link.timer);
    if (calls.get(link.nodeId) !== link) return;
    calls.delete(link.nodeId);
    if (link.isWanted) events.dialFailed(link.nodeId);
  }

  function end(link: RelayLink, code: CloseCode): void {
    hangUp(link, code);
    events.disconnected(link.linkId!);
  }

  function hangUp(link: RelayLink, code: string | null): void {
    forget(link);
    const sealed = link.channel!.seal(writeUtf8(code ?? ''));
    post(link.nodeId, { kind: 'close', name: link.name, sealed });
  }

  function forget(link: RelayLink): void {
    open.delete(link.nodeId);
    byLinkId.delete(link.linkId!);
  }

  function hasRoom(): boolean {
    return open.size + calls.size < RELAY_LINKS_LIMIT;
  }

  function post(to: string, frame: RelayFrame): boolean {
    return options.post(to, writeRelayFrame(frame));
  }

  function cancel(nodeId: string): void {
    clearTimeout(calls.get(nodeId)?.timer);
    calls.delete(nodeId);
  }

  function lose(nodeId: string): void {
    const call = calls.get(nodeId);
    if (call !== undefined) failCall(call);
    const link = open.get(nodeId);
    if (link === undefined || isClosed) return;
    forget(link);
    events.disconnected(link.linkId!);
  }

  function later(report: () => void): void {
    queueMicrotask(() => {
      if (!isClosed) report();
    });
  }

  return {
    dial,
    send(linkId, bytes) {
      const link = byLinkId.get(linkId);
      if (link === undefined || bytes.length > RELAY_MESSAGE_LIMIT_BYTES) return false;
      if (options.queuedBytes() + bytes.length > RELAY_QUEUE_LIMIT_BYTES) return false;
      // Once sealed it must go: the other end opens in order.
      const sealed = link.channel!.seal(bytes);
      return post(link.nodeId, { kind: 'message', name: link.name, sealed });
    },
    disconnect(linkId, code) {
      const link = byLinkId.get(linkId);
      if (link === undefined) return;
      hangUp(link, code);
      later(() => events.disconnected(linkId));
    },
    hear,
    cancel,
    lose,
    loseAll() {
      for (const nodeId of [...calls.keys(), ...open.keys()]) lose(nodeId);
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      for (const call of calls.values()) clearTimeout(call.timer);
      for (const link of [...open.values()]) hangUp(link, null);
      for (const map of [calls, open, byLinkId]) map.clear();
    },
  };
}
