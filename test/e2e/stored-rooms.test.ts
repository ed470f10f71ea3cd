/**
 * The rooms that a browser keeps are listed, opened and deleted, and what a tab uses is safe from the others (R28).
 */
import { expect } from 'vitest';
import { joinRoom, memberOfTab } from './harness/room.ts';
import { linkOf, listStores, reload, servePage, storeOf, untilStored } from './harness/stores.ts';
import { test } from './harness/world.ts';

test('an old room goes on with its chain and its account, and leaves nothing once it is deleted', async ({
  world,
}) => {
  const address = await servePage(world);
  const profile = await (await world.browser()).openProfile();
  const first = await joinRoom(world, 'first', linkOf(address, 'last-week'), profile);
  const { page: firstPage } = first.tab;
  await untilStored(first, 4);
  const store = await storeOf(firstPage);
  const before = (await first.blocks()).slice(0, 4).map(({ hash }) => hash);
  await first.tab.close();

  const tab = await profile.openTab('later', address);
  const { page } = tab;
  const row = page.getByTestId('stored-room');
  await expect.poll(() => row.innerText()).toMatch(/Height \d+ · .*B · /);
  await row.getByRole('button', { name: 'Open last-week' }).focus();
  await page.keyboard.press('Enter');
  const again = await memberOfTab(tab);
  expect(again.nodeId).toBe(first.nodeId);
  expect((await again.blocks()).map(({ hash }) => hash)).toEqual(expect.arrayContaining(before));

  await page.getByRole('button', { name: 'Rooms', exact: true }).click();
  await expect.poll(() => row.innerText()).toContain('this room');
  expect(await row.getByRole('button').count()).toBe(0);
  await page.getByRole('button', { name: 'Leave this room' }).click();

  const ask = row.getByRole('button', { name: 'Delete last-week' });
  await ask.focus();
  await page.keyboard.press('Enter');
  // The harmless answer has the focus.
  await page.keyboard.press('Enter');
  await expect.poll(() => ask.isVisible()).toBe(true);
  expect(await listStores(page)).toEqual([store]);
  await ask.click();
  await row.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect.poll(() => row.count()).toBe(0);
  expect(await listStores(page)).toEqual([]);
  await page.reload();
  await page.getByLabel('Room code, or the whole link').waitFor();
  expect(await row.count()).toBe(0);
});

test('a room that another tab uses can be neither opened nor deleted', async ({ world }) => {
  const address = await servePage(world);
  const profile = await (await world.browser()).openProfile();
  const user = await joinRoom(world, 'user', linkOf(address, 'in-use'), profile);
  const other = await joinRoom(world, 'other', linkOf(address, 'in-use'), profile);
  await untilStored(user, 2);
  await untilStored(other, 2);
  const stores = await listStores(other.tab.page);
  expect(stores).toHaveLength(2);

  const { page } = other.tab;
  await page.getByRole('button', { name: 'Rooms', exact: true }).click();
  const rows = page.getByTestId('stored-room');
  await expect
    .poll(async () => (await rows.allInnerTexts()).join('\n'))
    .toMatch(/open in another tab|this room/);
  expect(await rows.getByRole('button').count()).toBe(0);
  const texts = (await rows.allInnerTexts()).join('\n');
  expect(texts).toContain('open in another tab');
  expect(texts).toContain('this room');

  // A list that was made before the room was opened again still has its buttons.
  const store = await storeOf(user.tab.page);
  await user.tab.page.evaluate(() => void window.tabchain!.session.close());
  const list = await profile.openTab('list', address);
  const row = list.page.locator(`[data-store="${store}"]`);
  const ask = row.getByRole('button', { name: 'Delete in-use' });
  await ask.waitFor();
  const back = await reload(user);
  await ask.click();
  await row.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect
    .poll(() => list.page.getByRole('alert').allInnerTexts())
    .toContainEqual(expect.stringContaining('another tab of this browser uses it'));
  expect((await listStores(page)).sort()).toEqual(stores.sort());
  const { storedHeight } = await back.snapshot();
  await untilStored(back, (storedHeight ?? 0) + 1);
  expect((await back.snapshot()).warnings).toEqual([]);
});

test('power, threads and the switch that hides texts are kept over a reload', async ({ world }) => {
  const address = await servePage(world);
  const tab = await joinRoom(world, 'setter', linkOf(address, 'settings'));
  const { page } = tab.tab;
  await page.getByLabel('Power').fill('30');
  const more = page.getByRole('button', { name: 'One thread more' });
  if (await more.isEnabled()) await more.click();
  await page.getByRole('button', { name: 'Hide texts' }).click();
  const { threads } = await tab.snapshot();
  const again = await reload(tab);
  const after = await again.snapshot();
  expect(after.mining.power).toBe(0.3);
  expect(after.threads).toBe(threads);
  expect(await page.getByRole('button', { name: 'Texts hidden' }).isVisible()).toBe(true);
});
