/**
 * The way into a room: the form, the opening, the room itself, or why it could not be opened.
 */
import { openTabSession, type TabSession } from '../../lib/drivers/tab-session.ts';
import { readRoomLink, writeRoomFragment, type RoomPolicy } from '../../lib/net/room-link.ts';
import { splitInvitation } from '../invite/invitation-link.ts';
import { fetchAhead, fetchLater } from './fetch-ahead.ts';
import { readMinerSettings } from './miner-settings.ts';
import { readOwnName } from './names.ts';

export type Stage =
  | { readonly kind: 'form'; readonly problem: string | null }
  | { readonly kind: 'opening'; readonly policy: RoomPolicy }
  | { readonly kind: 'open'; readonly policy: RoomPolicy; readonly session: TabSession }
  | { readonly kind: 'failed'; readonly policy: RoomPolicy; readonly reason: string };

export class Entry {
  stage = $state.raw<Stage>({ kind: 'form', problem: null });
  /** By which this tab was invited, until its user has seen what became of it. */
  invitation = $state.raw<string | null>(null);

  /** Enters the room of the page's link, or shows the form where the link names none. */
  async begin(): Promise<void> {
    const { fragment, invitation } = this.#takeFragment();
    if (fragment === '') {
      fetchAhead();
      return;
    }
    const link = readRoomLink(fragment);
    if (link.ok) await this.enter(link.policy, invitation);
    else
      this.stage = {
        kind: 'form',
        problem: `The link of this page cannot be used: ${link.reason}. Type the room's code instead.`,
      };
  }

  async enter(policy: RoomPolicy, invitation: string | null = null): Promise<void> {
    this.invitation = invitation;
    this.stage = { kind: 'opening', policy };
    try {
      const session = await openTabSession(policy, {
        name: readOwnName(),
        ...readMinerSettings(),
      });
      window.tabchain = { session };
      this.stage = { kind: 'open', policy, session };
      fetchLater();
    } catch (error) {
      this.stage = {
        kind: 'failed',
        policy,
        reason: error instanceof Error ? error.message : String(error),
      };
    }
  }

  /** Another link was put into this page's address: one that can be followed without loading the page is, since its server may be gone. */
  async hashChanged(): Promise<void> {
    if (this.stage.kind === 'form') return this.begin();
    const { fragment, invitation } = this.#takeFragment();
    const isSameRoom =
      this.stage.kind === 'open' && fragment === writeRoomFragment(this.stage.policy);
    if (isSameRoom && invitation !== null) this.invitation = invitation;
    else location.reload();
  }

  /** The link of the page's address. An invitation is good for once, and so does not stay there. */
  #takeFragment(): { fragment: string; invitation: string | null } {
    const parts = splitInvitation(location.hash.slice(1));
    if (parts.invitation !== null) history.replaceState(null, '', `#${parts.fragment}`);
    return parts;
  }

  /** Best effort when the page goes: links close at once instead of timing out. */
  leave(): void {
    if (this.stage.kind === 'open') void this.stage.session.close();
  }
}
