/**
 * What the tests need of the machine beside Node: a Chromium, a Python, and the tools for network namespaces.
 *
 * Each is looked for first. Where it is missing, the package managers that this machine has are tried in turn, and
 * where none helps, one sentence says what to do.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT, runQuietly, Trouble, withProgress } from './process.mjs';

/** Where the tests read the paths of what was found. */
const BROWSER_NOTE = join(ROOT, 'node_modules', '.tabchain-browser');
const PYTHON_NOTE = join(ROOT, 'node_modules', '.tabchain-python');

const INSTALL_TIMEOUT_MS = 5 * 60_000;
/** A browser that does not say its version within this time will run no test either. */
const PROBE_TIMEOUT_MS = 20_000;
/** Depth at which the programs lie in Playwright's cache: chromium-1234/chrome-mac/Chromium.app/Contents/MacOS. */
const CACHE_DEPTH_LIMIT = 5;

/** Finds a Chromium or Chrome, or installs one, and notes its path for the tests. */
export async function ensureBrowser() {
  const chosen = process.env.TABCHAIN_CHROMIUM;
  if (chosen !== undefined && chosen !== '') {
    if (!(await runsAsBrowser(chosen)))
      throw new Trouble(`TABCHAIN_CHROMIUM names ${chosen}, which does not run as a Chromium.`, 2);
    return note(BROWSER_NOTE, chosen);
  }
  if (existsSync(BROWSER_NOTE) && isExecutable(readFileSync(BROWSER_NOTE, 'utf8'))) return;
  const path = await findOrInstall({
    what: 'a Chromium',
    find: () => findFirst(browserPaths, runsAsBrowser),
    packages: {
      'apt-get': ['chromium'],
      dnf: ['chromium'],
      apk: ['chromium'],
      pacman: ['chromium'],
      brew: ['--cask', 'chromium'],
    },
    lastResort: [
      process.execPath,
      [join(ROOT, 'node_modules/playwright-core/cli.js'), 'install', 'chromium'],
    ],
    advice: 'install Chromium or Chrome, or set TABCHAIN_CHROMIUM to the path of one',
  });
  note(BROWSER_NOTE, path);
}

/**
 * Finds a Firefox, or installs one; answers its path. Only a soak wants it, and where that begins: `npm test` does
 * without, as not every machine can have one.
 */
export async function ensureFirefox() {
  const chosen = process.env.TABCHAIN_FIREFOX;
  if (chosen !== undefined && chosen !== '') {
    if (!(await runsAsFirefox(chosen)))
      throw new Trouble(`TABCHAIN_FIREFOX names ${chosen}, which does not run as a Firefox.`, 2);
    return chosen;
  }
  return findOrInstall({
    what: 'a Firefox',
    find: () => findFirst(firefoxPaths, runsAsFirefox),
    packages: {
      'apt-get': ['firefox-esr'],
      dnf: ['firefox'],
      apk: ['firefox'],
      pacman: ['firefox'],
      brew: ['--cask', 'firefox'],
    },
    advice: 'install Firefox, or set TABCHAIN_FIREFOX to the path of one',
  });
}

/** Finds a Python 3.7 or newer, or installs one, and notes its path: the reference miner is a Python program. */
export async function ensurePython() {
  if (existsSync(PYTHON_NOTE) && isExecutable(readFileSync(PYTHON_NOTE, 'utf8'))) return;
  const path = await findOrInstall({
    what: 'a Python',
    find: () => findFirst(() => onPath(['python3', 'python']), runsAsPython),
    packages: {
      'apt-get': ['python3'],
      dnf: ['python3'],
      apk: ['python3'],
      pacman: ['python'],
      brew: ['python3'],
    },
    advice: 'install Python 3.7 or newer, so that `python3` runs',
  });
  note(PYTHON_NOTE, path);
}

/**
 * Finds `unshare`, `nsenter`, `ip` and `nft`, or installs them: the tests run in a network namespace of their own, and
 * some build networks of several hosts there, and drop packets. Only Linux has these; elsewhere TABCHAIN_NO_NAMESPACES=1 says that the tests may run on the open network.
 */
export async function ensureNetworkTools() {
  if (process.env.TABCHAIN_NO_NAMESPACES === '1') return;
  if (process.platform !== 'linux')
    throw new Trouble(
      'The tests seal themselves off the network, which only Linux lets them do: set TABCHAIN_NO_NAMESPACES=1 to run them on the open network.',
      2,
    );
  await findOrInstall({
    what: 'unshare, nsenter, ip and nft',
    find: async () => {
      const found = ['unshare', 'nsenter', 'ip', 'nft'].map((name) => onPath([name])[0]);
      return found.includes(undefined) ? null : found.join(' ');
    },
    packages: {
      'apt-get': ['util-linux', 'iproute2', 'nftables'],
      dnf: ['util-linux', 'iproute', 'nftables'],
      apk: ['util-linux-misc', 'iproute2', 'nftables'],
      pacman: ['util-linux', 'iproute2', 'nftables'],
    },
    advice:
      'install util-linux, iproute2 and nftables, or set TABCHAIN_NO_NAMESPACES=1 to run the tests on the open network',
  });
}

async function findOrInstall({ what, find, packages, lastResort, advice }) {
  const present = await find();
  if (present !== null) return present;
  const installed = await withProgress(`Installing ${what}`, async () => {
    for (const [program, args] of installers(packages, lastResort)) {
      const { ok } = await runQuietly(program, args, {
        timeoutMs: INSTALL_TIMEOUT_MS,
        env: { DEBIAN_FRONTEND: 'noninteractive' },
      });
      const found = ok ? await find() : null;
      if (found !== null) return found;
    }
    return null;
  });
  if (installed === null)
    throw new Trouble(`This machine has not ${what}, and none could be installed: ${advice}.`, 2);
  return installed;
}

/** Commands to try in turn, of those that this machine has. */
function installers(packages, lastResort) {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const canBeRoot = asRoot.length === 0 || onPath(['sudo']).length > 0;
  const attempts = {
    'apt-get': (names) => [
      ['install', '-y', '-qq', '--no-install-recommends', ...names],
      // The list of packages may be missing or old: a fresh container has none.
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', ...names],
    ],
    dnf: (names) => [['install', '-y', '-q', ...names]],
    apk: (names) => [['add', '-q', '--no-cache', ...names]],
    pacman: (names) => [['-Sy', '--noconfirm', '--needed', ...names]],
    brew: (names) => [['install', '--quiet', ...names]],
  };
  const commands = [];
  for (const [manager, names] of Object.entries(packages)) {
    const needsRoot = manager !== 'brew';
    if (onPath([manager]).length === 0 || (needsRoot && !canBeRoot)) continue;
    for (const args of attempts[manager](names)) {
      const [program, ...rest] = [...(needsRoot ? asRoot : []), manager, ...args];
      commands.push([program, rest]);
    }
  }
  return lastResort === undefined ? commands : [...commands, lastResort];
}

async function findFirst(listPaths, runs) {
  for (const path of listPaths()) if (await runs(path)) return path;
  return null;
}

function browserPaths() {
  const windowsFolders = [
    process.env.PROGRAMFILES,
    process.env['PROGRAMFILES(X86)'],
    process.env.LOCALAPPDATA,
  ];
  return [
    ...onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']),
    ...[
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      ...windowsFolders
        .filter((folder) => folder !== undefined)
        .flatMap((folder) =>
          ['Google/Chrome', 'Chromium'].map((name) => join(folder, name, 'Application/chrome.exe')),
        ),
    ].filter(isExecutable),
    ...playwrightCaches().flatMap((folder) => findBrowsersBelow(folder, CACHE_DEPTH_LIMIT)),
  ];
}

function firefoxPaths() {
  return [
    ...onPath(['firefox', 'firefox-esr']),
    ...['/Applications/Firefox.app/Contents/MacOS/firefox'].filter(isExecutable),
  ];
}

function playwrightCaches() {
  const home = homedir();
  return [
    process.env.PLAYWRIGHT_BROWSERS_PATH,
    join(home, '.cache/ms-playwright'),
    join(home, 'Library/Caches/ms-playwright'),
    process.env.LOCALAPPDATA && join(process.env.LOCALAPPDATA, 'ms-playwright'),
  ].filter((folder) => folder && existsSync(folder));
}

function findBrowsersBelow(folder, depth) {
  const programs = [
    'chrome',
    'chrome.exe',
    'Chromium',
    'Google Chrome for Testing',
    'headless_shell',
    'chrome-headless-shell',
  ];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => b.name.localeCompare(a.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return depth > 0 ? findBrowsersBelow(path, depth - 1) : [];
      return programs.includes(entry.name) && isExecutable(path) ? [path] : [];
    });
}

/** Some systems ship a `chromium` that only tells its user to install another package: only one that runs counts. */
async function runsAsBrowser(path) {
  if (process.platform === 'win32') return isExecutable(path); // There it opens a window instead of answering.
  const { ok, output } = await runQuietly(path, ['--version'], { timeoutMs: PROBE_TIMEOUT_MS });
  return ok && /Chrom/.test(output);
}

async function runsAsFirefox(path) {
  const { ok, output } = await runQuietly(path, ['--version'], { timeoutMs: PROBE_TIMEOUT_MS });
  return ok && /Firefox/.test(output);
}

async function runsAsPython(path) {
  const check = 'import sys; sys.exit(0 if sys.version_info >= (3, 7) else 1)';
  return (await runQuietly(path, ['-c', check], { timeoutMs: PROBE_TIMEOUT_MS })).ok;
}

/** The full paths of those of these programs that the path holds; the system's folders count as on it. */
function onPath(names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(
    (folder) => folder !== '',
  );
  const endings = process.platform === 'win32' ? ['.exe'] : [''];
  return names.flatMap((name) =>
    folders
      .flatMap((folder) => endings.map((ending) => join(folder, name + ending)))
      .filter(isExecutable)
      .slice(0, 1),
  );
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function note(file, path) {
  mkdirSync(join(ROOT, 'node_modules'), { recursive: true });
  writeFileSync(file, path);
}
