/**
 * Finds what lies in this package beside the code: its version, and the built app.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package's package.json, above the source as above a build. */
export function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (dirname(folder) === folder)
      throw new Error('the package of this program has no package.json');
    folder = dirname(folder);
  }
  return folder;
}

/** The version of package.json. */
export function readVersion(): string {
  const text = readFileSync(join(findPackageRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The folder of the built app, or null where it is not built. */
export function findAppDir(): string | null {
  const folder = join(findPackageRoot(), 'dist', 'app');
  return existsSync(join(folder, 'index.html')) ? folder : null;
}
