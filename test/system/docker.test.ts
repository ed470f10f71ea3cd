/**
 * The containers of the homework's network, without Docker: the words of the compose files are started as they stand,
 * under their names, by the image's own entry point, with the reference miner in the place of the homework's image (R7).
 * A real tab joins the room of the class.
 */
import { cpSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readStartFlags } from '../../lib/node/start-flags.ts';
import { pythonPath, ROOT, type Running } from '../e2e/harness/processes.ts';
import { joinRoom } from '../e2e/harness/room.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { test, type World } from '../e2e/harness/world.ts';
import type { ReferenceBlock } from '../reference/reference-miner.ts';

const AGREED_WITHIN_MS = 90_000;
/** Names of the containers, as the homework's miners know them. */
const ADDRESSES = { 'miner.1': '127.78.0.1', 'miner.2': '127.78.0.2', 'miner.s': '127.78.0.3' };
/** About 16,000 hashes, so that the test need not wait for the homework's two millions. */
const TARGET = '2**242';
const HASHES_PER_SECOND = '20000';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('the containers', () => {
  test('miner.1, miner.2 and the image as miner.s extend one chain', async ({ world }) => {
    const image = assembleImage(world);
    const [node = '', ...entry] = entryPoint();
    expect(node).toBe('node');
    const services = readServices(read('docker-compose.yml'));
    const reference = join(ROOT, 'test/reference/miner.py');
    const env = { TARGET, HASHES_PER_SECOND };
    const ours = startNamed(world, image, 'miner.s', process.execPath, [
      ...entry,
      ...wordsOf(services, 'miner_s'),
      '--target',
      TARGET,
      '--threads',
      '1',
    ]);
    const second = startNamed(
      world,
      image,
      'miner.2',
      pythonPath(),
      [reference, ...wordsOf(services, 'miner_2')],
      env,
    );
    await Promise.all([
      ours.waitForLine(/Listening on UDP 127\.78\.0\.3:5000/, AGREED_WITHIN_MS),
      second.waitForLine(/listening on miner\.2:5000/, AGREED_WITHIN_MS),
    ]);
    const first = startNamed(
      world,
      image,
      'miner.1',
      pythonPath(),
      [reference, ...wordsOf(services, 'miner_1')],
      env,
    );
    await waitFor(
      () => {
        const [one, two] = [blocksOf(first), blocksOf(second)];
        const shared = one.filter(({ hash }) => two.some((block) => block.hash === hash));
        // Neither of the two has found it, so it is ours.
        const oursShared = shared.filter(
          ({ hash, mine }) => !mine && two.some((block) => block.hash === hash && !block.mine),
        );
        return one[0]?.mine === true && oursShared.length > 0;
      },
      { timeoutMs: AGREED_WITHIN_MS, describe: 'both have a block that miner.s has found' },
    );
    expect(await stop(ours)).toEqual({ code: 0, signal: null });
  });

  test('a tab of the class extends one chain with miner.1 and miner.2', async ({ world }) => {
    const image = assembleImage(world);
    const services = readServices(read('docker-compose.yml'));
    const room = readServices(read('.config/docker-compose.class.yml')).get('miner_s')!;
    const [node = '', ...entry] = /^ {4}entrypoint: (.*)$/m.exec(room)![1]!.split(' ');
    expect(node).toBe('node');
    // The volume and the variable are what Docker puts in their places.
    const words = wordsOf(new Map([['miner_s', room]]), 'miner_s').map((word) =>
      word === '/state' ? world.folder() : word.replace(/\$\{PUBLIC_URL:-(.*)\}/, '$1'),
    );
    const bridge = startNamed(world, image, 'miner.s', process.execPath, [
      ...[...entry, ...words, '--target', TARGET],
    ]);
    // Two blocks in three seconds, so that the tab need not hold back.
    const env = { TARGET, HASHES_PER_SECOND: '6000' };
    const startMiner = (name: 'miner.1' | 'miner.2') =>
      startNamed(
        ...([world, image, name, pythonPath()] as const),
        [join(ROOT, 'test/reference/miner.py'), ...wordsOf(services, name.replace('.', '_'))],
        env,
      );
    const second = startMiner('miner.2');
    const [link] = await bridge.waitForLine(/http:\/\/localhost:8080\/#\S+/, AGREED_WITHIN_MS);
    await second.waitForLine(/listening on miner\.2:5000/, AGREED_WITHIN_MS);
    const first = startMiner('miner.1');
    const tab = await joinRoom(world, 'tab', link);
    await waitFor(
      async () => {
        const own = (await tab.blocks()).filter((block) => tab.isOwn(block));
        const [one, two] = [blocksOf(first), blocksOf(second)];
        const hasBoth = [one, two].every((blocks) =>
          own.some(({ hash }) => blocks.some((block) => block.hash === hash)),
        );
        const shown = new Set((await tab.blocks()).map(({ hash }) => hash));
        return hasBoth && [one, two].every((all) => all.some((b) => b.mine && shown.has(b.hash)));
      },
      {
        timeoutMs: AGREED_WITHIN_MS,
        describe: 'the tab and both miners have blocks of each other',
      },
    );
    await tab.tab.close();
    expect(await stop(bridge)).toEqual({ code: 0, signal: null });
  });

  test('the files name what there is', () => {
    const dockerfile = read('Dockerfile');
    const ignored = read('.dockerignore').split('\n');
    for (const [, words = ''] of dockerfile.matchAll(/^COPY ((?!--from).*) \S+$/gm))
      for (const path of words.split(' '))
        expect(existsSync(join(ROOT, path)) && !ignored.includes(path), path).toBe(true);
    expect(dockerfile).toMatch(/^USER node$/m);
    const services = readServices(read('docker-compose.yml'));
    expect([...services.keys()]).toEqual(['miner_1', 'miner_2', 'miner_s']);
    for (const [name, service] of services) {
      const host = name.replace('_', '.');
      expect(service).toContain(`hostname: ${host}`);
      expect(service).toContain(`container_name: ${name.replace('_', '-')}`);
      expect(service).toContain(`          - ${host}`);
    }
  });

  test('the room of the class takes its words', () => {
    const services = readServices(read('.config/docker-compose.class.yml'));
    expect(services.get('miner_s')).toContain('entrypoint: node dist/cli.js start');
    const words = wordsOf(services, 'miner_s').map((word) =>
      word.replace(/\$\{PUBLIC_URL:-(.*)\}/, '$1'),
    );
    expect(readStartFlags(words)).toMatchObject({
      kind: 'flags',
      flags: {
        udp: { host: 'miner.s', port: 5000 },
        miners: [
          { host: 'miner.1', port: 5000 },
          { host: 'miner.2', port: 5000 },
        ],
        publicUrl: 'http://localhost:8080/',
      },
    });
  });
});

function entryPoint(): string[] {
  return JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(read('Dockerfile'))![1]!) as string[];
}

/** A folder with what the last stage of the image copies, and nothing else. */
function assembleImage(world: World): string {
  const folder = world.folder();
  const copied = [...read('Dockerfile').matchAll(/^COPY --from=build \/tabchain\/(\S+) /gm)].map(
    ([, path]) => path!,
  );
  expect(copied).toEqual(['package.json', 'node_modules', 'dist']);
  for (const path of copied) {
    const from = join(ROOT, path);
    if (path === 'node_modules') symlinkSync(from, join(folder, path));
    else cpSync(from, join(folder, path), { recursive: statSync(from).isDirectory() });
  }
  return folder;
}

/** The lines of each service, by its name. */
function readServices(compose: string): Map<string, string> {
  const part = /^services:\n((?: .*\n)*)/m.exec(compose)![1]!;
  return new Map(
    part
      .split(/^ {2}(?=\S)/m)
      .filter((text) => text.trim() !== '')
      .map((text) => [text.slice(0, text.indexOf(':')), text]),
  );
}

function wordsOf(services: ReadonlyMap<string, string>, name: string): string[] {
  return /^ {4}command: (.*)$/m.exec(services.get(name)!)![1]!.split(' ');
}

/** Starts a program for which the names of the containers lead to addresses of this machine. */
function startNamed(
  world: World,
  folder: string,
  name: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const hosts = join(folder, 'hosts');
  const lines = Object.entries({ localhost: '127.0.0.1', ...ADDRESSES });
  writeFileSync(hosts, lines.map(([host, address]) => `${address} ${host}\n`).join(''));
  const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
  return world.start(name, 'unshare', ['--mount', 'sh', '-c', script, hosts, program, ...args], {
    cwd: folder,
    env,
  });
}

function blocksOf(miner: Running): ReferenceBlock[] {
  return miner.output
    .filter(({ stream }) => stream === 'out')
    .map(({ text }) => JSON.parse(text) as ReferenceBlock);
}

async function stop(program: Running): Promise<Running['ended']> {
  await program.stop();
  return program.ended;
}
