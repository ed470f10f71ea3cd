/**
 * Where a command speaks to its user.
 */
export interface Terminal {
  /** A line, or several, for the user. */
  print(text: string): void;
  /** What went wrong, in whole sentences. */
  complain(text: string): void;
  /** Whether a person sees it, in colours. */
  readonly colours: boolean;
}

/** Exit codes of all commands. */
export const EXIT = {
  /** Ended as its user wished. */
  ok: 0,
  /** Something outside failed: a disk, a damaged file. */
  failed: 1,
  /** The command line asks for what cannot be: an unknown flag, a bad value, a port that is taken. */
  usage: 2,
} as const;

export const processTerminal: Terminal = {
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
  // The convention of no-color.org: any value but an empty one switches colours off.
  colours: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
};
