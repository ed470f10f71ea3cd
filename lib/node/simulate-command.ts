/**
 * `simulate`: a company of nodes performs the six tasks of the distributed ledger, with a log for each node (R18).
 */
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { SEED_LIMIT } from '../sim/random.ts';
import { readFolder, readWords, WrongWord, type FlagsOutcome } from './flag-values.ts';
import { drawTable, simulate, UDP_PEERS_LIMIT } from './simulate/simulation.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface SimulateFlags {
  readonly seed: number;
  readonly peers: number;
  /** 0 to 1. */
  readonly crash: number;
  readonly logDir: string;
}

const PEERS = { usual: 75, least: 6, most: 1_000 } as const;
const CRASH_LIMIT_PERCENT = 50;

const SIMULATE_OPTIONS = {
  seed: { type: 'string' },
  peers: { type: 'string' },
  crash: { type: 'string' },
  'log-dir': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** Reads the words after `simulate`. */
export function readSimulateFlags(words: readonly string[]): FlagsOutcome<SimulateFlags> {
  return readWords(words, () => {
    const { values } = parseArgs({ args: [...words], options: SIMULATE_OPTIONS });
    if (values.help === true) return { kind: 'help' };
    const flags = {
      seed: readWhole(values.seed, '--seed', 0, SEED_LIMIT - 1) ?? 1,
      peers: readWhole(values.peers, '--peers', PEERS.least, PEERS.most) ?? PEERS.usual,
      crash: (readWhole(values.crash, '--crash', 0, CRASH_LIMIT_PERCENT) ?? 0) / 100,
      logDir: readFolder(values['log-dir'] ?? 'logs', '--log-dir')!,
    };
    return { kind: 'flags', flags };
  });
}

/** Performs the tasks, by `perform`. The exit code says whether all of them passed, and were logged. */
export async function runSimulate(
  flags: SimulateFlags,
  terminal: Terminal,
  perform: typeof simulate = simulate,
): Promise<number> {
  const { logDir, ...options } = flags;
  const logs = new Map<string, WriteStream>();
  let trouble: string | null = null;
  try {
    mkdirSync(logDir, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    terminal.complain(`The folder of logs ${logDir} cannot be made (${code ?? String(error)}).`);
    return EXIT.failed;
  }
  function log(account: string, line: string): void {
    let stream = logs.get(account);
    if (stream === undefined) {
      stream = createWriteStream(join(logDir, `${account}.txt`));
      stream.on('error', (error) => (trouble ??= error.message));
      logs.set(account, stream);
    }
    stream.write(`${line}\n`);
  }
  const startedMs = performance.now();
  const results = await perform({
    ...options,
    isSimulated: options.peers > UDP_PEERS_LIMIT,
    log,
    tell: terminal.print,
  });
  await Promise.all([...logs.values()].map(closeStream));
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  terminal.print(`\n${drawTable(results)}\n`);
  if (trouble !== null) terminal.complain(`A log could not be written: ${trouble}`);
  const passed = results.filter(({ ok }) => ok).length;
  terminal.print(
    `${passed} of ${results.length} tasks passed in ${seconds} s; a log for each node is in ${logDir}`,
  );
  return passed === results.length && trouble === null ? EXIT.ok : EXIT.failed;
}

function closeStream(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.end(() => resolve());
    stream.once('error', () => resolve());
  });
}

function readWhole(
  text: string | undefined,
  flag: string,
  least: number,
  most: number,
): number | null {
  if (text === undefined) return null;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw new WrongWord(`${flag} "${text}" is no whole number from ${least} to ${most}.`);
}
