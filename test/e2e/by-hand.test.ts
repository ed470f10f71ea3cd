/**
 * A newcomer joins a room whose server is gone: two people carry an invitation and its answer between their tabs (R26).
 */
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { compareChains } from './harness/agreement.ts';
import type { Tab } from './harness/browser.ts';
import { joinRoom, memberOfTab, serveRoom } from './harness/room.ts';
import { kindsOf } from './harness/server-loss.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const SHARED_BLOCKS = 3;
const WITHIN_MS = 120_000;
const LOST_SERVER = /WebSocket|ERR_CONNECTION_REFUSED|ERR_FAILED/;

test('a tab that has only the page joins a room without a server, and is linked to all of it', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const browser = await world.browser();
  const member = await joinRoom(world, 'member', room.link);
  const other = await joinRoom(world, 'other', room.link);
  await waitFor(async () => (await kindsOf(member)).join() === 'webrtc', {
    timeoutMs: WITHIN_MS,
    describe: 'the two of the room are linked directly',
  });
  // The form alone, of no room.
  const newcomer = await browser.openTab('newcomer', room.link.replace(/#.*/, ''));
  await waitFor(() => newcomer.page.evaluate(hasWorker), {
    timeoutMs: WITHIN_MS,
    describe: 'the newcomer has all of the page',
  });
  await waitFor(() => member.tab.page.evaluate(hasDecoder), {
    timeoutMs: WITHIN_MS,
    describe: 'the member has what reads pictures',
  });
  for (const tab of browser.tabs) tab.allowErrors(LOST_SERVER);
  await room.process.kill();

  await openSheet(member.tab.page);
  await member.tab.page.getByRole('button', { name: 'Make an invitation' }).click();
  const invitation = await textOf(member.tab, /&invite=1~/);
  const { page } = newcomer;
  await page.getByLabel(/Room code/).fill(`Come in:\n${invitation}\n`);
  await page.getByRole('button', { name: 'Join and mine' }).click();
  const answer = await textOf(newcomer, /^answer=1~/);
  expect(page.url()).not.toContain('invite');

  await member.tab.page.getByRole('textbox', { name: 'The answer' }).fill(answer.slice(0, -20));
  await member.tab.page.getByRole('button', { name: 'Link the two' }).click();
  await member.tab.page.getByText('There is no whole answer in this text').waitFor();
  const pasted = await member.tab.page.getByRole('textbox', { name: 'The answer' }).inputValue();
  expect(pasted).toBe(answer.slice(0, -20));
  // Then from pictures: one of something else, and one of the newcomer's screen.
  const picture = member.tab.page.getByLabel('Picture of the answer');
  await picture.setInputFiles(pngOf(await page.getByRole('heading').first().screenshot()));
  await member.tab.page.getByText('No QR code can be read in this picture').waitFor();
  await picture.setInputFiles(pngOf(Buffer.from('no picture')));
  await member.tab.page.getByText('This is no picture that the browser can read').waitFor();
  const code = page.getByRole('img', { name: 'QR code of the answer' });
  await picture.setInputFiles(pngOf(await code.screenshot()));
  await member.tab.page.getByText('Linked: the other tab is in the room.').waitFor();
  await page.getByText('Linked: you are in the room.').waitFor();

  const guest = await memberOfTab(newcomer);
  await guest.setPower(0.3);
  await waitFor(async () => (await kindsOf(guest)).join() === 'webrtc,webrtc', {
    timeoutMs: WITHIN_MS,
    describe: 'the newcomer is linked to the whole room, through the room itself',
  });
  const { commonHeight } = await compareChains([member, other, guest]);
  await waitFor(
    async () => {
      const now = await compareChains([member, other, guest]);
      return now.commonHeight >= commonHeight + SHARED_BLOCKS && now.ownBlocks['newcomer']! > 0;
    },
    { timeoutMs: WITHIN_MS, describe: 'the newcomer mines with the room' },
  );
});

/** Whether the page has fetched what mines. */
function hasWorker(): boolean {
  return performance.getEntriesByType('resource').some(({ name }) => /web-worker/.test(name));
}

const pngOf = (buffer: Buffer) => ({ name: 'picture.png', mimeType: 'image/png', buffer });

/** Whether the page has fetched what reads codes in pictures. */
function hasDecoder(): boolean {
  return performance.getEntriesByType('resource').some(({ name }) => /decode/.test(name));
}

async function openSheet(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByRole('button', { name: 'Invite without the server' }).click();
}

async function textOf({ name, page }: Tab, pattern: RegExp): Promise<string> {
  const shown = page.getByTestId('hand-text').filter({ hasText: pattern });
  return waitFor(async () => (await shown.textContent({ timeout: 1_000 }))?.trim(), {
    timeoutMs: WITHIN_MS,
    describe: `${name} shows its text`,
  });
}
