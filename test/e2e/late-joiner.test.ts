/**
 * Who joins late has the whole chain at once (R28).
 */
import { freeTcpPort, freeUdpPort } from './harness/processes.ts';
import { joinRoom, memberOfStatusPage, serveRoom } from './harness/room.ts';
import { mineWholeChain, startUdpMiner } from './harness/udp-miner.ts';
import { test } from './harness/world.ts';

const HEIGHT = 500;
/** About 4,000 hashes a block. */
const TARGET_BITS = 244;
const JOINED_WITHIN_MS = 120_000;

test('a tab that joins at height 500 fetches the whole chain', async ({ world }) => {
  const udp = `127.0.0.1:${await freeUdpPort()}`;
  const status = `127.0.0.1:${await freeTcpPort()}`;
  const miner = await startUdpMiner(world, udp);
  const room = await serveRoom(world, {
    flags: [
      ...['--udp', udp, '--miners', miner.address, '--target', `2**${TARGET_BITS}`],
      ...['--min-spacing', '10s', '--status', status],
    ],
  });
  const bridge = await memberOfStatusPage('bridge', `http://${status}`);
  const chain = mineWholeChain(HEIGHT, 1n << BigInt(TARGET_BITS));
  await miner.sendChain(chain, async () => (await bridge.status()).height);

  const { tab } = await joinRoom(world, 'late tab', room.link);
  const reached = await tab.page.waitForFunction(
    (height) =>
      (window.tabchain!.session.snapshot().tip?.height ?? 0) >= height && performance.now(),
    HEIGHT,
    { timeout: JOINED_WITHIN_MS },
  );
  const elapsedMs = Number(await reached.jsonValue());
  console.log(`from the opened link to the tip at height ${HEIGHT}: ${elapsedMs.toFixed(0)} ms`);
});
