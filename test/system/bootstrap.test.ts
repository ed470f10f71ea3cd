/**
 * What a person meets who starts Tabchain on a bare clone: sentences instead of stack traces, and no work done twice.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { ROOT, type Running } from '../e2e/harness/processes.ts';
import { test, type World } from '../e2e/harness/world.ts';

/** What the build is told to begin with. */
const ENTRIES = readFileSync(join(ROOT, '.config/tsdown.config.ts'), 'utf8').matchAll(
  /'(lib\/[a-z/-]+\.ts)'/g,
);
/** What the build reads, small enough to build in a second or two. */
const SOURCES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Array.from(ENTRIES, ([, path]) => [path, 'export {};\n'])),
  'app/index.html': '<!doctype html><title>app</title>',
  'lib/index.ts': 'export const answer: number = 42;\n',
  'lib/node/index.ts': "export { answer } from '../index.ts';\n",
  'lib/node/cli.ts': "import { answer } from '../index.ts';\nconsole.log(answer);\n",
  'signaling/server.ts': 'export {};\n',
};
const COPIED = [
  '.config',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'svelte.config.js',
  'vite.config.ts',
];
const END_WITHIN_MS = 120_000;

describe('a clone made ready', () => {
  test('an old Node is told so in one sentence', () => {
    const pretend = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', pretend, join(ROOT, '.config/bootstrap.mjs')],
      { encoding: 'utf8' },
    );
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/needs Node 20\.19.*18\.20\.4/),
    ]);
    expect(status).toBe(2);
  });

  test('an unknown flag is named', async ({ world }) => {
    const run = makeReady(world, makeClone(world), ['--brwoser']);
    expect(await run.waitForEnd(END_WITHIN_MS)).toMatchObject({ code: 2 });
    expect(textOf(run)).toMatch(/Unknown flag --brwoser/);
  });

  test('two runs at once build once, and a third has nothing to do', async ({ world }) => {
    const clone = makeClone(world);
    const both = [makeReady(world, clone), makeReady(world, clone)];
    for (const run of both) expect(await run.waitForEnd(END_WITHIN_MS)).toMatchObject({ code: 0 });
    expect(both.filter((run) => /Building/.test(textOf(run)))).toHaveLength(1);
    expect(runNode(clone, 'dist/cli.js')).toBe('42');
    const third = makeReady(world, clone);
    expect(await third.waitForEnd(END_WITHIN_MS)).toMatchObject({ code: 0 });
    expect(textOf(third)).toBe('');

    writeFileSync(join(clone, 'lib/index.ts'), 'export const answer: number = 43;\n');
    const fourth = makeReady(world, clone);
    expect(await fourth.waitForEnd(END_WITHIN_MS)).toMatchObject({ code: 0 });
    expect(runNode(clone, 'dist/cli.js')).toBe('43');
    expect(readFileSync(join(clone, 'dist/index.d.ts'), 'utf8')).toMatch(/answer: number/);
  });

  test('a build that fails shows why, and is tried again next time', async ({ world }) => {
    const clone = makeClone(world);
    writeFileSync(join(clone, 'lib/index.ts'), 'export const answer: = 42;\n');
    for (let attempt = 0; attempt < 2; attempt++) {
      const run = makeReady(world, clone);
      expect(await run.waitForEnd(END_WITHIN_MS)).toMatchObject({ code: 1 });
      expect(textOf(run)).toMatch(/lib\/index\.ts/);
    }
  });

  test('the lock of a run that was killed does not stop the next', async ({ world }) => {
    const clone = makeClone(world);
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    mkdirSync(join(clone, 'dist/.lock'), { recursive: true });
    writeFileSync(join(clone, 'dist/.lock/pid'), String(dead));
    const run = makeReady(world, clone, ['--no-build']);
    expect(await run.waitForEnd(END_WITHIN_MS)).toMatchObject({ code: 0 });
    expect(existsSync(join(clone, 'dist/.lock'))).toBe(false);
  });

  test('a browser that is none is refused by name', async ({ world }) => {
    const env = { TABCHAIN_CHROMIUM: '/nowhere/chromium' };
    const run = makeReady(world, makeClone(world), ['--no-build', '--browser'], env);
    expect(await run.waitForEnd(END_WITHIN_MS)).toMatchObject({ code: 2 });
    expect(textOf(run)).toMatch(/TABCHAIN_CHROMIUM names \/nowhere\/chromium/);
  });
});

/** A clone with small sources; its packages are ours. */
function makeClone(world: World): string {
  const clone = world.folder();
  for (const name of COPIED) cpSync(join(ROOT, name), join(clone, name), { recursive: true });
  for (const [path, text] of Object.entries(SOURCES)) {
    mkdirSync(join(clone, path, '..'), { recursive: true });
    writeFileSync(join(clone, path), text);
  }
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  return clone;
}

function makeReady(
  world: World,
  clone: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Running {
  const script = join(clone, '.config/bootstrap.mjs');
  return world.start('bootstrap', process.execPath, [script, ...flags], { cwd: clone, env });
}

function textOf(run: Running): string {
  return run.output.map(({ text }) => text).join('\n');
}

function runNode(clone: string, script: string): string {
  return spawnSync(process.execPath, [join(clone, script)], { encoding: 'utf8' }).stdout.trim();
}
