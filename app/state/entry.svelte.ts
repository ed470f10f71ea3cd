/**
 * The way into a room: the form, the opening, the room itself, or why it could not be opened.
 */
import { openTabSession, type TabSession } from '../../lib/drivers/tab-session.ts';
import { readRoomLink, type RoomPolicy } from '../../lib/net/room-link.ts';
import { readMinerSettings } from './miner-settings.ts';
import { readOwnName } from './names.ts';

export type Stage =
  | { readonly kind: 'form'; readonly problem: string | null }
  | { readonly kind: 'opening'; readonly policy: RoomPolicy }
  | { readonly kind: 'open'; readonly policy: RoomPolicy; readonly session: TabSession }
  | { readonly kind: 'failed'; readonly policy: RoomPolicy; readonly reason: string };

export class Entry {
  stage = $state.raw<Stage>({ kind: 'form', problem: null });

  /** Enters the room of the page's link, or shows the form where the link names none. */
  async begin(): Promise<void> {
    const fragment = location.hash.slice(1);
    if (fragment === '') return;
    const link = readRoomLink(fragment);
    if (link.ok) await this.enter(link.policy);
    else
      this.stage = {
        kind: 'form',
        problem: `The link of this page cannot be used: ${link.reason}. Type the room's code instead.`,
      };
  }

  async enter(policy: RoomPolicy): Promise<void> {
    this.stage = { kind: 'opening', policy };
    try {
      const session = await openTabSession(policy, {
        name: readOwnName(),
        ...readMinerSettings(),
      });
      window.tabchain = { session };
      this.stage = { kind: 'open', policy, session };
    } catch (error) {
      this.stage = {
        kind: 'failed',
        policy,
        reason: error instanceof Error ? error.message : String(error),
      };
    }
  }

  /** Best effort when the page goes: links close at once instead of timing out. */
  leave(): void {
    if (this.stage.kind === 'open') void this.stage.session.close();
  }
}
