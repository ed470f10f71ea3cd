/**
 * A room of tabs with the app as users see it, served by the command that users run.
 */
import { openWorld, type World } from '../../e2e/harness/open-world.ts';
import { joinRoom, serveRoom, type ServedRoom, type TabMember } from '../../e2e/harness/room.ts';
import { waitFor } from '../../e2e/harness/wait.ts';
import { buildScript } from '../browser-script.ts';
import type { SessionSnapshot } from '../../../lib/drivers/session.ts';
import type { PageNotes } from './page-notes.ts';

/** Blocks come about twice a second, whoever mines. */
const FLAGS = ['--target', '2**238', '--spacing', '500ms'];
const WITHIN_MS = 300_000;

export interface AppRoom {
  readonly world: World;
  readonly served: ServedRoom;
  /** A tab that does not mine until it is told to. `script` runs in it before all others. */
  join(name: string, script?: string): Promise<TabMember>;
}

export async function withAppRoom<Result>(
  measure: (room: AppRoom) => Promise<Result>,
  flags: readonly string[] = FLAGS,
): Promise<Result> {
  const notes = await buildScript(new URL('page-notes.ts', import.meta.url));
  const world = openWorld();
  try {
    const served = await serveRoom(world, { flags });
    return await measure({
      world,
      served,
      async join(name, script = '') {
        const profile = await (await world.browser()).openProfile();
        await profile.context.addInitScript({ content: notes + script });
        return joinRoom(world, name, served.link, profile);
      },
    });
  } finally {
    await world.close();
  }
}

/** Until each tab has links, all of them direct, and what was the best chain of the first when this began. */
export async function waitUntilSettled(tabs: readonly TabMember[]): Promise<void> {
  // No look at all tabs finds one tip in a room that mines: while the last is asked, the first has a further block.
  const height = (await tabs[0]!.snapshot()).tip?.height ?? 0;
  let looks: readonly SessionSnapshot[] = [];
  const isSettled = ({ peers, tip }: SessionSnapshot): boolean =>
    peers.length > 0 &&
    peers.every(({ kind }) => kind === 'webrtc') &&
    (tip?.height ?? -1) >= height;
  try {
    await waitFor(
      async () => {
        looks = await Promise.all(tabs.map((tab) => tab.snapshot()));
        return looks.every(isSettled);
      },
      { timeoutMs: WITHIN_MS, describe: `${tabs.length} tabs are linked directly`, pollMs: 1_000 },
    );
  } catch (error) {
    const links = looks.flatMap(({ peers }) => peers);
    const relayed = links.filter(({ kind }) => kind !== 'webrtc').length;
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}; ${looks.filter(isSettled).length} of them are, ${relayed} of ${links.length} links are relayed`,
      { cause: error },
    );
  }
}

declare global {
  interface Window {
    notes: PageNotes;
  }
}
