import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeTcpPort, freeUdpPort, startProcess, type Running } from '../e2e/harness/processes.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { killMiners } from '../support/store-kills.ts';

/** Starting Node with a loader, and two cores under load. */
const START_LIMIT_MS = 60_000;
/** A miner that writes as fast as it finds needs some seconds to reach the limit on its files. */
const FULL_LIMIT_MS = 120_000;
/** Blocks of 512 bytes, as the shell counts: more than the loader of this code writes to any file of its own. */
const FILE_LIMIT_BLOCKS = 256;
const CLI = ['--import', 'tsx', 'lib/node/cli.ts'];

let folder = '';
const cleanups: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabchain-store-'));
});
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
  await rm(folder, { recursive: true, force: true });
});

function minerArguments(address: string, store: string, words: readonly string[]): string[] {
  const args = [...CLI, 'miner', address, '', 'genesis', '--threads', '1', '--store', store];
  const easy = words.includes('--target') ? [] : ['--target', '2**241'];
  return [...args, ...easy, ...words];
}

async function startMiner(store: string, ...words: string[]): Promise<Running> {
  const address = `127.0.0.1:${await freeUdpPort()}`;
  const miner = startProcess('miner', process.execPath, minerArguments(address, store, words));
  cleanups.push(() => miner.kill());
  return miner;
}

/** A miner whose every file may grow to a limit, as by a quota. */
async function startMinerWithLimit(store: string, ...words: string[]): Promise<Running> {
  const address = `127.0.0.1:${await freeUdpPort()}`;
  const limited = `ulimit -f ${FILE_LIMIT_BLOCKS} && exec "$0" "$@"`;
  const args = minerArguments(address, store, words);
  const miner = startProcess('limited miner', 'sh', ['-c', limited, process.execPath, ...args]);
  cleanups.push(() => miner.kill());
  return miner;
}

/** Returns whether there is a disk of 200 kB at this folder now. */
function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return false;
  }
  cleanups.push(() => void execFileSync('umount', ['-l', folder]));
  return true;
}

async function untilStored(port: number, height: number) {
  return waitFor(
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/status`).catch(() => null);
      const status = (await response?.json()) as
        { storedHeight: number | null; genesis: string; nodeId: string } | undefined;
      return status !== undefined && (status.storedHeight ?? 0) >= height ? status : null;
    },
    { timeoutMs: START_LIMIT_MS, describe: `block ${height} is stored` },
  );
}

function complaints(miner: Running): string[] {
  return miner.output.filter(({ stream }) => stream === 'err').map(({ text }) => text);
}

async function refusalOf(miner: Running): Promise<string> {
  expect((await miner.waitForEnd(START_LIMIT_MS)).code).toBe(1);
  const lines = complaints(miner);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

describe('the store of a miner', () => {
  it('keeps all that was acknowledged when the miner is killed five times', async () => {
    const story = await killMiners(folder, CLI, 5, 1);
    expect(story.acknowledged).toBeGreaterThan(5);
  });

  it('goes on with the chain and the key, and refuses a second miner meanwhile', async () => {
    const store = join(folder, 'store');
    const firstPort = await freeTcpPort();
    const first = await startMiner(store, '--status', `127.0.0.1:${firstPort}`);
    const before = await untilStored(firstPort, 3);
    expect(await refusalOf(await startMiner(store))).toContain('Another program uses the chain in');
    await first.kill();
    const secondPort = await freeTcpPort();
    await startMiner(store, '--status', `127.0.0.1:${secondPort}`);
    const after = await untilStored(secondPort, before.storedHeight! + 1);
    expect([after.genesis, after.nodeId]).toEqual([before.genesis, before.nodeId]);
    expect((await stat(join(store, 'account.txt'))).mode & 0o077).toBe(0);
  });

  it('is refused with a sentence, and left as it is, where it is damaged or not of this chain', async () => {
    const store = join(folder, 'store');
    const port = await freeTcpPort();
    const first = await startMiner(store, '--status', `127.0.0.1:${port}`);
    await untilStored(port, 2);
    await first.kill();

    expect(await refusalOf(await startMiner(store, '--target', '2**200'))).toContain(
      'choose another folder',
    );
    const current = join(store, 'chain', 'CURRENT');
    const kept = await readFile(current);
    await writeFile(current, 'MANIFEST-999999\n');
    expect(await refusalOf(await startMiner(store))).toMatch(/cannot be read.*Restore/);
    expect(await readFile(current, 'utf8')).toBe('MANIFEST-999999\n');
    await writeFile(current, kept);

    const account = join(store, 'account.txt');
    await writeFile(account, 'secret');
    expect(await refusalOf(await startMiner(store))).toContain('is no Tabchain account');
    expect(await readFile(account, 'utf8')).toBe('secret');
  });

  it.each(['a full disk', 'a limit on the size of files'] as const)(
    'says that %s ends the storing, mines on, and starts again with what was stored before',
    async (kind) => {
      const disk = join(folder, 'disk');
      await mkdir(disk);
      // Only root can mount a small disk; the other kind of fullness is there for everyone.
      const isMounted = kind === 'a full disk' && mountSmallDisk(disk);
      const store = join(disk, 'store');
      const port = await freeTcpPort();
      const words = ['--status', `127.0.0.1:${port}`];
      const miner = isMounted
        ? await startMiner(store, ...words)
        : await startMinerWithLimit(store, ...words);
      await untilStored(port, 1);
      if (isMounted)
        await writeFile(join(disk, 'filler'), new Uint8Array(1024 * 1024)).catch(() => undefined);
      await miner.waitForLine(/can no longer be stored: there is no room left/, FULL_LIMIT_MS);
      expect(miner.ended).toBeNull();
      const before = await untilStored(port, 1);
      await miner.kill();
      await rm(join(disk, 'filler'), { force: true });
      const again = await startMiner(store, ...words);
      const after = await untilStored(port, before.storedHeight! + 1);
      expect([after.genesis, after.nodeId]).toEqual([before.genesis, before.nodeId]);
      expect(complaints(again)).toEqual([]);
    },
  );
});
