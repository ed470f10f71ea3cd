/**
 * What the user should know and do: each notice says what has happened, then what helps.
 */
import type { SessionSnapshot } from '../../lib/drivers/session.ts';
import type { GenesisPolicy } from '../../lib/net/room-link.ts';
import { formatDuration, formatWhole } from '../look/format.ts';

export interface Notice {
  /** Stays the same while the trouble is the same. */
  readonly id: string;
  readonly tone: 'calm' | 'trouble';
  readonly what: string;
  readonly advice: string;
  /** Tells of a moment, not of a state that lasts: the user may put it away. */
  readonly isEvent: boolean;
}

/** Warnings of the session that the page shows: the newest. All of them would bury the chain. */
const SHOWN_WARNINGS = 3;

/** The notices of this moment, the most important first. */
export function readNotices(
  snapshot: SessionSnapshot,
  genesis: GenesisPolicy['kind'],
  isLongAlone = false,
): readonly Notice[] {
  return [
    readPhase(snapshot, genesis),
    readServer(snapshot),
    readClock(snapshot),
    readCompany(snapshot, isLongAlone),
    ...readWarnings(snapshot),
  ].filter((notice) => notice !== null);
}

function readPhase(snapshot: SessionSnapshot, genesis: GenesisPolicy['kind']): Notice | null {
  switch (snapshot.phase) {
    case 'waiting-for-genesis':
      return {
        id: 'waiting',
        isEvent: false,
        tone: 'calm',
        what: 'Waiting for the first block.',
        advice:
          genesis === 'udp'
            ? 'It comes from the UDP miners, through the bridge of this room. See that both are running; mining starts by itself then.'
            : 'Nobody here has sent it yet. Open the room where it was started, a terminal or another tab; mining starts by itself then.',
      };
    case 'making-genesis':
      return {
        id: 'making',
        isEvent: false,
        tone: 'calm',
        what: 'Making the first block of this room.',
        advice: 'Every other block will build on it. This takes a moment.',
      };
    case 'syncing': {
      const here = snapshot.tip?.height ?? 0;
      const goal = Math.max(here, ...snapshot.peers.map((peer) => peer.height ?? 0));
      return {
        id: 'syncing',
        isEvent: false,
        tone: 'calm',
        what: `Fetching the chain: ${formatWhole(here)} of ${formatWhole(goal)} blocks.`,
        advice: 'Mining starts when it is here.',
      };
    }
    case 'ready':
      return null;
  }
}

function readServer(snapshot: SessionSnapshot): Notice | null {
  if (snapshot.server !== 'lost') return null;
  const direct = snapshot.peers.some((peer) => peer.kind !== 'relay');
  return {
    id: 'server',
    isEvent: false,
    tone: direct ? 'calm' : 'trouble',
    what: 'The server does not answer.',
    advice: direct
      ? 'Direct links go on without it. Newcomers can join by an invitation: Share, then Invite without the server. It is tried again by itself.'
      : 'You mine alone until it is back, or until somebody of the room invites you: Share, then Invite without the server. Check that it runs, and that this device is on the same network.',
  };
}

function readClock(snapshot: SessionSnapshot): Notice | null {
  if (!snapshot.clock.wrong) return null;
  const { offsetMs } = snapshot.clock;
  return {
    id: 'clock',
    isEvent: false,
    tone: 'trouble',
    what: `Your clock is ${formatDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'behind' : 'ahead of'} the room's.`,
    advice: 'Others may hold your blocks back. Set the clock of this device to automatic.',
  };
}

function readCompany(snapshot: SessionSnapshot, isLongAlone: boolean): Notice | null {
  const isAlone = snapshot.peers.length === 0 && snapshot.server !== 'lost';
  if (!isAlone || snapshot.server === 'connecting' || snapshot.phase === 'waiting-for-genesis')
    return null;
  if (isLongAlone)
    return {
      id: 'nobody-comes',
      isEvent: false,
      tone: 'calm',
      what: 'No other device has come for a minute.',
      advice:
        'If somebody tries: a firewall on the computer that serves the room may block it, or the Wi-Fi keeps its devices apart. Use a phone’s hotspot, or a hosted server.',
    };
  return {
    id: 'alone',
    isEvent: false,
    tone: 'calm',
    what: 'You are alone in this room.',
    advice: 'Share the link, or open it in another tab: every tab is a miner of its own.',
  };
}

function readWarnings(snapshot: SessionSnapshot): Notice[] {
  const newestFirst = [...new Set([...snapshot.warnings].reverse())];
  return newestFirst.slice(0, SHOWN_WARNINGS).map((what) => ({
    id: `warning ${what}`,
    tone: 'trouble' as const,
    what,
    advice: '',
    isEvent: true,
  }));
}
