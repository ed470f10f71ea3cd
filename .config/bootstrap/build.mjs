/**
 * Builds dist/ where its sources have changed since it was built: the app by Vite, the library and commands by tsdown.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT, runQuietly, Trouble, withProgress } from './process.mjs';

/** Everything that the build reads. */
const SOURCES = [
  'app',
  'lib',
  'signaling',
  '.config/tsdown.config.ts',
  'vite.config.ts',
  'svelte.config.js',
  'tsconfig.json',
  'package-lock.json',
];
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, '.stamp');
/** The outputs that other commands start with; the stamp alone does not prove that nobody deleted them. */
const OUTPUTS = [
  'app/index.html',
  'index.js',
  'node.js',
  'cli.js',
  'pow-worker.js',
  'web-worker.js',
  'webrtc-process.js',
];
/** Survives a clean build: the lock of the bootstrap that builds. */
const KEPT = new Set(['.lock']);
const BUILD_TIMEOUT_MS = 5 * 60_000;

export async function ensureBuild() {
  const wanted = hashSources();
  const stamped = existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted;
  if (stamped && OUTPUTS.every((name) => existsSync(join(DIST, name)))) return;

  mkdirSync(DIST, { recursive: true });
  for (const name of readdirSync(DIST))
    if (!KEPT.has(name)) rmSync(join(DIST, name), { recursive: true, force: true });
  await withProgress('Building the app', () =>
    build('vite/bin/vite.js', ['build', '--logLevel', 'warn']),
  );
  await withProgress('Building the library and the commands', () =>
    build('tsdown/dist/run.mjs', ['--config', '.config/tsdown.config.ts', '--logLevel', 'warn']),
  );
  writeFileSync(STAMP, wanted);
}

async function build(script, args) {
  const result = await runQuietly(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  if (!result.ok) throw new Trouble(result.output, 1);
}

function hashSources() {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap(listFiles))
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  return hash.digest('hex');
}

/** All files at or below a path of the clone, in an order that does not depend on the file system. */
function listFiles(path) {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path))
    .sort()
    .flatMap((name) => listFiles(`${path}/${name}`));
}
