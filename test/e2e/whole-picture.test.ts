/**
 * The main job of Tabchain, whole: tabs, the bridge and reference miners extend one chain (R1 to R6, R26, R29).
 */
import { expect } from 'vitest';
import { freeTcpPort, freeUdpPort } from './harness/processes.ts';
import { compareChains, describeAgreement, type Agreement } from './harness/agreement.ts';
import { joinRoom, memberOfStatusPage, serveRoom, startPythonMiner } from './harness/room.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

/** The homework's own: about 2.1 million hashes a block. */
const TARGET = '2**235';
/** Ten seconds a block for a reference miner alone, however fast the machine is. */
const HASHES_PER_SECOND = 200_000;
/**
 * Our miners hold back to this spacing together with the reference miners, so that all six have between a seventh
 * and a fifth of the blocks.
 */
const MIN_SPACING = '1500ms';
const SETTLED_WITHIN_MS = 180_000;
/** Chains may differ in their last blocks while these travel. */
const OPEN_END_BLOCKS = 2;

test('three tabs, a bridge and two reference miners extend one chain, each with blocks of its own', async ({
  world,
}) => {
  const [one, two, bridge] = await Promise.all([freeUdpPort(), freeUdpPort(), freeUdpPort()]).then(
    (ports) => ports.map((port) => `127.0.0.1:${port}`) as [string, string, string],
  );
  const status = `127.0.0.1:${await freeTcpPort()}`;
  // Reference miners broadcast the genesis once: whoever is to have it must listen before.
  const room = await serveRoom(world, {
    flags: [
      ...['--udp', bridge, '--miners', `${one},${two}`, '--target', TARGET, '--mine'],
      ...['--threads', '1', '--min-spacing', MIN_SPACING, '--status', status],
    ],
  });
  const env = { TARGET, HASHES_PER_SECOND: String(HASHES_PER_SECOND) };
  const follower = startPythonMiner(world, 'python 2', {
    address: two,
    others: [one, bridge],
    env,
  });
  await follower.process.waitForLine(/listening/, 60_000);
  const founder = startPythonMiner(world, 'python 1', {
    address: one,
    others: [two, bridge],
    genesis: true,
    env,
  });
  const pythons = [founder, follower];
  const tabs = [];
  for (const name of ['tab 1', 'tab 2', 'tab 3']) {
    const tab = await joinRoom(world, name, room.link);
    await tab.setThreads(1);
    tabs.push(tab);
  }
  const members = [...tabs, await memberOfStatusPage('bridge', `http://${status}`), ...pythons];

  let seen: Agreement | null = null;
  await waitFor(
    async () => {
      seen = await compareChains(members);
      return (
        Object.values(seen.ownBlocks).every((count) => count > 0) &&
        seen.lowestHeight - seen.commonHeight <= OPEN_END_BLOCKS
      );
    },
    {
      timeoutMs: SETTLED_WITHIN_MS,
      pollMs: 500,
      describe: () => `all six have blocks on one chain: ${describeAgreement(seen)}`,
    },
  );
  console.log(describeAgreement(seen));
  for (const python of pythons) expect(python.process.ended).toBeNull();
});
