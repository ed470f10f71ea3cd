/**
 * Examinations of real miners over real sockets. `npm run soak -- check` has all of them, by all rules.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { examine } from '../../lib/check/examination.ts';
import { RULES } from '../../lib/check/rules/index.ts';
import { freeUdpPort, pythonPath, type Running } from '../e2e/harness/processes.ts';
import { test } from '../e2e/harness/world.ts';
import {
  commandOf,
  EXAMINED_MINERS,
  EXAMINED_RATE,
  EXAMINED_TARGET,
  examineMiner,
  judgeReport,
  SILENCE_MS,
} from '../support/examined-miners.ts';

const END_WITHIN_MS = 120_000;
/** Seen in its datagrams, in what it builds on, and in what it reads. */
const SELECTION = ['writes-previous-hash', 'hash-without-proof', 'small-buffer'];
/** Those of the rules that take seconds by their nature wait for the soak. */
const QUICK = RULES.filter(({ runsAlone }) => runsAlone !== true).map(({ id }) => id);

describe('the examination of a miner', () => {
  test('a healthy miner passes, and broken ones are told what they do wrong', async () => {
    const broken = EXAMINED_MINERS.filter(({ defect }) => SELECTION.includes(defect));
    const verdicts = await Promise.all([
      examineMiner('none', QUICK).then(({ results }) => [
        'none',
        // On a machine that can hardly breathe a rule may stay unclear: the soak wants all of them.
        results.find(({ finding }) => finding.outcome === 'failed') ?? null,
      ]),
      ...broken.map(async (miner) => [
        miner.defect,
        judgeReport(miner, await examineMiner(miner.defect, miner.breaks)),
      ]),
    ]);
    expect(verdicts).toEqual(
      ['none', ...broken.map(({ defect }) => defect)].map((name) => [name, null]),
    );
  });

  test('a miner that runs already is examined as it is', async ({ world }) => {
    const [port, listen] = [await freeUdpPort(), await freeUdpPort()];
    const program = join(import.meta.dirname, '../reference/faulty_miner.py');
    world.start(
      'miner',
      pythonPath(),
      [program, 'none', `127.0.0.1:${port}`, `127.0.0.1:${listen}`, 'genesis'],
      { env: { TARGET: EXAMINED_TARGET.text, HASHES_PER_SECOND: String(EXAMINED_RATE) } },
    );
    const outcome = await examine({
      subject: {
        kind: 'address',
        address: { host: '127.0.0.1', port },
        listen: { host: '127.0.0.1', port: listen },
      },
      target: EXAMINED_TARGET.target,
      silenceMs: SILENCE_MS,
      jobs: 1,
      only: ['encoding', 'broadcast', 'longest-chain'],
    });
    if (!outcome.ok) throw new Error(outcome.message);
    const outcomes = outcome.report.results.map(({ id, finding }) => [id, finding.outcome]);
    expect(Object.fromEntries(outcomes)).toEqual({
      start: 'passed',
      encoding: 'passed',
      hash: 'passed',
      target: 'passed',
      broadcast: 'skipped',
      extends: 'passed',
      'longest-chain': 'passed',
    });
  });

  test('the command says by its exit code, in JSON and on a page how a miner did', async ({
    world,
  }) => {
    const page = join(world.folder(), 'report.html');
    const flags = ['--target', EXAMINED_TARGET.text, '--silence', `${SILENCE_MS}ms`];
    const check = (...words: string[]) =>
      world.start('check', process.execPath, [
        '--import',
        'tsx',
        'lib/node/cli.ts',
        'check',
        ...words,
      ]);
    const runs = [
      check('--exec', commandOf('none'), '--only', 'extends', ...flags),
      check('--exec', commandOf('hash-of-base64'), '--json', '--html', page, ...flags),
      check('--exec', 'no-such-program {addr} {others}', ...flags),
    ];
    const codes = await Promise.all(runs.map((run) => run.waitForEnd(END_WITHIN_MS)));
    expect(codes.map(({ code }) => code)).toEqual([0, 1, 2]);
    expect(textOf(runs[0]!, 'out')).toMatch(/^passed +extends +sent: .* expected: .* came: /m);
    expect(textOf(runs[0]!, 'err')).toMatch(/^\[\d+\/\d+\] .*blocks so far; silence counts after/m);
    const report = JSON.parse(textOf(runs[1]!, 'out')) as {
      rules: { rule: string; came: string }[];
    };
    const hash = report.rules.find(({ rule }) => rule === 'hash')!;
    expect(hash).toMatchObject({ outcome: 'failed', came: expect.stringMatching(/base64 text/) });
    expect(readFileSync(page, 'utf8')).toContain('over the base64 text');
    expect(textOf(runs[2]!, 'err')).toMatch(/The command cannot be run/);
  });
});

function textOf(run: Running, stream: 'out' | 'err'): string {
  return run.output
    .filter((line) => line.stream === stream)
    .map(({ text }) => text)
    .join('\n');
}
