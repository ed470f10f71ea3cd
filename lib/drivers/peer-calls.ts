/**
 * Calls nodes through other peers where the server does not reach them, before WebRTC is tried (R26): a page may make
 * few WebRTC connections in its life, too few to try them on nodes that are gone.
 */
import { DIAL_ID, makeDialId } from './webrtc/signal.ts';

/** Some hops there and back, with time for a peer that is busy. */
export const CALL_LIMIT_MS = 4_000;

const CALL = new RegExp(`^\\{"(call|here)":"(${DIAL_ID.source.slice(1, -1)})"\\}$`);

export interface PeerCallEvents {
  /** To be brought to the node; it may be lost. */
  post(to: string, body: string): void;
  /** The node is there. */
  answered(nodeId: string): void;
  unanswered(nodeId: string): void;
}

export interface PeerCalls {
  /** Answers once, by `answered` or `unanswered`; a node that is being called already is not called twice. */
  call(nodeId: string): void;
  /** Takes what peers brought; false where it is no call and no answer. */
  hear(from: string, body: string): boolean;
  close(): void;
}

export function createPeerCalls(random: () => number, events: PeerCallEvents): PeerCalls {
  const waiting = new Map<
    string,
    { readonly id: string; readonly timer: ReturnType<typeof setTimeout> }
  >();
  return {
    call(nodeId) {
      if (waiting.has(nodeId)) return;
      const id = makeDialId(random);
      const timer = setTimeout(() => {
        waiting.delete(nodeId);
        events.unanswered(nodeId);
      }, CALL_LIMIT_MS);
      waiting.set(nodeId, { id, timer });
      events.post(nodeId, JSON.stringify({ call: id }));
    },
    hear(from, body) {
      const [, kind, id] = CALL.exec(body) ?? [];
      if (id === undefined) return false;
      const ours = waiting.get(from);
      if (kind === 'call') events.post(from, JSON.stringify({ here: id }));
      else if (ours?.id === id) {
        clearTimeout(ours.timer);
        waiting.delete(from);
        events.answered(from);
      }
      return true;
    },
    close() {
      for (const { timer } of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
