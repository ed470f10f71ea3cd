import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freeTcpPort, pythonPath, startProcess, type Running } from '../e2e/harness/processes.ts';
import { askOnce } from '../support/tcp-peers.ts';

const LIMIT_MS = 60_000;
/** Runs a program on a terminal of its own. */
const ON_TERMINAL =
  'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

let folder = '';
const running: Running[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabchain-peer-'));
  await writeFile(join(folder, 'alone.txt'), '0\n');
  await writeFile(join(folder, 'wrong.txt'), '2\nB 6001\n');
});
afterAll(async () => {
  for (const process of running) await process.kill();
  await rm(folder, { recursive: true, force: true });
});

const CLI = ['--import', 'tsx', 'lib/node/cli.ts', 'peer'];

function runPeer(...words: string[]): Running {
  const process = startProcess(words.join(' '), globalThis.process.execPath, [...CLI, ...words]);
  running.push(process);
  return process;
}

const linesOf = (process: Running, stream: 'out' | 'err') =>
  process.output.filter((line) => line.stream === stream).map(({ text }) => text);

describe('peer', () => {
  it('refuses a wrong command line or config file with one sentence and exit code 2', async () => {
    const cases = [
      { words: ['A', '99999', 'alone.txt'], sentence: '<port> "99999" is no port' },
      { words: ['A', '0', 'missing.txt'], sentence: 'cannot be read (ENOENT)' },
      { words: ['A', '0', 'wrong.txt'], sentence: 'promises 2 neighbours, and 1 lines follow' },
    ];
    await Promise.all(
      cases.map(async ({ words: [id, port, config], sentence }) => {
        const process = runPeer(id!, port!, join(folder, config!));
        expect((await process.waitForEnd(LIMIT_MS)).code).toBe(2);
        expect(linesOf(process, 'err')).toEqual([expect.stringContaining(sentence)]);
        expect(linesOf(process, 'out')).toEqual([]);
      }),
    );
  });

  it('says in --help what is checked of a neighbour', async () => {
    const process = runPeer('--help');
    expect((await process.waitForEnd(LIMIT_MS)).code).toBe(0);
    const text = linesOf(process, 'out').join('\n');
    expect(text).toContain("A neighbour's chain is\ntaken only where");
    expect(text).toContain('currentHash is the SHA-256 of previousHash and the transactions');
  });

  it('answers a pipe in plain lines, goes on when the pipe ends, and writes its log', async () => {
    const logs = join(folder, 'logs');
    const port = await freeTcpPort();
    const process = runPeer('A', String(port), join(folder, 'alone.txt'), '--log-dir', logs);
    await process.waitForLine(
      /Peer A listens on 127\.0\.0\.1:\d+; its neighbours: none\./,
      LIMIT_MS,
    );
    process.write('tx Abcd1234 hello world\ntx Abcd123 x\n\nwhat\n');
    await process.waitForLine(/^ {2}cc /, LIMIT_MS);
    process.endInput();
    expect(linesOf(process, 'out').slice(0, 3)).toEqual([
      'Accepted',
      'Rejected',
      'Please enter your command:',
    ]);
    expect(linesOf(process, 'err')).toContain(
      'The sender should be four letters and four digits, as Abcd1234.',
    );
    expect(await askOnce(port, 'pb')).toContain('tx|Abcd1234|hello world');
    await process.stop();
    expect(process.ended).toEqual({ code: 0, signal: null });
    const log = await readFile(join(logs, 'A.txt'), 'utf8');
    expect(log).toMatch(/Accepted tx\|Abcd1234\|hello world\n[^]*peer A ends\n$/);
  });

  it('prompts on a terminal, shows the chain for people, and ends with cc', async () => {
    const port = await freeTcpPort();
    const process = startProcess('peer on a terminal', pythonPath(), [
      ...['-c', ON_TERMINAL, globalThis.process.execPath, ...CLI],
      ...['T', String(port), join(folder, 'alone.txt')],
    ]);
    running.push(process);
    await process.waitForLine(/Peer T listens/, LIMIT_MS);
    process.write('tx Abcd1234 hello\r');
    await process.waitForLine(/Accepted$/, LIMIT_MS);
    process.write('pb\r');
    await process.waitForLine(/Block 1 .* proof 100/, LIMIT_MS);
    await process.waitForLine(/ {2}Abcd1234 {2}hello/, LIMIT_MS);
    expect(linesOf(process, 'out').join('\n')).toContain('Please enter your command: ');
    process.write('cc\r');
    expect(await process.waitForEnd(LIMIT_MS)).toEqual({ code: 0, signal: null });
  });
});
