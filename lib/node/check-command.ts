/**
 * `check`: examines somebody's UDP miner by the rules of the specification (R34).
 */
import { availableParallelism } from 'node:os';
import { writeFile } from 'node:fs/promises';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { HOMEWORK_TARGET, writeTarget } from '../chain/target.ts';
import { examine, type Progress } from '../check/examination.ts';
import type { SubjectOptions } from '../check/examiner.ts';
import { writeReportPage } from '../check/report-page.ts';
import { writeReportJson, writeReportLines } from '../check/report-text.ts';
import type { RuleId } from '../check/rule.ts';
import { RULES } from '../check/rules/index.ts';
import { writeUdpAddress } from '../drivers/udp/address.ts';
import {
  readAddress,
  readDefaultPort,
  readSpacingFlag,
  readTargetFlag,
  readWords,
  WrongWord,
  type FlagsOutcome,
} from './flag-values.ts';
import { catchInterrupts, INTERRUPTED_EXIT_CODE } from './interrupt.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** What `check` was asked for. */
export interface CheckFlags {
  readonly subject: SubjectOptions;
  readonly target: bigint;
  readonly silenceMs: number;
  readonly jobs: number;
  readonly only: readonly RuleId[] | null;
  readonly json: boolean;
  /** Where to write the page; null for none. */
  readonly html: string | null;
}

/** At 2**235 a program in Python finds a block in some seconds; none for a minute is one chance in 10,000. */
const USUAL_SILENCE_MS = 60_000;
const JOBS_LIMIT = 64;
/** Above this the examiner's blocks without work could have some by accident. */
const TARGET_LIMIT = 1n << 250n;

const CHECK_OPTIONS = {
  exec: { type: 'string' },
  listen: { type: 'string' },
  target: { type: 'string' },
  'default-port': { type: 'string' },
  only: { type: 'string' },
  jobs: { type: 'string' },
  silence: { type: 'string' },
  json: { type: 'boolean' },
  html: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** Reads the words after `check`. */
export function readCheckFlags(words: readonly string[]): FlagsOutcome<CheckFlags> {
  return readWords(words, () => {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: CHECK_OPTIONS,
      allowPositionals: true,
    });
    if (values.help === true) return { kind: 'help' };
    if (positionals.length === 0 && values.exec === undefined) return { kind: 'usage' };
    if (positionals.length + (values.exec === undefined ? 0 : 1) !== 1)
      throw new WrongWord(
        'Name one miner: <host:port> of one that runs, or --exec with the command that starts one, in quotes.',
      );
    const target = readTargetFlag(values.target) ?? HOMEWORK_TARGET;
    if (target > TARGET_LIMIT)
      throw new WrongWord(`--target: the examination needs a target of at most 2**250.`);
    const defaultPort = readDefaultPort(values['default-port']);
    return {
      kind: 'flags',
      flags: {
        subject: readSubject(values, positionals[0], defaultPort),
        target,
        silenceMs: readSpacingFlag(values.silence, '--silence', false) ?? USUAL_SILENCE_MS,
        jobs: readJobs(values.jobs),
        only: readOnly(values.only),
        json: values.json === true,
        html: values.html ?? null,
      },
    };
  });
}

function readSubject(
  { exec, listen }: { exec?: string; listen?: string },
  address: string | undefined,
  defaultPort: number,
): SubjectOptions {
  if (exec !== undefined) {
    if (!exec.includes('{addr}') || !exec.includes('{others}'))
      throw new WrongWord(
        '--exec needs {addr} and {others} where the miner takes its addresses: "python3 miner.py {addr} {others}".',
      );
    return { kind: 'exec', command: exec };
  }
  return {
    kind: 'address',
    address: readAddress(address!, defaultPort, '<host:port>'),
    listen: readAddress(listen ?? '0.0.0.0', defaultPort, '--listen'),
  };
}

function readJobs(text: string | undefined): number {
  if (text === undefined) return Math.max(1, Math.floor(availableParallelism() / 2));
  const jobs = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (jobs >= 1 && jobs <= JOBS_LIMIT) return jobs;
  throw new WrongWord(`--jobs "${text}" is no number from 1 to ${JOBS_LIMIT}.`);
}

function readOnly(text: string | undefined): readonly RuleId[] | null {
  if (text === undefined) return null;
  const ids = text.split(',').map((word) => word.trim());
  const unknown = ids.find((id) => !RULES.some((rule) => rule.id === id));
  if (unknown !== undefined)
    throw new WrongWord(
      `--only "${unknown}" is no rule: they are ${RULES.map(({ id }) => id).join(', ')}.`,
    );
  return ids as RuleId[];
}

/** Examines. The exit code is 0 where all rules hold, 1 where one does not or is unclear, 2 where nothing could begin. */
export async function runCheck(flags: CheckFlags, terminal: Terminal): Promise<number> {
  const { subject, target, silenceMs, jobs, only, json, html } = flags;
  // Leaves by the exit of the process, which ends the programs that were started.
  const interrupts = catchInterrupts();
  interrupts.signal.addEventListener('abort', () => process.exit(INTERRUPTED_EXIT_CODE));
  let last = '';
  const outcome = await examine({
    subject,
    target,
    silenceMs,
    jobs,
    ...(only !== null && { only }),
    onProgress(progress) {
      const line = writeProgress(progress, silenceMs);
      if (line !== last) terminal.complain(line);
      last = line;
    },
  });
  if (!outcome.ok) {
    terminal.complain(outcome.message);
    return EXIT.usage;
  }
  const { report } = outcome;
  const head = {
    subject: subject.kind === 'exec' ? subject.command : writeUdpAddress(subject.address),
    target: writeTarget(target),
    at: new Date().toISOString(),
  };
  terminal.print(json ? writeReportJson(report, head) : writeReportLines(report).join('\n'));
  if (html !== null) {
    try {
      await writeFile(html, writeReportPage(report, head));
    } catch (error) {
      terminal.complain(`The page could not be written: ${(error as Error).message}.`);
      return EXIT.usage;
    }
  }
  return report.outcome === 'passed' ? EXIT.ok : EXIT.failed;
}

function writeProgress({ running, done, rules, blocks }: Progress, silenceMs: number): string {
  const waiting = running.length === 0 ? 'done' : running.join(', ');
  return `[${done}/${rules}] ${waiting}: ${blocks} blocks so far; silence counts after ${silenceMs / 1000} s`;
}
