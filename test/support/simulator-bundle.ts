/**
 * The simulator in one module file, for Workers, for browsers, and with deliberate bugs.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A change of one place in the source: `find` must stand there exactly once. */
export interface SourceChange {
  /** Below the project's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What can be built: the simulator itself, which imports nothing, a thread that runs seeds, or the worlds of links and of payments. */
const ENTRIES = {
  simulator: 'lib/sim/index.ts',
  thread: 'test/soak/seeds-thread.ts',
  links: 'lib/sim/links/world.ts',
  commit: 'lib/sim/commit/worlds.ts',
} as const;

/** Builds the thread that runs seeds, and returns where it lies: in a new temporary folder. */
export async function bundleSeedsThread(changes: readonly SourceChange[] = []): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'tabchain-sim-')), 'seeds-thread.mjs');
  writeFileSync(path, await bundle('thread', changes));
  return path;
}

/** Builds the simulator, and returns its code, which exports what lib/sim/index.ts does. */
export function bundleSimulator(): Promise<string> {
  return bundle('simulator', []);
}

/** Builds the worlds of links, and returns where the module lies: in a new temporary folder. */
export async function bundleLinkWorlds(changes: readonly SourceChange[]): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'tabchain-links-')), 'link-worlds.mjs');
  writeFileSync(path, await bundle('links', changes));
  return path;
}

/** Builds the worlds of payments, and returns where the module lies: in a new temporary folder. */
export async function bundleCommitWorlds(changes: readonly SourceChange[]): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'tabchain-commit-')), 'commit-worlds.mjs');
  writeFileSync(path, await bundle('commit', changes));
  return path;
}

async function bundle(
  entry: keyof typeof ENTRIES,
  changes: readonly SourceChange[],
): Promise<string> {
  const made = new Set<SourceChange>();
  const result = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    plugins: [changeSources(changes, made)],
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      ssr: join(ROOT, ENTRIES[entry]),
    },
    ssr: { noExternal: true },
  });
  const forgotten = changes.find((change) => !made.has(change));
  if (forgotten !== undefined) throw new Error(`${forgotten.file} is not part of the simulator`);
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !('output' in output)) throw new Error('nothing was built');
  return output.output[0].code;
}

function changeSources(changes: readonly SourceChange[], made: Set<SourceChange>): Plugin {
  return {
    name: 'change-sources',
    enforce: 'pre',
    transform(code, id) {
      const file = relative(ROOT, id);
      let changed = code;
      for (const change of changes) {
        if (change.file !== file) continue;
        if (changed.split(change.find).length !== 2)
          throw new Error(`${file} holds this not once: ${change.find}`);
        changed = changed.replace(change.find, () => change.replace);
        made.add(change);
      }
      return changed === code ? null : { code: changed, map: null };
    },
  };
}
