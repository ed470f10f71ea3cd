/**
 * `test` with a world to put things into: programs and browsers that end with the test, and tell their story when it
 * fails. Everything here runs in a network namespace of its own.
 */
import { networkInterfaces } from 'node:os';
import { expect, test as plainTest } from 'vitest';
import { openWorld, type World } from './open-world.ts';
import { lastLines, type Running } from './processes.ts';

export type { World } from './open-world.ts';

/** Lines of each program and tab that a failure shows. */
const SHOWN_LINES = 40;

export const test = plainTest.extend<{ world: World }>({
  world: async ({ onTestFailed }, use) => {
    assertSealed();
    const opened = openWorld();
    const { programs, browsers } = opened;
    const titles = new Map<Running, string>();
    onTestFailed(() => {
      for (const program of programs)
        tell(titles.get(program) ?? program.name, lastLines(program.output, SHOWN_LINES));
      for (const tab of browsers.flatMap(({ tabs }) => tabs))
        tell(tab.name, tab.console.slice(-SHOWN_LINES).join('\n'));
    });
    await use(opened);
    // Told apart here from those that end below.
    for (const program of programs) titles.set(program, describeEnd(program));
    // Read before servers and programs end: what the tabs say to that is no error of theirs.
    const errors = browsers.flatMap(({ tabs }) => tabs).flatMap((tab) => [...tab.errors]);
    try {
      await opened.finish();
      expect(errors, 'errors in the tabs').toEqual([]);
    } finally {
      await opened.close();
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
