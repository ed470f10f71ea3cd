/**
 * Other programs under test: started with their output kept, found free ports for, and killed for certain at the end.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Lines kept of each program's output: enough for the story of a failure. */
const KEPT_LINES_LIMIT = 20_000;
/** A program that does not end within this time after it was asked to is killed. */
const STOP_GRACE_MS = 60_000;

export interface Output {
  readonly stream: 'out' | 'err';
  readonly text: string;
}

/** A program that runs, or ran. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  /** What it has printed so far, oldest first. */
  readonly output: readonly Output[];
  /** Null while it runs; a program ended by a signal has code null. */
  readonly ended: { readonly code: number | null; readonly signal: string | null } | null;
  /** The match in the first line that fits, whenever it was or will be printed. Fails at once when the program ends. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>;
  waitForEnd(timeoutMs: number): Promise<{ code: number | null; signal: string | null }>;
  /** Asks it to end as Ctrl-C would, and kills it where it does not. */
  stop(): Promise<void>;
  /** Ends it, and all that it has started, at once, as a power cut would. */
  kill(): Promise<void>;
  write(text: string): void;
  /** Ends its standard input. */
  endInput(): void;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const running = new Set<ChildProcess>();

// Whatever happens to the test run, nothing that it started may live on.
process.on('exit', () => {
  for (const child of running) killGroup(child);
});

/** Starts a program. Its name stands before its lines in the report of a failure. */
export function startProcess(
  name: string,
  program: string,
  args: readonly string[],
  { env = {}, cwd = ROOT }: StartOptions = {},
): Running {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that its children die with it.
    detached: process.platform !== 'win32',
  });
  running.add(child);
  const output: Output[] = [];
  let ended: Running['ended'] = null;
  const keep = (stream: Output['stream']) => (text: string) => {
    if (output.length === KEPT_LINES_LIMIT) output.shift();
    output.push({ stream, text });
  };
  createInterface(child.stdout).on('line', keep('out'));
  createInterface(child.stderr).on('line', keep('err'));
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => keep('err')(`could not be started: ${error.message}`));
  const closed = new Promise<void>((resolve) => {
    child.on('close', (code, signal) => {
      ended = { code, signal };
      running.delete(child);
      resolve();
    });
  });

  const waitForEnd = async (timeoutMs: number): Promise<NonNullable<Running['ended']>> =>
    waitFor(() => ended, { timeoutMs, describe: `${name} has ended` });
  return {
    name,
    pid: child.pid ?? 0,
    output,
    get ended() {
      return ended;
    },
    waitForEnd,
    async waitForLine(pattern, timeoutMs) {
      let seen = 0;
      const match = await waitFor(
        () => {
          const end = ended;
          for (; seen < output.length; seen++) {
            const found = pattern.exec(output[seen]!.text);
            if (found !== null) return { found };
          }
          return end === null ? null : { found: null };
        },
        { timeoutMs, describe: `${name} has printed ${pattern}`, pollMs: 20 },
      );
      if (match.found === null)
        throw new Error(`${name} ended without printing ${pattern}:\n${lastLines(output, 20)}`);
      return match.found;
    },
    async stop() {
      child.kill('SIGINT');
      await waitForEnd(STOP_GRACE_MS).catch(() => killGroup(child));
      await closed;
    },
    async kill() {
      if (ended === null) killGroup(child);
      await closed;
    },
    write(text) {
      child.stdin.write(text);
    },
    endInput() {
      child.stdin.end();
    },
  };
}

/** The last lines of a program's output, for the text of a failure. */
export function lastLines(output: readonly Output[], count: number): string {
  return output
    .slice(-count)
    .map(({ text }) => text)
    .join('\n');
}

/** A TCP port on which nobody listens. */
export function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() =>
        resolve(address !== null && typeof address === 'object' ? address.port : 0),
      );
    });
  });
}

/** A UDP port on which nobody listens. */
export function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4').on('error', reject);
    socket.bind(0, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** The Python that was found when the clone was made ready. */
export function pythonPath(): string {
  return readNote('.tabchain-python', 'python3');
}

/** The Chromium that was found when the clone was made ready. */
export function browserPath(): string {
  return process.env['TABCHAIN_CHROMIUM'] || readNote('.tabchain-browser', 'chromium');
}

function readNote(name: string, usual: string): string {
  try {
    return readFileSync(join(ROOT, 'node_modules', name), 'utf8');
  } catch {
    return usual;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
