/**
 * Closing any tab, the bridge or the server for a while harms nobody for good (R17, R28, R30).
 */
import { expect } from 'vitest';
import { compareChains, describeAgreement, type Agreement } from './harness/agreement.ts';
import { freeTcpPort, freeUdpPort } from './harness/processes.ts';
import {
  joinRoom,
  memberOfStatusPage,
  serveRoom,
  startPythonMiner,
  type Member,
  type TabMember,
} from './harness/room.ts';
import { waitFor } from './harness/wait.ts';
import { test, type World } from './harness/world.ts';

const AGREED_WITHIN_MS = 120_000;
const OPEN_END_BLOCKS = 2;
/** What a browser's console says of a server that is away. */
const SERVER_AWAY = /WebSocket connection|ERR_CONNECTION|Failed to load resource/;
const TARGET = '2**236';

test('tabs go on while any of them closes, and one that crashes is missed by nobody', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const [one, two, three, four] = await openTabs(world, room.link, 4);
  await waitForGrowth([one!, two!, three!, four!], 2);
  await one!.tab.close();
  await waitForGrowth([two!, three!, four!], 3);
  await crash(two!);
  await waitForGrowth([three!, four!], 3);
  const late = await joinRoom(world, 'late tab', room.link);
  await waitForGrowth([three!, four!, late], 3);
});

test('tabs go on while the server is dead, and meet newcomers when it is back', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const tabs = await openTabs(world, room.link, 3);
  await waitForDirectLinks(tabs);
  for (const { tab } of tabs) tab.allowErrors(SERVER_AWAY);
  await room.process.kill();
  await waitForGrowth(tabs, 3);

  const again = await serveRoom(world, { port: room.port, stateDir: room.stateDir });
  expect(again.link).toBe(room.link);
  const late = await joinRoom(world, 'late tab', again.link);
  await waitForGrowth([...tabs, late], 3);
});

test('a tab that is left alone while the server is dead hands its chain to newcomers', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238', '--spacing', '1s'] });
  const tabs = await openTabs(world, room.link, 2);
  await waitForDirectLinks(tabs);
  for (const { tab } of tabs) tab.allowErrors(SERVER_AWAY);
  await room.process.kill();
  await tabs[0]!.tab.close();
  await waitForGrowth([tabs[1]!], 2);
  const again = await serveRoom(world, { port: room.port, stateDir: room.stateDir });
  const late = await joinRoom(world, 'late tab', again.link);
  await waitForGrowth([tabs[1]!, late], 3);
});

test('tabs and miners go on while the bridge is dead, and agree when it is back', async ({
  world,
}) => {
  const [udp, miner] = (await Promise.all([freeUdpPort(), freeUdpPort()])).map(
    (port) => `127.0.0.1:${port}`,
  ) as [string, string];
  const status = `127.0.0.1:${await freeTcpPort()}`;
  const flags = [
    ...['--udp', udp, '--miners', miner, '--target', TARGET],
    ...['--min-spacing', '1s', '--status', status],
  ];
  const room = await serveRoom(world, { flags });
  const python = startPythonMiner(world, 'python', {
    ...{ address: miner, others: [udp], genesis: true },
    env: { TARGET, HASHES_PER_SECOND: '100000' },
  });
  const tabs = await openTabs(world, room.link, 2);
  const bridge = await memberOfStatusPage('bridge', `http://${status}`);
  await waitForGrowth([...tabs, bridge, python], 3);
  await waitForDirectLinks(tabs);

  for (const { tab } of tabs) tab.allowErrors(SERVER_AWAY);
  await room.process.kill();
  await waitForGrowth(tabs, 5);
  await serveRoom(world, { flags, port: room.port, stateDir: room.stateDir });
  await waitForGrowth([...tabs, bridge, python], 3);
  expect(python.process.ended).toBeNull();
});

async function openTabs(world: World, link: string, count: number): Promise<TabMember[]> {
  const tabs = [];
  for (let i = 1; i <= count; i++) {
    const tab = await joinRoom(world, `tab ${i}`, link);
    await tab.setThreads(1);
    await tab.setPower(0.2);
    tabs.push(tab);
  }
  return tabs;
}

/** All of these extend the chain that they share by so many blocks, and agree but for its end. */
async function waitForGrowth(members: readonly Member[], blocks: number): Promise<void> {
  const before = (await compareChains(members)).commonHeight;
  let seen: Agreement | null = null;
  await waitFor(
    async () => {
      seen = await compareChains(members);
      return (
        seen.commonHeight >= before + blocks &&
        seen.lowestHeight - seen.commonHeight <= OPEN_END_BLOCKS
      );
    },
    {
      timeoutMs: AGREED_WITHIN_MS,
      describe: () =>
        `${members.map(({ name }) => name).join(', ')} share ${blocks} blocks more than ${before}: ${describeAgreement(seen)}`,
    },
  );
}

/** Links through the server end with it, and nobody is left to make new ones: these have to be direct. */
async function waitForDirectLinks(tabs: readonly TabMember[]): Promise<void> {
  await waitFor(
    async () => {
      for (const tab of tabs) {
        const { peers } = await tab.snapshot();
        const others = tabs.filter((other) => other !== tab);
        const direct = peers.filter(({ kind }) => kind === 'webrtc');
        if (!others.every(({ nodeId }) => direct.some((peer) => peer.nodeId === nodeId)))
          return false;
      }
      return true;
    },
    { timeoutMs: AGREED_WITHIN_MS, describe: 'every tab is linked directly to every other' },
  );
}

/** Ends the tab's process without a word to anyone. */
async function crash({ tab }: TabMember): Promise<void> {
  tab.allowErrors(/crashed/);
  const session = await tab.page.context().newCDPSession(tab.page);
  const gone = tab.page.waitForEvent('crash');
  session.send('Page.crash').catch(() => undefined);
  await gone;
}
