import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSimulate } from '../../../lib/node/simulate-command.ts';
import type { simulate, TaskResult } from '../../../lib/node/simulate/simulation.ts';
import { EXIT } from '../../../lib/node/terminal.ts';

const ACCOUNT = 'ab'.repeat(20);
const PASSED: TaskResult = { title: 'a task', ok: true, finding: 'all is well', tookMs: 1 };
const FAILED: TaskResult = { ...PASSED, title: 'another', ok: false, finding: 'two orders' };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tabchain-simulate-command-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command on tasks that came out like this, each with a line in the log of one node. */
async function run(results: readonly TaskResult[], logDir: string) {
  const [printed, complaints]: [string[], string[]] = [[], []];
  const perform: typeof simulate = async ({ log }) => {
    for (const { title } of results) log(ACCOUNT, title);
    return [...results];
  };
  const exitCode = await runSimulate(
    { seed: 1, peers: 6, crash: 0, logDir },
    {
      print: (text) => printed.push(text),
      complain: (text) => complaints.push(text),
      colours: false,
    },
    perform,
  );
  return { exitCode, printed, complaints };
}

describe('the exit code of `simulate`', () => {
  it('is 0 where every task passed, and the logs lie where the last line says', async () => {
    const logDir = join(folder, 'made', 'anew');
    const { exitCode, printed, complaints } = await run([PASSED, PASSED], logDir);
    expect([exitCode, complaints]).toEqual([EXIT.ok, []]);
    expect(printed.at(-1)).toMatch(/^2 of 2 tasks passed in .* a log for each node is in /);
    expect(printed.at(-1)).toContain(logDir);
    expect(readFileSync(join(logDir, `${ACCOUNT}.txt`), 'utf8')).toBe('a task\na task\n');
  });

  it.each([
    ['the first', [FAILED, PASSED, PASSED]],
    ['the last', [PASSED, PASSED, FAILED]],
    ['every one', [FAILED, FAILED]],
  ])('is 1 where a task failed: %s', async (_which, results) => {
    const { exitCode, printed } = await run(results, folder);
    expect(exitCode).toBe(EXIT.failed);
    expect(printed.join('\n')).toMatch(/another +FAILED +0\.0 s +two orders/);
    const passed = results.filter(({ ok }) => ok).length;
    expect(printed.at(-1)).toContain(`${passed} of ${results.length} tasks passed`);
  });

  it('is 1 where no folder of logs can be made, before any task is performed', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { exitCode, printed, complaints } = await run([PASSED], join(file, 'logs'));
    expect([exitCode, printed]).toEqual([EXIT.failed, []]);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain('cannot be made');
  });

  it('is 1 where a log cannot be written, although every task passed', async () => {
    const logDir = mkdtempSync(join(folder, 'logs-'));
    // A folder stands where the node's log is to be.
    mkdirSync(join(logDir, `${ACCOUNT}.txt`));
    const { exitCode, complaints } = await run([PASSED], logDir);
    expect(exitCode).toBe(EXIT.failed);
    expect(complaints[0]).toContain('A log could not be written');
  });
});
