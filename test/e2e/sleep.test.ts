/**
 * A tab that stood still, as those of a locked phone do, is back at the tip once it goes on (R26).
 */
import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import { joinRoom, serveRoom } from './harness/room.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const WITHIN_MS = 120_000;
const MISSED_BLOCKS = 3;

test('a tab that was given up while it was frozen is linked again and at the tip', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const other = await joinRoom(world, 'other', room.link);
  const { browser } = await world.browser();
  const before = await listRenderers(browser);
  const sleeper = await joinRoom(world, 'sleeper', room.link);
  const processes = (await listRenderers(browser)).filter((id) => !before.includes(id));
  expect(processes.length).toBeGreaterThan(0);
  const linksOf = async (tab: typeof other): Promise<number> => (await tab.snapshot()).peers.length;
  const heightOf = async (tab: typeof other): Promise<number> =>
    (await tab.snapshot()).tip?.height ?? -1;
  await waitFor(async () => (await linksOf(other)) === 1 && (await linksOf(sleeper)) === 1, {
    timeoutMs: WITHIN_MS,
    describe: 'the tabs are linked',
  });
  for (const id of processes) process.kill(id, 'SIGSTOP');
  await waitFor(async () => (await linksOf(other)) === 0, {
    timeoutMs: WITHIN_MS,
    describe: 'the frozen tab is given up',
  });
  const height = await heightOf(other);
  await waitFor(async () => (await heightOf(other)) >= height + MISSED_BLOCKS, {
    timeoutMs: WITHIN_MS,
    describe: 'the other mines on',
  });
  await other.setPaused(true);
  for (const id of processes) process.kill(id, 'SIGCONT');
  await waitFor(async () => (await sleeper.tip()) === (await other.tip()), {
    timeoutMs: WITHIN_MS,
    describe: 'both tabs have one tip',
  });
});

/** Process ids of the programs that run pages. Those of different profiles share none. */
async function listRenderers(browser: Browser): Promise<readonly number[]> {
  const devTools = await browser.newBrowserCDPSession();
  const { processInfo } = await devTools.send('SystemInfo.getProcessInfo');
  await devTools.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}
