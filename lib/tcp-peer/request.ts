/**
 * The requests that a peer answers, cut out of a stream that has no framing (R23).
 *
 * Clients speak in lockstep, so that a request is what comes in one go: with a line break behind it, or with silence. A
 * word such as `pb` is complete by itself.
 */
import { readUtf8 } from '../chain/bytes.ts';
import { makeTransaction, splitTransaction } from './transaction.ts';

/** A transaction has at most 295 bytes; the rest is for white space. Longer ones are refused before they are complete. */
export const REQUEST_LIMIT_BYTES = 1024;

export type Request =
  | { readonly kind: 'transaction'; readonly text: string }
  /** `pb`: the chain, and what waits. */
  | { readonly kind: 'print-blockchain' }
  /** `hb`: the chain. */
  | { readonly kind: 'heartbeat' }
  /** `gp`: the last proof. */
  | { readonly kind: 'get-proof' }
  | { readonly kind: 'update-proof'; readonly proof: number }
  /** `cc` */
  | { readonly kind: 'close-connection' };

export type TakenRequest =
  /** Nothing to answer yet. `begun` says whether what is there already is the beginning of a request. */
  | { readonly kind: 'wait'; readonly begun: boolean; readonly quiet: boolean }
  | { readonly kind: 'request'; readonly request: Request; readonly rest: Uint8Array }
  /** To be answered with `Rejected`. `fatal` where the connection is to be closed too. */
  | {
      readonly kind: 'rejected';
      readonly reason: string;
      readonly fatal: boolean;
      readonly rest: Uint8Array;
    };

const NOTHING = new Uint8Array(0);
const LINE_BREAK = 0x0a;

/** What may follow on a line break within one go: another request of a client that does not wait for answers. */
const BEGINS_REQUEST = /^\s*(?:tx\||up ?\||(?:pb|hb|gp|cc)\s|(?:pb|hb|gp|cc)$)/;
/** Half a request: more may come. */
const HALF = /^(?:|t|p|h|g|c|u|tx|tx\|[^|]*|tx\|[^|]*\||up|up ?|up ?\| ?)$/;
/** Complete by itself, whatever comes behind. */
const WORD = /^(?:pb|hb|gp|cc)$/;

/**
 * The next request in the bytes received so far. `quiet` says that nothing has come for a moment. A `wait` whose `quiet`
 * is true wants to be asked again after such a moment; otherwise only more bytes help.
 */
export function takeRequest(bytes: Uint8Array, quiet: boolean): TakenRequest {
  const start = skipSpace(bytes);
  const pending = start === 0 ? bytes : bytes.subarray(start);
  if (pending.length === 0) return { kind: 'wait', begun: false, quiet: false };
  const lineBreak = pending.indexOf(LINE_BREAK);
  const end = lineBreak < 0 ? pending.length : lineBreak;
  if (end > REQUEST_LIMIT_BYTES)
    return reject(`a request has at most ${REQUEST_LIMIT_BYTES} bytes`, true, NOTHING);
  const text = readUtf8(pending.subarray(0, end));
  // Without a line break the last character may still be on its way.
  if (text === null && (lineBreak >= 0 || quiet))
    return reject('a request is UTF-8 text', true, NOTHING);
  if (lineBreak >= 0) {
    const rest = pending.subarray(end + 1);
    // A line break within a transaction would else cut it in two.
    const following = readUtf8(rest.subarray(0, 16)) ?? '';
    if (!BEGINS_REQUEST.test(following) && !HALF.test(following.trim()))
      return reject('a request has no line break within', false, NOTHING);
    return complete(text!, rest);
  }
  if (text !== null && WORD.test(text)) return complete(text, NOTHING);
  if (text === null || HALF.test(text))
    return { kind: 'wait', begun: true, quiet: text === null && !quiet };
  if (!quiet) return { kind: 'wait', begun: true, quiet: true };
  return complete(text, NOTHING);
}

/** The request that a text is, or why it is none, as a whole sentence without its full stop. */
export function readRequest(text: string): Request | string {
  switch (text.trim()) {
    case 'pb':
      return { kind: 'print-blockchain' };
    case 'hb':
      return { kind: 'heartbeat' };
    case 'gp':
      return { kind: 'get-proof' };
    case 'cc':
      return { kind: 'close-connection' };
  }
  const update = /^up ?\| ?(\d{1,16})$/.exec(text.trim());
  if (update !== null) return { kind: 'update-proof', proof: Number(update[1]) };
  const parts = splitTransaction(text);
  if (parts === null) return 'it is no request';
  const transaction = makeTransaction(parts.sender, parts.content);
  return transaction.ok ? { kind: 'transaction', text: transaction.text } : transaction.reason;
}

function complete(text: string, rest: Uint8Array): TakenRequest {
  // Only carriage returns of line breaks: spaces may belong to a transaction.
  const request = readRequest(text.replace(/\r+$/, ''));
  return typeof request === 'string'
    ? reject(request, false, rest)
    : { kind: 'request', request, rest };
}

function reject(reason: string, fatal: boolean, rest: Uint8Array): TakenRequest {
  return { kind: 'rejected', reason, fatal, rest };
}

/** Line breaks and spaces before a request mean nothing. */
function skipSpace(bytes: Uint8Array): number {
  let start = 0;
  while (
    start < bytes.length &&
    (bytes[start] === 0x20 || bytes[start] === 0x0a || bytes[start] === 0x0d)
  )
    start++;
  return start;
}
