/**
 * An account is saved to a file, and loaded again at another address, where the browser knows nothing of it (R28).
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { joinRoom, memberOfTab } from './harness/room.ts';
import { linkOf, servePage, untilStored } from './harness/stores.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const REJOINED_WITHIN_MS = 120_000;

test('an account that was saved is the same at another address, and the chain there stays', async ({
  world,
}) => {
  const profile = await (await world.browser()).openProfile();
  const old = await joinRoom(world, 'old', linkOf(await servePage(world), 'first'), profile);
  const file = await saveAccount(old.tab.page);
  expect(file.name).toBe(`tabchain-account-${old.nodeId.slice(0, 6)}.txt`);

  const address = await servePage(world);
  const other = await joinRoom(world, 'other', linkOf(address, 'second'), profile);
  const { page } = other.tab;
  expect(other.nodeId).not.toBe(old.nodeId);
  await untilStored(other, 4);
  const before = (await other.blocks()).slice(0, 4).map(({ hash }) => hash);
  await openAccount(page);
  await loadFile(page, file.text);
  await waitFor(
    () =>
      page.evaluate(
        (account) => window.tabchain?.session.snapshot().self.nodeId === account,
        old.nodeId,
      ),
    { timeoutMs: REJOINED_WITHIN_MS, describe: 'the tab has the old account' },
  );
  const again = await memberOfTab(other.tab);
  expect((await again.blocks()).map(({ hash }) => hash)).toEqual(expect.arrayContaining(before));
  await untilStored(again, 5);
  expect((await again.snapshot()).warnings).toEqual([]);

  // What the tab was before can be had again, by way of its room.
  await page.getByRole('button', { name: 'Rooms', exact: true }).click();
  await page.getByRole('button', { name: 'Open second' }).click();
  await waitFor(
    () =>
      page.evaluate(
        (account) => window.tabchain?.session.snapshot().self.nodeId === account,
        other.nodeId,
      ),
    { timeoutMs: REJOINED_WITHIN_MS, describe: 'the tab has its first account again' },
  );
});

test('an account can be loaded before joining a room', async ({ world }) => {
  const profile = await (await world.browser()).openProfile();
  const old = await joinRoom(world, 'old', linkOf(await servePage(world), 'first'), profile);
  const { text } = await saveAccount(old.tab.page);
  const address = await servePage(world);
  const { page } = await profile.openTab('new', address);
  await loadFile(page, text);
  await page.getByText('This tab will mine as').waitFor();
  await page.getByLabel('Room code, or the whole link').fill(linkOf(address, 'second'));
  await page.getByRole('button', { name: 'Join and mine' }).click();
  await page.waitForFunction(() => window.tabchain !== undefined);
  const nodeId = await page.evaluate(() => window.tabchain!.session.snapshot().self.nodeId);
  expect(nodeId).toBe(old.nodeId);
});

test('a file that is no account, a damaged one, and an account in use are refused in words', async ({
  world,
}) => {
  const profile = await (await world.browser()).openProfile();
  const address = await servePage(world);
  const owner = await joinRoom(world, 'owner', linkOf(address, 'room'), profile);
  const other = await joinRoom(world, 'other', linkOf(address, 'room'), profile);
  const { text } = await saveAccount(owner.tab.page);
  const { page } = other.tab;
  await openAccount(page);
  const flipped = text.replace(/(secret key: )(.)/, (_, label: string, digit: string) => {
    return `${label}${digit === '0' ? '1' : '0'}`;
  });
  for (const [content, sentence] of [
    ['my homework', 'This file is no Tabchain account'],
    [flipped, 'This file is damaged'],
    ['x'.repeat(100_000), 'too long'],
    [text, 'Another tab of this browser mines under this account'],
  ] as const) {
    await loadFile(page, content);
    await expect
      .poll(() => page.getByRole('alert').allInnerTexts())
      .toContainEqual(expect.stringContaining(sentence));
  }
  expect((await other.snapshot()).self.nodeId).toBe(other.nodeId);
  await page.keyboard.press('Escape');
  await openAccount(page);
  await loadFile(page, (await saveFromSheet(page)).text);
  await expect
    .poll(() => page.getByRole('alert').allInnerTexts())
    .toContainEqual(expect.stringContaining('the account of this tab already'));
});

interface SavedFile {
  readonly name: string;
  readonly text: string;
}

async function openAccount(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save or load your account' }).click();
}

async function saveAccount(page: Page): Promise<SavedFile> {
  await openAccount(page);
  const saved = await saveFromSheet(page);
  await page.keyboard.press('Escape');
  return saved;
}

async function saveFromSheet(page: Page): Promise<SavedFile> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save it to a file' }).click();
  const download = await coming;
  return {
    name: download.suggestedFilename(),
    text: await readFile(await download.path(), 'utf8'),
  };
}

async function loadFile(page: Page, text: string): Promise<void> {
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'account.txt', mimeType: 'text/plain', buffer: Buffer.from(text) });
}
