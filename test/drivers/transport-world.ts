/** Hands for tests of transports: a member that notes all that it hears, and a wait for a condition. */
import type { Transport, TransportEvents } from '../../lib/drivers/transport.ts';

/** Far above what any condition takes; a test that reaches it has failed. */
const WAIT_LIMIT_MS = 60_000;

/** Resolves once the condition holds; rejects with its description when it never does. */
export async function until(description: string, condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + WAIT_LIMIT_MS;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`never happened: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Member {
  readonly nodeId: string;
  readonly transport: Transport;
  present: readonly string[];
  readonly serverStates: string[];
  /** Open links by link id, with the node id of the other end. */
  readonly links: Map<string, string>;
  /** In the order of arrival, by node id of the sender. */
  readonly received: { readonly from: string; readonly bytes: Uint8Array }[];
  readonly disconnected: string[];
  readonly failedDials: string[];
  readonly warnings: string[];
  /** Events that broke the contract: a link that opened twice, a message on a link that is not open. */
  readonly breaches: string[];
  linkTo(nodeId: string): string | undefined;
}

/** Joins a room by `join` and notes every event. */
export function makeMember(
  nodeId: string,
  join: (nodeId: string, events: TransportEvents) => Transport,
): Member {
  const links = new Map<string, string>();
  const member: Omit<Member, 'transport'> = {
    nodeId,
    present: [],
    serverStates: [],
    links,
    received: [],
    disconnected: [],
    failedDials: [],
    warnings: [],
    breaches: [],
    linkTo: (other) => [...links].find(([, one]) => one === other)?.[0],
  };
  let isCalling = true;
  let isClosed = false;
  function note(what: string, breach = false): void {
    if (isCalling) member.breaches.push(`${what} within a call`);
    if (isClosed) member.breaches.push(`${what} after close`);
    if (breach) member.breaches.push(what);
  }
  const transport = join(nodeId, {
    present(nodeIds) {
      note('present', nodeIds.includes(nodeId));
      member.present = nodeIds;
    },
    connected(linkId, _kind, other) {
      note(`connected ${linkId}`, links.has(linkId) || [...links.values()].includes(other!));
      links.set(linkId, other!);
    },
    received(linkId, bytes) {
      note(`received on ${linkId}`, !links.has(linkId));
      member.received.push({ from: links.get(linkId)!, bytes });
    },
    disconnected(linkId) {
      note(`disconnected ${linkId}`, !links.delete(linkId));
      member.disconnected.push(linkId);
    },
    dialFailed(other) {
      note(`dialFailed ${other}`);
      member.failedDials.push(other);
    },
    server(state) {
      note(`server ${state}`);
      member.serverStates.push(state);
    },
    warn(message) {
      note('warn');
      member.warnings.push(message);
    },
  });
  isCalling = false;
  function quietly<T>(call: () => T): T {
    isCalling = true;
    try {
      return call();
    } finally {
      isCalling = false;
    }
  }
  return Object.assign(member, {
    transport: {
      dial: (other) => quietly(() => transport.dial(other)),
      send: (linkId, bytes) => quietly(() => transport.send(linkId, bytes)),
      queuedBytes: (linkId) => quietly(() => transport.queuedBytes(linkId)),
      disconnect: (linkId, code) => quietly(() => transport.disconnect(linkId, code)),
      close() {
        quietly(() => transport.close());
        isClosed = true;
      },
    } satisfies Transport,
  });
}
