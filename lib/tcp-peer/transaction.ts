/**
 * A transaction as one line of text, `tx|sender|content`, and what makes it acceptable (R24).
 */

/** Four letters and four digits. */
export const SENDER = /^[a-zA-Z]{4}[0-9]{4}$/;
/** Characters (code points) of the content. */
export const CONTENT_LIMIT_CHARS = 70;
/** Transactions of one block. */
export const TRANSACTIONS_LIMIT = 5;

/** Control characters, line separators, and halves of characters, which no UTF-8 can carry. */
const UNWANTED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Where the text of a transaction begins. */
const PREFIX = 'tx|';

export type TransactionOutcome =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

/** The line that stands for a transaction, or what is wrong with its parts, as the end of a sentence. */
export function makeTransaction(sender: string, content: string): TransactionOutcome {
  const reason = describeFault(sender, content);
  if (reason !== null) return { ok: false, reason };
  if (content === '') return { ok: false, reason: 'the content is empty' };
  return { ok: true, text: `${PREFIX}${sender}|${content}` };
}

/** Whether a line in a block of somebody else's chain is a transaction. It may be without content, ours never are. */
export function isTransaction(text: string): boolean {
  const parts = splitTransaction(text);
  return parts !== null && describeFault(parts.sender, parts.content) === null;
}

/** The parts of a line, not yet checked; null where it has none. */
export function splitTransaction(text: string): { sender: string; content: string } | null {
  if (!text.startsWith(PREFIX)) return null;
  const bar = text.indexOf('|', PREFIX.length);
  if (bar < 0) return null;
  return { sender: text.slice(PREFIX.length, bar), content: text.slice(bar + 1) };
}

function describeFault(sender: string, content: string): string | null {
  if (!SENDER.test(sender)) return 'the sender should be four letters and four digits, as Abcd1234';
  if (content.includes('|')) return 'the content should hold no |';
  if (UNWANTED.test(content)) return 'the content should hold no control characters';
  // A text of 70 characters has at most 140 units, so that longer ones need not be counted.
  if (content.length > 2 * CONTENT_LIMIT_CHARS || [...content].length > CONTENT_LIMIT_CHARS)
    return `the content should have at most ${CONTENT_LIMIT_CHARS} characters`;
  return null;
}
