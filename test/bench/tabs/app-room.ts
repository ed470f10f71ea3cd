/**
 * A room of tabs with the app as users see it, served by the command that users run.
 */
import { openWorld, type World } from '../../e2e/harness/open-world.ts';
import { joinRoom, serveRoom, type ServedRoom, type TabMember } from '../../e2e/harness/room.ts';
import { waitFor } from '../../e2e/harness/wait.ts';
import { buildScript } from '../browser-script.ts';
import type { SessionSnapshot } from '../../../lib/drivers/session.ts';
import type { PageNotes } from './page-notes.ts';

/** Blocks come about twice a second, whoever mines, unless told otherwise. */
const SPACING = '500ms';
const WITHIN_MS = 300_000;

export interface AppRoom {
  readonly world: World;
  readonly served: ServedRoom;
  /** A tab that does not mine until it is told to. `script` runs in it before all others. */
  join(name: string, script?: string): Promise<TabMember>;
}

export async function withAppRoom<Result>(
  measure: (room: AppRoom) => Promise<Result>,
  flags: readonly string[] = ['--target', '2**238', '--spacing', SPACING],
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

/**
 * Until each tab has links and what was the best chain of the first when this began, and, for so long at most, until all
 * links are direct. Answers how many are not, in percent.
 */
export async function waitUntilSettled(
  tabs: readonly TabMember[],
  directWithinMs: number,
): Promise<number> {
  // No look at all tabs finds one tip in a room that mines: while the last is asked, the first has a further block.
  const height = (await tabs[0]!.snapshot()).tip?.height ?? 0;
  let looks: readonly SessionSnapshot[] = [];
  const look = async () => (looks = await Promise.all(tabs.map((tab) => tab.snapshot())));
  await waitFor(
    async () =>
      (await look()).every(({ peers, tip }) => peers.length > 0 && (tip?.height ?? -1) >= height),
    { timeoutMs: WITHIN_MS, describe: `${tabs.length} tabs are in the room`, pollMs: 1_000 },
  );
  const endMs = performance.now() + directWithinMs;
  const links = () => looks.flatMap(({ peers }) => peers);
  const relayed = () => links().filter(({ kind }) => kind !== 'webrtc').length;
  while (relayed() > 0 && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await look();
  }
  return (100 * relayed()) / links().length;
}

declare global {
  interface Window {
    notes: PageNotes;
  }
}
