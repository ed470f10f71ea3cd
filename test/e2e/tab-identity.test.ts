/**
 * A tab is a peer: several tabs of one browser are several, and a reload changes nothing (R28).
 */
import { expect } from 'vitest';
import { watchTab } from './harness/browser.ts';
import { joinRoom, memberOfTab, serveRoom, type TabMember } from './harness/room.ts';
import { waitFor } from './harness/wait.ts';
import { test, type World } from './harness/world.ts';

const LINKED_WITHIN_MS = 120_000;
const GROWN_WITHIN_MS = 120_000;

test('two tabs of one browser are two peers that see each other', async ({ world }) => {
  const [one, two] = await openTwoTabs(world);
  expect(one.nodeId).not.toBe(two.nodeId);
  await waitForLink(one, two);
  await waitForLink(two, one);
});

test('the tabs of a browser leave a core to the rest of the computer, however many they are', async ({
  world,
}) => {
  const tabs = await openTwoTabs(world);
  const { page } = tabs[0].tab;
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  await waitFor(
    async () => {
      const shares = await Promise.all(tabs.map((tab) => tab.snapshot()));
      const used = shares.reduce(
        (sum, { threads, processorShare }) => sum + threads * processorShare,
        0,
      );
      return used > 0 && used <= Math.max(1, cores - 1);
    },
    { timeoutMs: LINKED_WITHIN_MS, describe: 'they share the cores less one' },
  );
  await tabs[1].tab.close();
  await waitFor(
    async () => {
      const { threads, processorShare } = await tabs[0].snapshot();
      return processorShare === 1 && threads === Math.max(1, cores - 1);
    },
    { timeoutMs: LINKED_WITHIN_MS, describe: 'the one that is left has them all' },
  );
});

test('a duplicated tab becomes a peer of its own, and the first one stays who it was', async ({
  world,
}) => {
  const [one] = await openTwoTabs(world);
  // A window opened by a page begins with a copy of its sessionStorage, as a duplicated tab does.
  const opened = one.tab.page.waitForEvent('popup');
  await one.tab.page.evaluate(() => void window.open(location.href));
  const copy = await memberOfTab(watchTab('copy', await opened));
  expect(copy.nodeId).not.toBe(one.nodeId);
  await waitForLink(one, copy);
  expect((await one.snapshot()).self.nodeId).toBe(one.nodeId);
  expect(copy.tab.errors).toEqual([]);

  await copy.tab.page.reload();
  expect((await memberOfTab(copy.tab)).nodeId).toBe(copy.nodeId);
});

test('a reloaded tab is who it was and has its chain, even while it is alone', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '500ms'] });
  const tab = await joinRoom(world, 'tab', room.link);
  const height = await waitFor(
    async () => {
      const { tip, mining } = await tab.snapshot();
      return tip !== null && tip.height >= 5 && mining.onChain >= 1 ? tip.height : null;
    },
    { timeoutMs: GROWN_WITHIN_MS, describe: 'the tab has mined five blocks' },
  );
  tab.tab.allowErrors(/WebSocket connection|ERR_/);
  const before = (await tab.blocks()).slice(0, height).map(({ hash }) => hash);
  await tab.tab.page.reload();
  const again = await memberOfTab(tab.tab);
  expect(again.nodeId).toBe(tab.nodeId);
  await waitFor(async () => ((await again.snapshot()).tip?.height ?? 0) >= height, {
    timeoutMs: LINKED_WITHIN_MS,
    describe: `the tab has its ${height} blocks again`,
  });
  const after = (await again.blocks()).map(({ hash }) => hash);
  expect(after).toEqual(expect.arrayContaining(before));
});

async function openTwoTabs(world: World): Promise<[TabMember, TabMember]> {
  const room = await serveRoom(world, { flags: ['--target', '2**238'] });
  const profile = await (await world.browser()).openProfile();
  const one = await joinRoom(world, 'tab 1', room.link, profile);
  const two = await joinRoom(world, 'tab 2', room.link, profile);
  return [one, two];
}

async function waitForLink(from: TabMember, to: TabMember): Promise<void> {
  await waitFor(
    async () => (await from.snapshot()).peers.some(({ nodeId }) => nodeId === to.nodeId),
    { timeoutMs: LINKED_WITHIN_MS, describe: `${from.name} is linked to ${to.name}` },
  );
}
