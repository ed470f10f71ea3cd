/**
 * The examined miner: a program that is started anew for each rule, or one that runs already somewhere.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { platform } from 'node:os';
import type { UdpAddress } from '../drivers/udp/address.ts';

/** Lines of the program's own output that are kept: a traceback and what led to it. */
const KEPT_LINES_LIMIT = 40;
const LINE_LIMIT_CHARS = 300;
/** A program that does not end this long after it was asked to is killed. */
const STOP_GRACE_MS = 2_000;

export interface RunningProgram {
  /** How it ended, as the end of "it …"; null while it runs. */
  ended(): string | null;
  /** The last that it wrote to its error stream. */
  lastWords(): string;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
// Ctrl-C ends the examination, and no miner may live on.
process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

/**
 * Fills in a command line. `{addr}`, `{others}` and `{genesis}` stand for the miner's arguments; a command without
 * `{genesis}` gets the word at its end where it is wanted.
 */
export function fillCommand(
  command: string,
  { addr, others, genesis }: { addr: string; others: string; genesis: boolean },
): string {
  const word = genesis ? 'genesis' : '';
  const filled = command.replaceAll('{addr}', addr).replaceAll('{others}', others);
  return (
    filled.includes('{genesis}') ? filled.replaceAll('{genesis}', word) : `${filled} ${word}`
  ).trim();
}

/** Starts a command line by the system's shell. */
export function startProgram(command: string): RunningProgram {
  const isWindows = platform() === 'win32';
  const child = spawn(command, {
    shell: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own, so that what the shell starts ends with it.
    detached: !isWindows,
    env: { ...process.env, PYTHONUNBUFFERED: '1' },
  });
  running.add(child);
  const lines: string[] = [];
  let ended: string | null = null;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter((line) => line.trim() !== ''))
      lines.push(line.slice(0, LINE_LIMIT_CHARS));
    lines.splice(0, Math.max(0, lines.length - KEPT_LINES_LIMIT));
  });
  const closed = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      ended = `could not be started: ${error.message}`;
      resolve();
    });
    child.on('close', (code, signal) => {
      ended ??= signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      running.delete(child);
      resolve();
    });
  });
  return {
    ended: () => ended,
    lastWords: () => lines.at(-1) ?? '',
    async stop() {
      signalGroup(child, 'SIGTERM');
      const kill = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_GRACE_MS);
      await closed;
      clearTimeout(kill);
      // What the shell has started may live longer than the shell.
      signalGroup(child, 'SIGKILL');
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (platform() === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}

/** Addresses of this machine for one process: its own, and those of the others that the examiner plays. */
export interface PlaceForProcess {
  readonly addr: UdpAddress;
  readonly others: readonly [string, string];
}

/**
 * A place that nothing else uses. Linux has a whole network of loopback addresses, so that each process can have its
 * own; elsewhere a free port of the one address has to do.
 */
export async function findPlace(): Promise<PlaceForProcess> {
  if (platform() !== 'linux')
    return {
      addr: { host: '127.0.0.1', port: await freePort() },
      others: ['127.0.0.1', '127.0.0.1'],
    };
  const net = `127.${randomInt(1, 255)}.${randomInt(0, 256)}`;
  const last = 4 * randomInt(1, 60);
  return {
    addr: { host: `${net}.${last}`, port: await freePort() },
    others: [`${net}.${last + 1}`, `${net}.${last + 2}`],
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4').on('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** How often an address at which nobody listens yet is tried. */
const KNOCK_EVERY_MS = 50;
/** No error within this time after the datagram left means that somebody listens: the loopback says so at once. */
const REFUSAL_MS = 20;

/**
 * Sends a datagram to a program that may still be starting, so that it arrives once: again after each refusal of the
 * system, which says that nobody listens there. Resolves to false where that went on until `isOver`.
 */
export async function knock(
  bytes: Uint8Array,
  to: UdpAddress,
  isOver: () => boolean,
): Promise<boolean> {
  while (!isOver()) {
    if (await isTaken(bytes, to)) return true;
    await new Promise((resolve) => setTimeout(resolve, KNOCK_EVERY_MS));
  }
  return false;
}

function isTaken(bytes: Uint8Array, to: UdpAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    let isDone = false;
    const finish = (taken: boolean) => {
      if (isDone) return;
      isDone = true;
      socket.removeAllListeners('error').on('error', () => undefined);
      socket.close(() => resolve(taken));
    };
    socket.once('error', () => finish(false));
    // A connected socket is told of the refusal.
    socket.connect(to.port, to.host, () => {
      socket.send(bytes, (error) => {
        if (error !== null) return void socket.emit('error', error);
        // Where this process was busy, the timer is due before the sockets were read: they are before `setImmediate`.
        setTimeout(() => setImmediate(() => finish(true)), REFUSAL_MS);
      });
    });
  });
}
