/**
 * Installs the packages of package-lock.json where they are missing, or older than it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runQuietly, Trouble, withProgress } from './process.mjs';

const STAMP = join(ROOT, 'node_modules', '.tabchain-stamp');
const INSTALL_TIMEOUT_MS = 10 * 60_000;
/** Registries hiccup; a second failure is no hiccup. */
const ATTEMPTS = 2;

export async function ensurePackages() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;

  if (!isInstalled(JSON.parse(lock.toString()).packages))
    await withProgress('Installing packages', async () => {
      let last = { ok: false, output: '' };
      for (let attempt = 1; attempt <= ATTEMPTS && !last.ok; attempt++) last = await install();
      if (!last.ok) throw new Trouble(`${last.output}\nnpm ci failed: is the network there?`, 1);
    });
  writeFileSync(STAMP, wanted);
}

/** Whether npm's own record says that all is there, as after a plain `npm install`: that need not be done again. */
function isInstalled(wanted) {
  let present;
  try {
    const record = join(ROOT, 'node_modules', '.package-lock.json');
    present = JSON.parse(readFileSync(record, 'utf8')).packages;
  } catch {
    return false;
  }
  return Object.entries(wanted).every(([path, { version, integrity, optional, devOptional }]) => {
    if (path === '') return true;
    const found = present[path];
    // Optional packages are for some other system, where they are not there.
    if (found === undefined) return optional === true || devOptional === true;
    return found.version === version && found.integrity === integrity;
  });
}

function install() {
  // Development packages are needed whatever NODE_ENV says: they build the app.
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const npmScript = process.env.npm_execpath;
  // The npm that started us, else the one on the path. Started as a script, because Windows' npm is no program.
  if (npmScript !== undefined && /npm-cli\.c?js$/.test(npmScript))
    return runQuietly(process.execPath, [npmScript, ...args], { timeoutMs: INSTALL_TIMEOUT_MS });
  if (process.platform === 'win32')
    return runQuietly('cmd.exe', ['/d', '/c', 'npm', ...args], { timeoutMs: INSTALL_TIMEOUT_MS });
  return runQuietly('npm', args, { timeoutMs: INSTALL_TIMEOUT_MS });
}
