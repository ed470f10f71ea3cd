/**
 * A store that is damaged, of another chain, or full: the tab says so, resets nothing, and mines on (R28).
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { joinRoom, memberOfTab, type TabMember } from './harness/room.ts';
import {
  damageRecord,
  linkOf,
  listStores,
  readStore,
  reload,
  servePage,
  storeOf,
  fillQuota,
  untilStored,
  writeStore,
} from './harness/stores.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const GROWN_WITHIN_MS = 120_000;
/** Room for some blocks, and little enough to be filled at once. */
const QUOTA_BYTES = 1_000_000;

test('a damaged block is told, what lies below it stays, and mining goes on', async ({ world }) => {
  const tab = await joinRoom(world, 'tab', linkOf(await servePage(world), 'damaged'));
  const { page } = tab.tab;
  await untilStored(tab, 8);
  const store = await storeOf(page);
  const below = (await tab.blocks()).slice(0, 3).map(({ hash }) => hash);
  // The last byte of the proof of work of a block in the middle.
  await damageRecord(page, store, 'block:000000000003', 8 + 32 + 7);
  const damaged = (await readStore(page, store)).slice(0, 5);
  const again = await reload(tab);
  expect((await again.snapshot()).warnings).toEqual([
    expect.stringMatching(/^\d+ of the \d+ blocks in the store are damaged.* left out/),
  ]);
  await page.getByText('blocks in the store are damaged').waitFor();
  expect((await again.blocks()).map(({ hash }) => hash)).toEqual(expect.arrayContaining(below));
  await untilGrown(again);
  expect(isDeepStrictEqual((await readStore(page, store)).slice(0, 5), damaged)).toBe(true);
});

test('a damaged genesis block is told, left as it is, and the room can be stored anew', async ({
  world,
}) => {
  const address = await servePage(world);
  const tab = await joinRoom(world, 'tab', linkOf(address, 'no-root'));
  const { page } = tab.tab;
  await untilStored(tab, 3);
  const store = await storeOf(page);
  await damageRecord(page, store, 'genesis', 80);
  const again = await reload(tab);
  const before = await readStore(page, store);
  expect((await again.snapshot()).warnings).toEqual([
    expect.stringMatching(/cannot keep its chain for a reload.*damaged.*leave the room, delete it/),
  ]);
  await untilGrown(again);
  // A flag, since a comparison of thousands of bytes would fill the screen.
  expect(isDeepStrictEqual(await readStore(page, store), before)).toBe(true);

  await page.getByRole('button', { name: 'Rooms', exact: true }).click();
  await page.getByRole('button', { name: 'Leave this room' }).click();
  await page.getByRole('button', { name: 'Delete no-root' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect.poll(() => listStores(page)).toEqual([]);
  await page.getByLabel('Room code, or the whole link').fill(linkOf(address, 'no-root'));
  await page.getByRole('button', { name: 'Join and mine' }).click();
  const anew = await memberOfTab(tab.tab);
  await untilStored(anew, 2);
  expect(anew.nodeId).toBe(tab.nodeId);
  expect((await anew.snapshot()).warnings).toEqual([]);
});

test('the chain of another genesis block is told, and neither used nor replaced', async ({
  world,
}) => {
  const address = await servePage(world);
  const profile = await (await world.browser()).openProfile();
  const other = await joinRoom(world, 'other', linkOf(address, 'other'), profile);
  await untilStored(other, 3);
  const foreign = await readStore(other.tab.page, await storeOf(other.tab.page));
  const tab = await joinRoom(world, 'tab', linkOf(address, 'room'), profile);
  const { page } = tab.tab;
  await untilStored(tab, 1);
  const store = await storeOf(page);
  // Its own room's store now holds what the other room's held.
  await page.evaluate(() => void window.tabchain!.session.close());
  await other.tab.close();
  await page.goto(address);
  await page.getByTestId('stored-room').first().waitFor();
  const row = page.locator(`[data-store="${store}"]`);
  await row.getByRole('button', { name: 'Delete room' }).click();
  await row.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect.poll(() => listStores(page)).not.toContain(store);
  await writeStore(page, store, foreign);

  // Another fragment makes the page load itself anew.
  await page.goto(linkOf(address, 'room'));
  const again = await memberOfTab(tab.tab);
  expect((await again.snapshot()).warnings).toEqual([
    expect.stringMatching(/the chain of another genesis block, and stays as it is/),
  ]);
  await untilGrown(again);
  expect(isDeepStrictEqual(await readStore(page, store), foreign)).toBe(true);
});

test('a full disk is told, mining goes on, and what was stored before is there again', async ({
  world,
}) => {
  const address = await servePage(world);
  const opened = await (await world.browser()).openTab('tab', address);
  const { page } = opened;
  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(address);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: QUOTA_BYTES });
  await page.goto(linkOf(address, 'full'));
  const tab = await memberOfTab(opened);
  await untilStored(tab, 3);
  const before = (await tab.blocks()).slice(0, 3).map(({ hash }) => hash);
  await fillQuota(page);
  await waitFor(
    async () =>
      (await tab.snapshot()).warnings.some((warning) =>
        /can no longer be stored: there is no room left for it/.test(warning),
      ),
    { timeoutMs: GROWN_WITHIN_MS, describe: 'the tab says that it cannot store any more' },
  );
  await page.getByText('can no longer be stored').waitFor();
  await untilGrown(tab);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  const again = await reload(tab);
  expect((await again.blocks()).map(({ hash }) => hash)).toEqual(expect.arrayContaining(before));
  await untilStored(again, 4);
  expect((await again.snapshot()).warnings).toEqual([]);
});

/** Waits until the tab has mined two more blocks. */
async function untilGrown(tab: TabMember): Promise<void> {
  const height = (await tab.snapshot()).tip?.height ?? 0;
  await waitFor(async () => ((await tab.snapshot()).tip?.height ?? 0) >= height + 2, {
    timeoutMs: GROWN_WITHIN_MS,
    describe: `${tab.name} has mined on from height ${height}`,
  });
}
