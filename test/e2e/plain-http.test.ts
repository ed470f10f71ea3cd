/**
 * Tabs that open the room at a network address over plain http, as phones on a class's Wi-Fi do (R27).
 */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { compareChains } from './harness/agreement.ts';
import { findNetworkAddress } from './harness/network-address.ts';
import { joinRoom, serveRoom } from './harness/room.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const SHARED_BLOCKS = 4;
const GROWN_WITHIN_MS = 120_000;

test('tabs mine together where the page is no secure context, and keep their key over a reload', async ({
  world,
}) => {
  const room = await serveRoom(world, {
    flags: ['--host', '0.0.0.0', '--target', '2**238', '--spacing', '1s'],
  });
  const link = room.link.replace('localhost', findNetworkAddress());
  const tabs = [await joinRoom(world, 'phone', link), await joinRoom(world, 'laptop', link)];
  for (const { tab } of tabs)
    expect(
      await tab.page.evaluate(() => [
        isSecureContext,
        crossOriginIsolated,
        crypto.subtle === undefined,
      ]),
    ).toEqual([false, false, true]);
  await waitFor(
    async () => {
      const { commonHeight, ownBlocks } = await compareChains(tabs);
      return commonHeight >= SHARED_BLOCKS && Object.values(ownBlocks).every((count) => count > 0);
    },
    { timeoutMs: GROWN_WITHIN_MS, describe: 'both tabs have blocks on one chain' },
  );
  const [phone] = tabs;
  await keepsItsScreenOn(phone!.tab.page);
  await waitFor(
    async () => (await phone!.snapshot()).peers.map(({ kind }) => kind).join() === 'webrtc',
    { timeoutMs: GROWN_WITHIN_MS, describe: 'they are linked directly' },
  );
  await phone!.tab.page.reload();
  await phone!.tab.page.waitForFunction(() => window.tabchain !== undefined);
  expect((await phone!.snapshot()).self.nodeId).toBe(phone!.nodeId);
});

/** Where the page is no secure context, a video that plays keeps the screen on. */
async function keepsItsScreenOn(page: Page): Promise<void> {
  // No browser plays a video with sound, even without any, on a page that nobody has touched.
  await page.keyboard.press('a');
  await page.waitForFunction(() => {
    const video = document.querySelector('body > video');
    return video instanceof HTMLVideoElement && !video.paused && !video.muted;
  });
  const pause = page.getByRole('button', { name: 'Pause', exact: true });
  await pause.click();
  await page.waitForFunction(() => document.querySelector('body > video') === null);
  await page.getByRole('button', { name: 'Resume mining' }).click();
  await page.waitForFunction(() => document.querySelector('body > video') !== null);
}
