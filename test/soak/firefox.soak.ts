/**
 * Firefox with Chromium (R26): a Firefox that nothing drives but the room's link mines with a tab in Chromium over a
 * direct link; then it is killed, and started again. What it does is read from the tab's side.
 */
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { PeerView } from '../../lib/peer/snapshot.ts';
import { openWorld, type World } from '../e2e/harness/open-world.ts';
import type { Running } from '../e2e/harness/processes.ts';
import { joinRoom, serveRoom, type TabMember } from '../e2e/harness/room.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { readCounts, type Soak } from './soak.ts';

/** A busy machine gives one of two browsers little of its time. */
const WITHIN_MS = 300_000;
/** Easy blocks at first; then the room’s target follows its speed. */
const FLAGS = ['--target', '2**236', '--spacing', '1s'];
/** Nothing is asked or fetched that has to do with a first start. */
const PREFERENCES: Readonly<Record<string, boolean | number | string>> = {
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

const soak: Soak = {
  title: 'a Firefox and a Chromium mine one chain over a direct link',
  async run(flags, tell) {
    const read = readCounts(flags, { blocks: 10 });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { blocks } = read.counts;
    if (hasOnlyLoopback())
      return {
        kind: 'wrong',
        message: 'Firefox makes direct links only over a network interface: connect this machine.',
      };
    const found = await findFirefox();
    if (!found.ok) return { kind: 'wrong', message: found.message };
    const world = openWorld();
    try {
      const { link } = await serveRoom(world, { flags: FLAGS });
      const chromium = await joinRoom(world, 'Chromium', link);
      // As much as Firefox, where nobody sets it.
      await chromium.setPower(1);
      const profile = makeProfile(world);
      const first = startFirefox(world, found.path, profile, link);
      await mineTogether(chromium, blocks, tell);
      await first.kill();
      await waitFor(async () => (await peersOf(chromium)).length === 0, {
        timeoutMs: WITHIN_MS,
        describe: 'Chromium has noticed that Firefox is gone',
      });
      tell('Firefox was killed, and Chromium has noticed');
      startFirefox(world, found.path, profile, link);
      await mineTogether(chromium, blocks, tell);
      const { errors } = chromium.tab;
      return errors.length > 0
        ? { kind: 'failed', summary: errors.join('\n') }
        : { kind: 'passed', summary: `${2 * blocks} blocks of each on the chain of both` };
    } catch (error) {
      return { kind: 'failed', summary: error instanceof Error ? error.message : String(error) };
    } finally {
      await world.close();
    }
  },
};

export default soak;

/** Until both have found so many further blocks of one chain. */
async function mineTogether(
  chromium: TabMember,
  blocks: number,
  tell: (line: string) => void,
): Promise<void> {
  const startedMs = performance.now();
  const { nodeId, delayMs } = await waitFor(
    async () =>
      (await peersOf(chromium)).find(({ kind, nodeId }) => kind === 'webrtc' && nodeId !== null),
    { timeoutMs: WITHIN_MS, describe: 'Firefox has a direct link to Chromium' },
  );
  tell(
    `direct link after ${((performance.now() - startedMs) / 1000).toFixed(1)} s, round trip ${delayMs?.toFixed(0) ?? '?'} ms`,
  );
  const from = (await chromium.snapshot()).tip?.height ?? 0;
  await chromium.setPaused(false);
  await waitForBlocks(chromium, chromium.nodeId, from, blocks, 'Chromium');
  await waitForBlocks(chromium, nodeId!, from, blocks, 'Firefox');
  // Only Firefox mines now, on top of what Chromium has found: so it has followed.
  await chromium.setPaused(true);
  const last = (await chromium.snapshot()).tip!.height;
  await waitForBlocks(chromium, nodeId!, last, 1, 'Firefox, above those of Chromium,');
  const { tip, peers } = await waitFor(
    async () => {
      const snapshot = await chromium.snapshot();
      return snapshot.peers[0]?.height === snapshot.tip?.height ? snapshot : null;
    },
    { timeoutMs: WITHIN_MS, describe: 'both are at the same height' },
  );
  tell(`both at height ${tip!.height}, links ${peers.map(({ kind }) => kind).join(', ')}`);
}

function waitForBlocks(
  member: TabMember,
  account: string,
  above: number,
  count: number,
  who: string,
): Promise<unknown> {
  return waitFor(
    () =>
      member.tab.page.evaluate(
        ([from, finder, wanted]) =>
          window
            .tabchain!.session.blocksBetween(from + 1, Number.MAX_SAFE_INTEGER)
            .filter((block) => block.onBestChain && block.account === finder).length >= wanted,
        [above, account, count] as const,
      ),
    {
      timeoutMs: WITHIN_MS,
      describe: `Chromium has ${count} new blocks of ${who} on its best chain`,
    },
  );
}

async function peersOf(member: TabMember): Promise<readonly PeerView[]> {
  return (await member.snapshot()).peers;
}

function makeProfile(world: World): string {
  const folder = world.folder();
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(folder, 'user.js'), lines.join('\n'));
  return folder;
}

function startFirefox(world: World, program: string, profile: string, link: string): Running {
  const args = ['--headless', '--no-remote', '--profile', profile, link];
  // It writes into its user's folders, too.
  return world.start('Firefox', program, args, { env: { HOME: profile, MOZ_HEADLESS: '1' } });
}

/** The machine's Firefox; installed where the machine lets us. */
async function findFirefox(): Promise<{ ok: true; path: string } | { ok: false; message: string }> {
  const machine = new URL('../../.config/bootstrap/machine.mjs', import.meta.url).href;
  const { ensureFirefox } = (await import(machine)) as { ensureFirefox: () => Promise<string> };
  try {
    return { ok: true, path: await ensureFirefox() };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function hasOnlyLoopback(): boolean {
  return Object.values(networkInterfaces()).every(
    (addresses) => addresses?.every(({ internal }) => internal) ?? true,
  );
}
