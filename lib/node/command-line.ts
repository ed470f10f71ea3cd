/**
 * Reads commands of a user, line by line: with a prompt on a terminal, as plain lines from a pipe (R23).
 *
 * Answers go to the standard output. What a user should know beside goes to the error output, so that a pipe gets the
 * answers alone.
 */
import { clearLine, createInterface, cursorTo } from 'node:readline';

export interface CommandLine {
  /** Whether a person sits there. */
  readonly isTerminal: boolean;
  /** Begins to read. `leave` is called when the user ends a terminal's input, or presses Ctrl-C there. */
  start(take: (line: string) => void, leave: () => void): void;
  /** The answer to a command. */
  answer(text: string): void;
  /** News, whenever they come. */
  tell(sentence: string): void;
  close(): void;
}

export function openCommandLine(prompt: string): CommandLine {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const reader = createInterface({
    input: process.stdin,
    ...(isTerminal && { output: process.stdout, prompt }),
    terminal: isTerminal,
  });
  let closed = false;
  let started = false;

  function write(stream: NodeJS.WriteStream, text: string): void {
    const prompting = isTerminal && started && !closed;
    if (prompting) {
      clearLine(process.stdout, 0);
      cursorTo(process.stdout, 0);
    }
    stream.write(`${text}\n`);
    // With what the user has typed so far.
    if (prompting) reader.prompt(true);
  }

  return {
    isTerminal,
    start(take, leave) {
      started = true;
      reader.on('line', (line) => {
        if (closed) return;
        take(line);
        // After the last command nobody is asked for another one.
        setImmediate(() => {
          if (isTerminal && !closed) reader.prompt();
        });
      });
      if (!isTerminal) return;
      // What the terminal shows next begins on a line of its own.
      const leaveLine = () => {
        if (!closed) process.stdout.write('\n');
        leave();
      };
      reader.on('SIGINT', leaveLine);
      reader.on('close', leaveLine);
      reader.prompt();
    },
    answer: (text) => write(process.stdout, text),
    tell: (sentence) => write(process.stderr, sentence),
    close() {
      closed = true;
      reader.close();
      process.stdin.pause();
    },
  };
}
