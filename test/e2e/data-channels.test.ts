/**
 * Blocks between tabs travel over WebRTC data channels; once those are open, the server carries none (R26, R30).
 */
import { expect } from 'vitest';
import { compareChains } from './harness/agreement.ts';
import { joinRoom, serveRoom, type TabMember } from './harness/room.ts';
import { readChannelFigures, recordWebSocketFrames, watchConnections } from './harness/traffic.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const TAB_COUNT = 3;
const SHARED_BLOCKS = 12;
const GROWN_WITHIN_MS = 120_000;

test('blocks between tabs travel over data channels, and none through the server', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const browser = await world.browser();
  const tabs: (TabMember & { readonly frames: readonly string[] })[] = [];
  for (let i = 1; i <= TAB_COUNT; i++) {
    const profile = await browser.openProfile();
    await watchConnections(profile.context);
    const frames = recordWebSocketFrames(profile.context);
    const tab = await joinRoom(world, `tab ${i}`, room.link, profile);
    await tab.setThreads(1);
    tabs.push({ ...tab, frames });
  }
  await waitFor(
    async () => {
      const snapshots = await Promise.all(tabs.map((tab) => tab.snapshot()));
      return snapshots.every(
        ({ peers }) =>
          peers.length >= TAB_COUNT - 1 && peers.every(({ kind }) => kind === 'webrtc'),
      );
    },
    { timeoutMs: GROWN_WITHIN_MS, describe: 'all links of all tabs are direct' },
  );
  const { commonHeight: heightBefore, ownBlocks: before } = await compareChains(tabs);
  const framesBefore = tabs.map(({ frames }) => frames.length);
  const shared = await waitFor(
    async () => {
      const { commonHeight, ownBlocks } = await compareChains(tabs);
      const all = Object.entries(ownBlocks).every(([name, count]) => count > before[name]!);
      return all && commonHeight >= heightBefore + SHARED_BLOCKS && ownBlocks;
    },
    {
      timeoutMs: GROWN_WITHIN_MS,
      describe: `the tabs share ${SHARED_BLOCKS} blocks more, of all three`,
    },
  );

  for (const [place, tab] of tabs.entries()) {
    const { peers } = await tab.snapshot();
    const toTabs = peers.filter(({ nodeId }) => tabs.some((other) => other.nodeId === nodeId));
    expect(toTabs.map(({ kind }) => kind)).toEqual(Array(TAB_COUNT - 1).fill('webrtc'));

    const foreign = Object.entries(shared)
      .filter(([name]) => name !== tab.name)
      .reduce((sum, [name, count]) => sum + count - before[name]!, 0);
    const figures = await readChannelFigures(tab.tab.page);
    expect(figures.openChannels).toBeGreaterThanOrEqual(TAB_COUNT - 1);
    // A block that a tab mined has a hundred bytes of data and more, and hashes beside it, pushed alone or in a batch.
    expect(figures.bytesReceived).toBeGreaterThan(foreign * 200);

    const later = tab.frames.slice(framesBefore[place]);
    expect(tab.frames.length).toBeGreaterThan(0);
    // What else there is belongs to the ends of the links that were replaced.
    for (const frame of later)
      if (!/^\{"type":"(heartbeat|signal)"/.test(frame)) expect(frame.length).toBeLessThan(100);
  }
});
