/**
 * A tab takes full part before any direct link is open, and where none ever will be (R26, R27).
 */
import { expect } from 'vitest';
import { compareChains } from './harness/agreement.ts';
import { openBarred } from './harness/barred.ts';
import { joinRoom, serveRoom } from './harness/room.ts';
import { breakLinks, kindsOf, openBreakable, surviveServerLoss } from './harness/server-loss.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const SHARED_BLOCKS = 4;
const GROWN_WITHIN_MS = 120_000;

test('a tab without WebRTC mines and follows the chain with those that have it', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const barred = await joinRoom(world, 'barred', room.link, await openBarred(world));
  const others = [
    await joinRoom(world, 'tab 1', room.link),
    await joinRoom(world, 'tab 2', room.link),
  ];
  const tabs = [barred, ...others];
  await waitFor(
    async () => {
      const { commonHeight, ownBlocks } = await compareChains(tabs);
      return commonHeight >= SHARED_BLOCKS && Object.values(ownBlocks).every((count) => count > 0);
    },
    { timeoutMs: GROWN_WITHIN_MS, describe: 'all tabs have blocks on one chain' },
  );
  await waitFor(async () => (await kindsOf(others[0]!)).join() === 'relay,webrtc', {
    timeoutMs: GROWN_WITHIN_MS,
    describe: 'the others are linked directly to each other',
  });
  await waitFor(async () => (await kindsOf(barred)).join() === 'relay,relay', {
    timeoutMs: GROWN_WITHIN_MS,
    describe: 'the barred one is linked to both through the server',
  });
  expect((await barred.snapshot()).warnings.join(' ')).toMatch(/through the server/);
});

test('a tab whose direct link breaks is linked again by the relay and goes on', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const profile = await openBreakable(world);
  const broken = await joinRoom(world, 'broken', room.link, profile);
  const other = await joinRoom(world, 'other', room.link);
  const isDirect = async (): Promise<boolean> => (await kindsOf(broken)).join() === 'webrtc';
  await waitFor(isDirect, { timeoutMs: GROWN_WITHIN_MS, describe: 'the tabs are linked directly' });
  const { tip } = await broken.snapshot();
  await breakLinks(broken);
  await waitFor(
    async () => {
      const { commonHeight } = await compareChains([broken, other]);
      return commonHeight >= (tip?.height ?? 0) + SHARED_BLOCKS;
    },
    { timeoutMs: GROWN_WITHIN_MS, describe: 'they share more blocks' },
  );
  await waitFor(isDirect, { timeoutMs: GROWN_WITHIN_MS, describe: 'they are linked directly' });
});

/** `npm run soak -- server-kill` counts further. */
test.for([1, 2])(
  'without the server a lost link is made again through the other tabs, run %i',
  (_, { world }) => surviveServerLoss(world),
);
