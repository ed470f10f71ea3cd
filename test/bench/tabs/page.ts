/**
 * A tab's peer without the app's screen, in the hand of a benchmark: it joins when it is told to.
 */
import { openTabSession } from '../../../lib/drivers/tab-session.ts';
import { readRoomLink } from '../../../lib/net/room-link.ts';

export interface BenchPage {
  /** Joins a room, without mining. Answers its node id as soon as the session is open. */
  join(fragment: string, linkLimit: number): Promise<string>;
  /** Answers when there is a direct link to each of these nodes, or at the latest time; in milliseconds since 1970. */
  waitForLinks(nodeIds: readonly string[], untilMs: number): Promise<number>;
}

const page: BenchPage = {
  async join(fragment, linkLimit) {
    const link = readRoomLink(fragment);
    if (!link.ok) throw new Error(link.reason);
    const session = await openTabSession(link.policy, { name: 'tab', linkLimit });
    session.setPaused(true);
    window.tabchain = { session };
    return session.snapshot().self.nodeId;
  },
  waitForLinks(nodeIds, untilMs) {
    const { session } = window.tabchain!;
    return new Promise((resolve) => {
      const look = (): void => {
        const { peers } = session.snapshot();
        const direct = new Set(
          peers.filter(({ kind }) => kind === 'webrtc').map(({ nodeId }) => nodeId),
        );
        if (nodeIds.every((nodeId) => direct.has(nodeId))) end();
      };
      const end = (): void => {
        stop();
        clearTimeout(timer);
        resolve(Math.min(readMs(), untilMs));
      };
      const stop = session.subscribe(look);
      const timer = setTimeout(end, untilMs - readMs());
      look();
    });
  },
};

/** On the clock that all pages share. */
function readMs(): number {
  return performance.timeOrigin + performance.now();
}

Object.assign(window, { bench: page });
