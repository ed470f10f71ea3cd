/**
 * Running other programs quietly: their output is kept, and shown only where they fail.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of the clone. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Enough to hold the error of a failed build, and not a whole log. */
const SHOWN_OUTPUT_LIMIT_CHARS = 8_000;

/** Something that a person has to know. 2 means that they have to do something first. */
export class Trouble extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a program in the clone's folder and waits for its end.
 * Returns `{ ok, output }`: ok where it ended with 0, and the last of its output. Never throws.
 */
export function runQuietly(program, args, { timeoutMs, env = {} }) {
  return new Promise((resolve) => {
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-SHOWN_OUTPUT_LIMIT_CHARS);
    };
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const end = (result) => {
      clearTimeout(timer);
      resolve(result);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => end({ ok: false, output: `${program}: ${error.message}` }));
    child.on('close', (code, signal) => {
      if (signal !== null) keep(`\n${program} was ended by ${signal}`);
      end({ ok: code === 0, output: output.trim() });
    });
  });
}

/** Says what begins, does it, and says how long it took. */
export async function withProgress(words, action) {
  const startedMs = performance.now();
  process.stderr.write(`${words} … `);
  try {
    const result = await action();
    process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stderr.write('failed\n');
    throw error;
  }
}
