import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProcess, type Running } from '../e2e/harness/processes.ts';

/** Time of the nodes stands still while the machine is busy elsewhere, so this is only for one that is stuck. */
const LIMIT_MS = 240_000;
const PEERS = 6;

let folder = '';
const running: Running[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabchain-simulate-'));
});
afterAll(async () => {
  for (const process of running) await process.kill();
  await rm(folder, { recursive: true, force: true });
});

function runSimulate(...words: string[]): Running {
  const cli = ['--import', 'tsx', 'lib/node/cli.ts', 'simulate', ...words];
  const process = startProcess('simulate', globalThis.process.execPath, cli);
  running.push(process);
  return process;
}

describe('simulate', () => {
  it(
    'has a company of nodes perform the six tasks over UDP, and keeps a log of each',
    async () => {
      const process = runSimulate('--peers', String(PEERS), '--log-dir', folder);
      const { code } = await process.waitForEnd(LIMIT_MS);
      const lines = process.output.map(({ text }) => text);
      expect(lines.join('\n')).toContain('6 of 6 tasks passed');
      expect(code).toBe(0);
      expect(lines[0]).toMatch(/nodes 0 to 4 mine at the constant target/);
      const logs = await readdir(folder);
      expect(logs).toHaveLength(PEERS);
      for (const log of logs) {
        expect(log).toMatch(/^[0-9a-f]{40}\.txt$/);
        expect(await readFile(join(folder, log), 'utf8')).toContain('genesis');
      }
    },
    LIMIT_MS,
  );
});
