/**
 * Tabs of a room that is served over https, with the certificate that is made for it (R27).
 */
import { expect } from 'vitest';
import { compareChains } from './harness/agreement.ts';
import { joinRoom, serveRoom } from './harness/room.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const SHARED_BLOCKS = 3;
const GROWN_WITHIN_MS = 120_000;

test('tabs that took the certificate are in a secure context of their own, and mine together', async ({
  world,
}) => {
  const room = await serveRoom(world, {
    flags: ['--https', '--target', '2**238', '--spacing', '1s'],
  });
  expect(room.link).toMatch(/^https:/);
  const browser = await world.browser();
  const open = async (name: string) =>
    joinRoom(world, name, room.link, await browser.openProfile({ takesAnyCertificate: true }));
  const tabs = [await open('phone'), await open('laptop')];
  for (const { tab } of tabs)
    expect(await tab.page.evaluate(() => [isSecureContext, crossOriginIsolated])).toEqual([
      true,
      true,
    ]);
  await waitFor(
    async () => {
      const { commonHeight, ownBlocks } = await compareChains(tabs);
      return commonHeight >= SHARED_BLOCKS && Object.values(ownBlocks).every((count) => count > 0);
    },
    { timeoutMs: GROWN_WITHIN_MS, describe: 'both tabs have blocks on one chain' },
  );
  expect((await tabs[0]!.snapshot()).server).toBe('connected');

  // Whoever types the address from a projector needs its scheme, or lands on a port that speaks no http.
  const { page } = tabs[0]!.tab;
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByText(new RegExp(`^https://[^/]+:${room.port}$`)).waitFor();
});
