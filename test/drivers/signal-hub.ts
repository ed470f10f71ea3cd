/** Joins WebRTC transports to a room in memory that lists its members and carries their signals, in order. */
import type { Transport, TransportEvents } from '../../lib/drivers/transport.ts';
import type { WebRtcEvents, WebRtcTransport } from '../../lib/drivers/webrtc/contract.ts';

export type CreateWebRtc = (nodeId: string, events: WebRtcEvents) => WebRtcTransport;

export interface SignalHub {
  join(nodeId: string, events: TransportEvents): Transport;
}

/** `create` makes the transport under test. A node that joins again takes the place of its older self. */
export function createSignalHub(create: CreateWebRtc): SignalHub {
  const members = new Map<string, { transport: WebRtcTransport; events: TransportEvents }>();

  function announce(): void {
    for (const [nodeId, { events }] of members) {
      const others = [...members.keys()].filter((other) => other !== nodeId).sort();
      later(nodeId, events, () => events.present(others));
    }
  }

  /** As long as the member is the one of that name. */
  function later(nodeId: string, events: TransportEvents, report: () => void): void {
    setTimeout(() => {
      if (members.get(nodeId)?.events === events) report();
    }, 0);
  }

  return {
    join(nodeId, events) {
      const transport = create(nodeId, {
        connected: (linkId, kind, other) => events.connected(linkId, kind, other),
        received: (linkId, bytes) => events.received(linkId, bytes),
        disconnected: (linkId) => events.disconnected(linkId),
        dialFailed: (other) => events.dialFailed(other),
        warn: (message) => events.warn(message),
        signal(to, signal) {
          // A member that was replaced is heard no more.
          if (members.get(nodeId)?.events !== events) return;
          const addressee = members.get(to);
          if (addressee === undefined) later(nodeId, events, () => transport.undeliverable(to));
          else
            later(to, addressee.events, () =>
              addressee.transport.hear(nodeId, structuredClone(signal)),
            );
        },
      });
      members.delete(nodeId);
      members.set(nodeId, { transport, events });
      later(nodeId, events, () => events.server('connecting'));
      later(nodeId, events, () => events.server('connected'));
      announce();
      for (const [other, { transport: theirs, events: heard }] of members)
        if (other !== nodeId) later(other, heard, () => theirs.rejoined(nodeId));
      return {
        dial: (other) => transport.dial(other),
        send: (linkId, bytes) => transport.send(linkId, bytes),
        queuedBytes: (linkId) => transport.queuedBytes(linkId),
        disconnect: (linkId, code) => transport.disconnect(linkId, code),
        close() {
          transport.close();
          if (members.get(nodeId)?.events !== events) return;
          members.delete(nodeId);
          announce();
        },
      };
    },
  };
}
