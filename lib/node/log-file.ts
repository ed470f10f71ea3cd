/**
 * A node's own log: one file for each node id, one line for each event, the oldest first.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What may wait for a slow disk; lines beyond are dropped, and their number is written when it catches up. */
export const LOG_QUEUE_LIMIT_BYTES = 1024 * 1024;

export interface LogFile {
  readonly path: string;
  /** Appends one line, as text with the time before it; line breaks inside become spaces. */
  write(line: string): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

export type LogOutcome =
  { readonly ok: true; readonly log: LogFile } | { readonly ok: false; readonly message: string };

/**
 * Opens `<folder>/<node id>.txt` and appends to it; makes the folder. Trouble that comes later goes to `warn`. Where each
 * line is JSON, which states its time itself, the file ends in `.jsonl`.
 */
export async function openLogFile(
  folder: string,
  nodeId: string,
  warn: (message: string) => void,
  isJson = false,
): Promise<LogOutcome> {
  const path = join(folder, `${nodeId}.${isJson ? 'jsonl' : 'txt'}`);
  try {
    await mkdir(folder, { recursive: true });
    const stream = createWriteStream(path, { flags: 'a' });
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', reject);
    });
    let dropped = 0;
    let failed = false;
    stream.removeAllListeners('error');
    stream.on('error', (error) => {
      if (!failed) warn(`The log ${path} cannot be written any more (${error.message}).`);
      failed = true;
    });
    const append = (line: string) =>
      stream.write(
        isJson ? `${line}\n` : `${new Date().toISOString()} ${line.replace(/[\r\n]+/g, ' ')}\n`,
      );
    const describeDropped = (lines: number) =>
      isJson
        ? JSON.stringify({ time: new Date().toISOString(), kind: 'dropped', lines })
        : `${lines} lines were dropped because the disk was slow`;
    return {
      ok: true,
      log: {
        path,
        write(line) {
          if (failed) return;
          if (stream.writableLength > LOG_QUEUE_LIMIT_BYTES) {
            dropped++;
            return;
          }
          if (dropped > 0) append(describeDropped(dropped));
          dropped = 0;
          append(line);
        },
        close: () =>
          new Promise((resolve) => {
            if (failed) return resolve();
            if (dropped > 0) append(describeDropped(dropped));
            stream.end(() => resolve());
          }),
      },
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { ok: false, message: `The log ${path} cannot be written (${code ?? String(error)}).` };
  }
}
