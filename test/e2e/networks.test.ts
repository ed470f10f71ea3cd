/**
 * Rooms of several hosts: one behind a firewall that drops WebRTC, and a network that breaks in two and heals (R14, R26,
 * R27).
 */
import { compareChains, describeAgreement, type Agreement } from './harness/agreement.ts';
import { ALL_UDP, buildLan, WHOLE_CABLE, type Host } from './harness/lan.ts';
import { joinRoom, serveRoom, type Member } from './harness/room.ts';
import { kindsOf } from './harness/server-loss.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const WITHIN_MS = 150_000;
const SHARED_BLOCKS = 4;
/** Mined on each side of a broken network, so that one side must give its blocks up. */
const FORKED_BLOCKS = 2;
/** Several browsers share the machine. */
const POWER = 0.15;
const isSealed = process.env['TABCHAIN_NO_NAMESPACES'] !== '1';

test.skipIf(!isSealed)(
  'a host whose firewall drops WebRTC takes full part by the relay, while others link directly',
  async ({ world }) => {
    const [server, open, closed] = (await buildLan(world, 3)) as [Host, Host, Host];
    closed.closeFirewall(...ALL_UDP);
    const link = await serve(server);
    const tabs = await Promise.all([
      joinRoom(server, 'at the server', link),
      joinRoom(open, 'open', link),
      joinRoom(closed, 'behind the firewall', link),
    ]);
    for (const tab of tabs) await tab.setPower(POWER);
    const [first, second, barred] = tabs;
    await waitFor(
      async () =>
        (await kindsOf(first)).join() === 'relay,webrtc' &&
        (await kindsOf(second)).join() === 'relay,webrtc',
      { timeoutMs: WITHIN_MS, describe: 'the open hosts are linked directly to each other' },
    );
    await waitForAgreement(
      tabs,
      'all have blocks on one chain',
      ({ commonHeight, ownBlocks }) =>
        commonHeight >= SHARED_BLOCKS && Object.values(ownBlocks).every((count) => count > 0),
    );
    await waitFor(async () => (await kindsOf(barred)).join() === 'relay,relay', {
      timeoutMs: WITHIN_MS,
      describe: 'the barred host is linked to both, by the relay alone',
    });
  },
);

test.skipIf(!isSealed)(
  'a network that breaks in two mines on in both parts, and agrees on one chain when it is whole again',
  async ({ world }) => {
    const [near, far] = (await buildLan(world, 2)) as [Host, Host];
    const link = await serve(near);
    const here = await joinRoom(near, 'near', link);
    const there = [await joinRoom(far, 'far 1', link), await joinRoom(far, 'far 2', link)];
    const tabs = [here, ...there];
    for (const { setPower, tab } of tabs) {
      await setPower(POWER);
      tab.allowErrors(/WebSocket|ERR_/);
    }
    await waitFor(
      async () =>
        (await Promise.all(tabs.map(kindsOf))).every((kinds) => kinds.join() === 'webrtc,webrtc'),
      { timeoutMs: WITHIN_MS, describe: 'all are linked directly' },
    );
    far.closeFirewall(...WHOLE_CABLE);
    await waitFor(async () => (await kindsOf(here)).length === 0, {
      timeoutMs: WITHIN_MS,
      describe: 'the near tab knows that it is alone',
    });
    await waitForAgreement(
      tabs,
      'both parts have blocks of their own',
      ({ commonHeight, lowestHeight }) => lowestHeight >= commonHeight + FORKED_BLOCKS,
    );
    await waitForAgreement(
      there,
      'the far part agrees',
      ({ commonHeight, lowestHeight }) => commonHeight === lowestHeight,
    );
    far.openFirewall();
    const { heights } = await compareChains(tabs);
    await waitForAgreement(
      tabs,
      'all agree on one chain again, and go on',
      ({ commonHeight }) => commonHeight > Math.max(...Object.values(heights)),
    );
  },
);

/** A room whose server listens on the host's network; answers the link for others. */
async function serve(host: Host): Promise<string> {
  const flags = ['--host', '0.0.0.0', '--target', '2**238', '--spacing', '1s'];
  const { link } = await serveRoom(host, { flags });
  return link.replace('localhost', host.address);
}

async function waitForAgreement(
  members: readonly Member[],
  what: string,
  holds: (agreement: Agreement) => boolean,
): Promise<void> {
  let seen: Agreement | null = null;
  await waitFor(async () => holds((seen = await compareChains(members))), {
    timeoutMs: WITHIN_MS,
    describe: () => `${what}: ${describeAgreement(seen)}`,
  });
}
