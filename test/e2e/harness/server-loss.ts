/**
 * A room whose server is killed: it mines on, and links that break are made again through the tabs themselves (R20, R26).
 */
import { compareChains } from './agreement.ts';
import type { Profile } from './browser.ts';
import type { World } from './open-world.ts';
import { joinRoom, serveRoom, type TabMember } from './room.ts';
import { waitFor } from './wait.ts';

const TABS = 4;
/** Links of the first tab that break; the last one carries the offers for new ones. */
const BROKEN_LINKS = TABS - 2;
const MINED_ON_BLOCKS = 4;
/** Links are opened by pages, which four miners at full power would keep from it on two cores. */
const POWER = 0.1;
const WITHIN_MS = 120_000;

/** Kills the server of a room of four, breaks all links of one tab but one, and waits until all is well again. */
export async function surviveServerLoss(world: World): Promise<void> {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const broken = await joinRoom(world, 'broken', room.link, await openBreakable(world));
  const tabs = [broken];
  while (tabs.length < TABS) tabs.push(await joinRoom(world, `tab ${tabs.length}`, room.link));
  for (const tab of tabs) await tab.setPower(POWER);
  const areAllDirect = async (): Promise<boolean> =>
    (await Promise.all(tabs.map(kindsOf))).every(
      (kinds) => kinds.length === TABS - 1 && kinds.every((kind) => kind === 'webrtc'),
    );
  await waitFor(areAllDirect, {
    timeoutMs: WITHIN_MS,
    describe: 'all tabs are linked directly to all',
  });
  for (const { tab } of tabs) tab.allowErrors(/WebSocket|ERR_CONNECTION_REFUSED/);
  await room.process.kill();
  const before = new Set(await linksOf(broken));
  await breakLinks(broken, BROKEN_LINKS);
  await waitFor(
    async () => {
      const fresh = (await linksOf(broken)).filter((linkId) => !before.has(linkId));
      return fresh.length >= BROKEN_LINKS && (await areAllDirect());
    },
    { timeoutMs: WITHIN_MS, describe: 'new links stand in the place of those that broke' },
  );
  const height = (await broken.snapshot()).tip?.height ?? 0;
  await waitFor(async () => (await compareChains(tabs)).commonHeight >= height + MINED_ON_BLOCKS, {
    timeoutMs: WITHIN_MS,
    describe: 'the room mines on',
  });
  await waitFor(async () => (await broken.snapshot()).server === 'lost', {
    timeoutMs: WITHIN_MS,
    describe: 'the server is known to be lost',
  });
}

/** A browser profile whose tabs' direct links can be broken. */
export async function openBreakable(world: World): Promise<Profile> {
  const profile = await (await world.browser()).openProfile();
  // A proxy instead of a class: what a loader adds to named classes is unknown in the page.
  await profile.context.addInitScript(() => {
    const connections: RTCPeerConnection[] = [];
    Object.assign(window, {
      connections,
      RTCPeerConnection: new Proxy(RTCPeerConnection, {
        construct(native, [configuration]: [RTCConfiguration?]) {
          const connection = new native(configuration);
          connections.push(connection);
          return connection;
        },
      }),
    });
  });
  return profile;
}

/** Ends direct links as a lost network does, all or so many of them. */
export async function breakLinks(tab: TabMember, count = Infinity): Promise<void> {
  await tab.tab.page.evaluate(
    (limit) => {
      const { connections } = window as unknown as { connections: RTCPeerConnection[] };
      const open = connections.filter(({ connectionState }) => connectionState === 'connected');
      for (const connection of open.slice(0, limit)) connection.close();
    },
    Math.min(count, 100),
  );
}

/** The kinds of a tab's links, sorted. */
export async function kindsOf(tab: TabMember): Promise<readonly string[]> {
  return (await tab.snapshot()).peers.map(({ kind }) => kind).sort();
}

async function linksOf(tab: TabMember): Promise<readonly string[]> {
  return (await tab.snapshot()).peers.map(({ linkId }) => linkId);
}
