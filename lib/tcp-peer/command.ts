/**
 * The commands of a peer's own user: `tx [sender] [content]`, `pb` and `cc` (R23).
 */
import { makeTransaction } from './transaction.ts';

/** A line of a terminal; longer ones hold no transaction. */
export const COMMAND_LIMIT_CHARS = 1024;

export const COMMAND_HELP = `Please enter your command:
  tx [sender] [content]  write a transaction: the sender is four letters and four digits, as Abcd1234,
                         the content at most 70 characters without |
  pb                     print the blockchain, and what waits for a block
  cc                     close the connection: end this peer, the others go on`;

export type Command =
  | { readonly kind: 'transaction'; readonly text: string }
  /** What is wrong with a transaction, as the end of a sentence. */
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'print-blockchain' }
  | { readonly kind: 'close-connection' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown' };

/** What a line asks for. All behind the sender is the content, spaces included. */
export function readCommand(line: string): Command {
  if (line.length > COMMAND_LIMIT_CHARS) return { kind: 'unknown' };
  const text = line.trim();
  switch (text) {
    case '':
      return { kind: 'nothing' };
    case 'pb':
      return { kind: 'print-blockchain' };
    case 'cc':
      return { kind: 'close-connection' };
  }
  const parts = /^tx +(\S+) (.+)$/u.exec(text);
  if (parts === null) return { kind: 'unknown' };
  const outcome = makeTransaction(parts[1]!, parts[2]!);
  return outcome.ok
    ? { kind: 'transaction', text: outcome.text }
    : { kind: 'rejected', reason: outcome.reason };
}
