/**
 * A room behind a web server's proxy, which speaks TLS and serves the page below a path (R27, R28).
 */
import { afterAll, expect } from 'vitest';
import { startReverseProxy, type ReverseProxy } from '../support/reverse-proxy.ts';
import { findNetworkAddress } from './harness/network-address.ts';
import { joinRoom, serveRoom } from './harness/room.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const JOINED_WITHIN_MS = 120_000;
/** Nobody answers there; a browser that refused to read one would open no direct link. */
const ICE = 'stun:127.0.0.1:9,turn:ada:se%2Ccret@[::1]:9?transport=tcp';

let proxy: ReverseProxy | undefined;
// After the tabs, which would take its end for an error.
afterAll(() => proxy?.close());

test('tabs that came through the proxy meet tabs that came by themselves, and share its address', async ({
  world,
}) => {
  proxy = await startReverseProxy(findNetworkAddress(), '/class/tab/');
  const room = await serveRoom(world, {
    flags: ['--public-url', proxy.url, '--target', '2**240', '--ice', ICE],
  });
  proxy.passTo(room.port);
  const [publicLink] = await room.process.waitForLine(/https:\S+/, JOINED_WITHIN_MS);
  expect(publicLink).toBe(room.link.replace(/^[^#]*/, proxy.url));

  const profile = await (await world.browser()).openProfile({ takesAnyCertificate: true });
  const outside = await joinRoom(world, 'outside', publicLink, profile);
  const inside = await joinRoom(world, 'inside', room.link);
  for (const { tab } of [outside, inside])
    expect(await tab.page.evaluate(() => crossOriginIsolated)).toBe(true);
  await waitFor(
    async () => {
      const [a, b] = [await outside.snapshot(), await inside.snapshot()];
      const kinds = [...a.peers, ...b.peers].map(({ kind }) => kind).join(' ');
      return kinds === 'webrtc webrtc' && (a.tip?.height ?? 0) > 0;
    },
    { timeoutMs: JOINED_WITHIN_MS, describe: 'both are linked directly, and the chain grows' },
  );
  expect((await outside.snapshot()).server).toBe('connected');

  // The page on the server's own machine shares the address for everyone.
  await inside.tab.page.getByRole('button', { name: 'Share' }).click();
  await inside.tab.page.getByText(publicLink).waitFor();
});
