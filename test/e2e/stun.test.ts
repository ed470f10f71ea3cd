/**
 * What the STUN of a room's server gives to a tab whose browser hides its network address (R27).
 */
import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { findNetworkAddress } from './harness/network-address.ts';
import { joinRoom, serveRoom } from './harness/room.ts';
import { test } from './harness/world.ts';

const TABLE = 'tabchain_multicast';
/** The page waits 20 s for a direct link, and tries that fail are made again after half a minute at most. */
const VERDICT_WITHIN_MS = 90_000;

test('a tab that came by a network address hears that address from the server', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--host', '0.0.0.0', '--target', '2**244'] });
  const address = findNetworkAddress();
  const { tab } = await joinRoom(world, 'phone', room.link.replace('localhost', address));
  const candidates = await tab.page.evaluate(async () => {
    const code = new URLSearchParams(location.hash.slice(1)).get('r');
    const record = (await (await fetch(`rooms/${code}`)).json()) as { stunPort: number };
    const urls = `stun:${location.hostname}:${record.stunPort}`;
    const connection = new RTCPeerConnection({ iceServers: [{ urls }] });
    const found: string[] = [];
    const all = new Promise<void>((resolve) => {
      connection.onicecandidate = ({ candidate }) => {
        if (candidate === null) resolve();
        else found.push(candidate.candidate);
      };
    });
    connection.createDataChannel('any');
    await connection.setLocalDescription();
    await all;
    connection.close();
    return found;
  });
  expect(candidates).toContainEqual(expect.stringMatching(/\.local \d+ typ host/));
  expect(candidates).toContainEqual(expect.stringMatching(`${address} \\d+ typ srflx`));
});

/** The rule would cut multicast off for the whole machine where the tests have no network of their own. */
const isSealed = process.env['TABCHAIN_NO_NAMESPACES'] !== '1';

test.skipIf(!isSealed)(
  'where multicast is dropped, tabs link directly with the help of STUN, and without it the page says that none does',
  async ({ world }) => {
    const address = findNetworkAddress();
    dropMulticastNames();
    world.atEnd(allowMulticastNames);
    const open = async (name: string, ...more: string[]) => {
      const flags = ['--host', '0.0.0.0', '--target', '2**244', ...more];
      const room = await serveRoom(world, { flags });
      const link = room.link.replace('localhost', address);
      await joinRoom(world, `${name} one`, link);
      return (await joinRoom(world, `${name} two`, link)).tab.page;
    };
    const [without, with_] = await Promise.all([open('without', '--no-stun'), open('with')]);
    await with_.getByText('Direct: blocks go').waitFor({ timeout: VERDICT_WITHIN_MS });
    await without.getByText('Relay only: no direct link').waitFor({ timeout: VERDICT_WITHIN_MS });
  },
);

/** Names of the multicast DNS are asked for at this port. */
function dropMulticastNames(): void {
  for (const command of [
    ['add', 'table', 'inet', TABLE],
    ['add', 'chain', 'inet', TABLE, 'out', '{ type filter hook output priority 0; }'],
    ['add', 'rule', 'inet', TABLE, 'out', 'udp', 'dport', '5353', 'drop'],
  ])
    nft(...command);
}

function allowMulticastNames(): void {
  nft('delete', 'table', 'inet', TABLE);
}

function nft(...words: string[]): void {
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`;
  const { status, error, stderr } = spawnSync('nft', words, {
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`nft ${words.join(' ')}: ${error?.message ?? stderr}`);
}
