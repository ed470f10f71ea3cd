/**
 * A local network of several hosts on one machine: each host is a network namespace with a cable to a switch, so that
 * firewalls and partitions are what they are elsewhere. Nothing of it is seen in the network of the test itself.
 */
import { chmodSync, readlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { launchBrowser, type TestBrowser } from './browser.ts';
import { browserPath, type Running } from './processes.ts';
import { waitFor } from './wait.ts';
import type { World } from './world.ts';

const STARTED_WITHIN_MS = 60_000;
const TABLE = 'tabchain_lan';
/** The names of both ends of a host's cable, and of the switch. */
const PORT = 'tabchain0';
const SWITCH = 'tabchain-sw';

/** One host: a world whose programs and browser have this host's network. */
export interface Host extends World {
  readonly address: string;
  /** Lets a firewall drop what fits any of these nft matches, until `openFirewall`. */
  closeFirewall(...matches: readonly string[]): void;
  openFirewall(): void;
}

/** What `closeFirewall` takes: no WebRTC comes through, neither UDP nor the names that multicast resolves. */
export const ALL_UDP = ['meta l4proto udp'];
/** Nothing of the network comes through; the host itself goes on. */
export const WHOLE_CABLE = [`oifname ${PORT}`, `iifname ${PORT}`];

/** Builds a network of so many hosts. It ends with the world. */
export async function buildLan(world: World, hostCount: number): Promise<readonly Host[]> {
  const hub = await openNamespace(world, 'switch');
  run(hub, 'ip', 'link', 'add', SWITCH, 'type', 'bridge');
  run(hub, 'ip', 'link', 'set', SWITCH, 'up');
  const hosts: Host[] = [];
  for (let number = 1; number <= hostCount; number++) hosts.push(await addHost(world, hub, number));
  return hosts;
}

async function addHost(world: World, hub: Running, number: number): Promise<Host> {
  const holder = await openNamespace(world, `host ${number}`);
  const address = `10.77.1.${number}`;
  const plug = `port${number}`;
  run(
    hub,
    'ip',
    'link',
    'add',
    plug,
    'type',
    'veth',
    'peer',
    'name',
    PORT,
    'netns',
    `${holder.pid}`,
  );
  run(hub, 'ip', 'link', 'set', plug, 'master', SWITCH);
  run(hub, 'ip', 'link', 'set', plug, 'up');
  run(holder, 'ip', 'link', 'set', 'lo', 'up');
  run(holder, 'ip', 'addr', 'add', `${address}/24`, 'dev', PORT);
  run(holder, 'ip', 'link', 'set', PORT, 'up');
  // Browsers offer the address of the interface that leads to the rest of the world.
  run(holder, 'ip', 'route', 'add', 'default', 'via', '10.77.1.254');

  let browser: Promise<TestBrowser> | null = null;
  let isClosed = false;
  return {
    address,
    start: (name, program, args, options) =>
      world.start(name, 'nsenter', [...inside(holder), program, ...args], options),
    browser: () => (browser ??= launchInside(world, holder)),
    keepBrowser: (kept) => world.keepBrowser(kept),
    folder: () => world.folder(),
    atEnd: (action) => world.atEnd(action),
    closeFirewall(...matches) {
      if (isClosed) run(holder, 'nft', 'delete', 'table', 'inet', TABLE);
      isClosed = true;
      run(holder, 'nft', 'add', 'table', 'inet', TABLE);
      for (const hook of ['input', 'output']) {
        const chain = ['inet', TABLE, hook];
        run(holder, 'nft', 'add', 'chain', ...chain, `{ type filter hook ${hook} priority 0; }`);
        for (const match of matches)
          if (!match.startsWith(hook === 'input' ? 'oifname' : 'iifname'))
            run(holder, 'nft', 'add', 'rule', ...chain, ...match.split(' '), 'drop');
      }
    },
    openFirewall() {
      run(holder, 'nft', 'delete', 'table', 'inet', TABLE);
      isClosed = false;
    },
  };
}

/** A browser whose whole network is that of the host. Playwright speaks with it over pipes. */
async function launchInside(world: World, holder: Running): Promise<TestBrowser> {
  const script = join(world.folder(), 'browser.sh');
  writeFileSync(
    script,
    `#!/bin/sh\nexec nsenter ${inside(holder).join(' ')} '${browserPath()}' "$@"\n`,
  );
  chmodSync(script, 0o755);
  const browser = await launchBrowser({ program: script });
  world.keepBrowser(browser);
  return browser;
}

/** A network namespace that lives as long as the program that holds it. */
async function openNamespace(world: World, name: string): Promise<Running> {
  const holder = world.start(name, 'unshare', ['--net', 'sleep', 'infinity']);
  const own = readlinkSync('/proc/self/ns/net');
  await waitFor(() => readlinkSync(`/proc/${holder.pid}/ns/net`) !== own, {
    timeoutMs: STARTED_WITHIN_MS,
    describe: `${name} has a network of its own`,
    pollMs: 10,
  });
  return holder;
}

function inside(holder: Running): string[] {
  return [`--net=/proc/${holder.pid}/ns/net`, '--'];
}

function run(holder: Running, program: string, ...args: string[]): void {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const { status, error, stderr } = spawnSync('nsenter', [...inside(holder), program, ...args], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new Error(
      `this machine does not let the tests build a network of several hosts (set TABCHAIN_NO_NAMESPACES=1 to go on without): ${program} ${args.join(' ')}: ${error?.message ?? stderr}`,
    );
}
