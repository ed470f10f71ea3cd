/**
 * `test` with a world to put things into: programs and browsers that end with the test, and tell their story when it
 * fails. Everything here runs in a network namespace of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as plainTest } from 'vitest';
import { launchBrowser, type TestBrowser } from './browser.ts';
import { lastLines, startProcess, type Running, type StartOptions } from './processes.ts';

/** Lines of each program and tab that a failure shows. */
const SHOWN_LINES = 40;

export interface World {
  /** Starts a program that ends with the test. */
  start(name: string, program: string, args: readonly string[], options?: StartOptions): Running;
  /** The test's browser; launched when first asked for. */
  browser(): Promise<TestBrowser>;
  /** A new empty folder that is deleted with the test. */
  folder(): string;
  /** Does this when the test ends, before its programs do; latest first. */
  atEnd(action: () => unknown): void;
}

export const test = plainTest.extend<{ world: World }>({
  world: async ({ onTestFailed }, use) => {
    assertSealed();
    const programs: Running[] = [];
    const browsers: TestBrowser[] = [];
    const folders: string[] = [];
    const endings: (() => unknown)[] = [];
    const titles = new Map<Running, string>();
    onTestFailed(() => {
      for (const program of programs)
        tell(titles.get(program) ?? program.name, lastLines(program.output, SHOWN_LINES));
      for (const tab of browsers.flatMap(({ tabs }) => tabs))
        tell(tab.name, tab.console.slice(-SHOWN_LINES).join('\n'));
    });
    await use({
      start(name, program, args, options) {
        const program_ = startProcess(name, program, args, options);
        programs.push(program_);
        return program_;
      },
      async browser() {
        if (browsers.length === 0) browsers.push(await launchBrowser());
        return browsers[0]!;
      },
      folder() {
        folders.push(mkdtempSync(join(tmpdir(), 'tabchain-test-')));
        return folders.at(-1)!;
      },
      atEnd: (action) => void endings.push(action),
    });
    // Told apart here from those that end below.
    for (const program of programs) titles.set(program, describeEnd(program));
    try {
      for (const action of endings.reverse()) await action();
      // Read before the programs end: what the tabs say to that is no error of theirs.
      const errors = browsers.flatMap(({ tabs }) => tabs).flatMap((tab) => tab.errors);
      expect(errors, 'errors in the tabs').toEqual([]);
    } finally {
      await Promise.all(browsers.map((browser) => browser.close()));
      await Promise.all(programs.map((program) => program.kill()));
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    }
  },
});

/** Tests must not reach, nor be reached by, the machine's network. */
function assertSealed(): void {
  if (process.env['TABCHAIN_NO_NAMESPACES'] === '1') return;
  const open = Object.values(networkInterfaces())
    .flat()
    .filter(
      (one) =>
        one !== undefined &&
        !one.internal &&
        !one.address.startsWith('10.77.') &&
        !one.address.startsWith('fe80:'),
    );
  if (process.env['TABCHAIN_SEALED'] !== '1' || open.length > 0)
    throw new Error(
      'run by `npm test -- e2e`, which seals the network, or set TABCHAIN_NO_NAMESPACES=1',
    );
}

/** A program that ended by itself is named with how it did: that is often the whole story. */
function describeEnd({ name, ended }: Running): string {
  return ended === null
    ? name
    : `${name}, which ended with ${ended.signal ?? `code ${ended.code}`}`;
}

function tell(name: string, text: string): void {
  if (text !== '') console.error(`──── ${name}\n${text}`);
}
