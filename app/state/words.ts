/**
 * The states of a peer in the words of its user.
 */
import type { ServerState } from '../../lib/drivers/session.ts';
import type { LinkKind, PeerView, Phase } from '../../lib/peer/snapshot.ts';

export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  'waiting-for-genesis': 'Waiting for the first block',
  'making-genesis': 'Making the first block',
  syncing: 'Fetching the chain',
  ready: 'Following the tip',
};

export const SERVER_WORDS: Readonly<Record<ServerState, string>> = {
  none: 'No server used',
  connecting: 'Connecting to the server',
  connected: 'Server connected',
  lost: 'Server lost',
};

export const LINK_WORDS: Readonly<Record<LinkKind, string>> = {
  webrtc: 'direct',
  turn: 'via TURN',
  relay: 'via server',
  udp: 'UDP',
};

/** `3 direct, 1 via server`; `no links` where there is none. */
export function describeLinks(peers: readonly PeerView[]): string {
  const parts: string[] = [];
  for (const kind of ['webrtc', 'turn', 'relay', 'udp'] as const) {
    const count = peers.filter((peer) => peer.kind === kind).length;
    if (count > 0) parts.push(`${count} ${LINK_WORDS[kind]}`);
  }
  return parts.length === 0 ? 'no links' : parts.join(', ');
}

/** `1 peer`, `4 peers`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
