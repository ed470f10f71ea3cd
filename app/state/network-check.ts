/**
 * How this tab reaches the others, in plain words: directly, through the server, or by the relay only; and what helps
 * (R27). Read from the links that are, and from whether a direct one ever opened.
 */
import type { PeerView } from '../../lib/peer/snapshot.ts';
import { countOf } from './words.ts';

/** A direct link opens within ten seconds of its first try or not at all; a busy laptop needs longer to begin it. */
export const DIRECT_WAIT_MS = 20_000;
/** Devices that were told of the room come within a minute where they can. */
export const COMPANY_WAIT_MS = 60_000;

/** What has happened so far, as far as the verdict depends on it. Times are of one clock. */
export interface LinkHistory {
  readonly openedMs: number;
  readonly hadCompany: boolean;
  readonly hadDirect: boolean;
  /** Since when there are links, and all of them go through the server; null while that is not so. */
  readonly relayedSinceMs: number | null;
}

export type Verdict =
  'alone' | 'trying' | 'direct' | 'turn' | 'mixed' | 'through-server' | 'relay-only';

export interface NetworkCheck {
  readonly verdict: Verdict;
  readonly what: string;
  /** Empty where nothing needs to be done. */
  readonly advice: string;
}

export function beginHistory(nowMs: number): LinkHistory {
  return { openedMs: nowMs, hadCompany: false, hadDirect: false, relayedSinceMs: null };
}

/** The history with these links added; the same object where they add nothing. */
export function continueHistory(
  before: LinkHistory,
  peers: readonly Pick<PeerView, 'kind'>[],
  nowMs: number,
): LinkHistory {
  const isRelayed = peers.length > 0 && peers.every(({ kind }) => kind === 'relay');
  const after: LinkHistory = {
    openedMs: before.openedMs,
    hadCompany: before.hadCompany || peers.length > 0,
    hadDirect: before.hadDirect || peers.some(({ kind }) => kind === 'webrtc'),
    relayedSinceMs: isRelayed ? (before.relayedSinceMs ?? nowMs) : null,
  };
  const isSame =
    after.hadCompany === before.hadCompany &&
    after.hadDirect === before.hadDirect &&
    after.relayedSinceMs === before.relayedSinceMs;
  return isSame ? before : after;
}

/** Whether others should have come by now, if they can. */
export function isLongAlone(history: LinkHistory, nowMs: number): boolean {
  return !history.hadCompany && nowMs - history.openedMs >= COMPANY_WAIT_MS;
}

export function checkNetwork(
  history: LinkHistory,
  peers: readonly Pick<PeerView, 'kind'>[],
  nowMs: number,
): NetworkCheck {
  const turned = peers.filter(({ kind }) => kind === 'turn').length;
  const relayed = peers.filter(({ kind }) => kind === 'relay').length;
  const direct = peers.length - turned - relayed;
  if (peers.length === 0)
    return { verdict: 'alone', what: 'No link to check the network by.', advice: '' };
  if (direct === peers.length)
    return {
      verdict: 'direct',
      what: 'Direct: blocks go from device to device, without the server.',
      advice: '',
    };
  if (turned === peers.length)
    return {
      verdict: 'turn',
      what: 'Through a TURN server: no link is direct on this network.',
      advice: 'Everything works, as long as that server runs.',
    };
  if (direct > 0 || turned > 0) {
    const parts = [
      ...(direct > 0 ? [`${countOf(direct, 'link is', 'links are')} direct`] : []),
      ...(turned > 0 ? [`${turned} through a TURN server`] : []),
      ...(relayed > 0 ? [`${relayed} through the server`] : []),
    ];
    return {
      verdict: 'mixed',
      what: `Mixed: ${parts.join(', ')}.`,
      advice: relayed > 0 ? 'The last are tried again by themselves.' : '',
    };
  }
  if (history.hadDirect)
    return {
      verdict: 'through-server',
      what: 'Through the server: direct links were open before.',
      advice: 'They are tried again by themselves. Keep the server running.',
    };
  if (nowMs - (history.relayedSinceMs ?? nowMs) < DIRECT_WAIT_MS)
    return {
      verdict: 'trying',
      what: 'Through the server, while direct links are tried.',
      advice: '',
    };
  return {
    verdict: 'relay-only',
    what: 'Relay only: no direct link has opened on this network.',
    advice:
      'Everything works, as long as the server runs. For direct links use another Wi-Fi or a phone’s hotspot, or ask whoever serves the room to name a TURN server.',
  };
}
