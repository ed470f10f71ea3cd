/**
 * One long-lived connection to a neighbour, in strict lockstep: a request, its reply, then the next (R22, R23).
 *
 * Neighbours of the field lose a thread with every connection that closes, and bytes with every request that comes
 * before its predecessor was answered.
 */
import { connect, type Socket } from 'node:net';
import type { Neighbour } from './config.ts';
import { ReplyReader } from './reply.ts';

/** On a local network a connection stands within milliseconds. */
export const CONNECT_LIMIT_MS = 3_000;
/** A neighbour that says nothing for so long, or goes silent within a reply, is given up until the next heartbeat. */
export const REPLY_SILENCE_MS = 10_000;
/** However slowly a reply drips, it ends here. */
export const REPLY_TOTAL_MS = 60_000;
/** Silence that ends a reply of words that we do not know. */
export const WORD_SILENCE_MS = 1_000;
/** After a failure nothing is tried for so long. */
export const RETRY_MS = 1_000;
/** Transactions that wait to be passed on. More come with the chain. */
export const FORWARD_LIMIT = 1_000;
/**
 * A transaction that could not be passed on by then comes with the chain instead. Later it might reach a neighbour that
 * has it from the chain already, and that would enter it twice.
 */
export const FORWARD_AGE_MS = 2_000;

export interface NeighbourEvents {
  /** The neighbour's answer to a heartbeat. */
  chain(reply: string): void;
  /** It answers, and did not before; or the reverse, with the reason. */
  reachable(reason: string | null): void;
}

export interface NeighbourLink {
  /** Asks for the neighbour's chain, unless the last heartbeat still waits for its answer. */
  heartbeat(): void;
  /** Passes a transaction on. */
  pass(transaction: string): void;
  close(): void;
}

interface Errand {
  readonly request: string;
  readonly sinceMs: number;
  /** Heartbeats may be asked again; a transaction would be entered twice. */
  readonly repeatable: boolean;
}

/** Connects when there is something to say, and stays connected. */
export function openNeighbourLink(neighbour: Neighbour, events: NeighbourEvents): NeighbourLink {
  const errands: Errand[] = [];
  let socket: Socket | null = null;
  /** Not until the connection stands. */
  let ready = false;
  /** Replies that came on this connection; the other side may close it after each. */
  let replies = 0;
  let current: Errand | null = null;
  let reader = new ReplyReader();
  let decoder = new TextDecoder();
  let silenceTimer: NodeJS.Timeout | undefined;
  let totalTimer: NodeJS.Timeout | undefined;
  let retryFromMs = 0;
  let reachable: boolean | null = null;
  let closed = false;

  function next(): void {
    if (closed || current !== null) return;
    const nowMs = performance.now();
    while (errands[0] !== undefined && isStale(errands[0], nowMs)) errands.shift();
    if (errands.length === 0) return;
    if (socket === null) {
      if (nowMs >= retryFromMs) open();
      return;
    }
    if (!ready) return;
    current = errands.shift()!;
    reader = new ReplyReader();
    socket.write(current.request);
    armSilence(REPLY_SILENCE_MS);
    totalTimer = setTimeout(() => fail('its reply never ended'), REPLY_TOTAL_MS);
  }

  function open(): void {
    const opened = connect({ host: neighbour.host, port: neighbour.port, noDelay: true });
    socket = opened;
    ready = false;
    replies = 0;
    decoder = new TextDecoder();
    armSilence(CONNECT_LIMIT_MS);
    opened.on('connect', () => {
      clearTimers();
      ready = true;
      next();
    });
    opened.on('data', (chunk) => {
      if (socket === opened) take(decoder.decode(chunk, { stream: true }));
    });
    opened.on('error', (error: NodeJS.ErrnoException) => {
      if (socket === opened) fail(describeError(error));
    });
    opened.on('close', () => {
      if (socket === opened) lost();
    });
  }

  /** What comes while nothing was asked is noise. */
  function take(text: string): void {
    if (current === null) return;
    const state = reader.push(text);
    if (state.kind === 'complete') finish(state.text);
    else if (state.kind === 'too-long') fail('its reply is too long');
    else armSilence(reader.endBySilence() === null ? REPLY_SILENCE_MS : WORD_SILENCE_MS);
  }

  function finish(reply: string): void {
    const errand = current!;
    clearTimers();
    current = null;
    replies++;
    report(null);
    if (errand.repeatable) events.chain(reply);
    next();
  }

  function silence(): void {
    const word = current === null ? null : reader.endBySilence();
    if (word !== null) finish(word);
    else fail(ready ? 'it does not answer' : 'it cannot be reached');
  }

  /** The neighbour has closed the connection. */
  function lost(): void {
    const errand = current;
    // It may close after each reply, just when we ask again: then the question is asked anew, once.
    if (errand === null || (errand.repeatable && replies > 0 && !reader.begun)) {
      drop();
      if (errand !== null) errands.unshift(errand);
      next();
    } else fail('it closed the connection');
  }

  function fail(reason: string): void {
    drop();
    retryFromMs = performance.now() + RETRY_MS;
    report(reason);
  }

  function drop(): void {
    clearTimers();
    current = null;
    ready = false;
    const dropped = socket;
    socket = null;
    dropped?.destroy();
  }

  function report(reason: string | null): void {
    const now = reason === null;
    if (closed || reachable === now) return;
    reachable = now;
    events.reachable(reason);
  }

  function armSilence(afterMs: number): void {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(silence, afterMs);
  }

  function clearTimers(): void {
    clearTimeout(silenceTimer);
    clearTimeout(totalTimer);
  }

  return {
    heartbeat() {
      const waits = current?.repeatable === true || errands.some(({ repeatable }) => repeatable);
      if (!waits) errands.unshift({ request: 'hb', sinceMs: performance.now(), repeatable: true });
      next();
    },
    pass(transaction) {
      if (errands.length >= FORWARD_LIMIT) return;
      errands.push({ request: transaction, sinceMs: performance.now(), repeatable: false });
      next();
    },
    close() {
      closed = true;
      clearTimers();
      const ending = socket;
      socket = null;
      // A neighbour that is busy does not read on: then the end comes at once.
      if (current === null) ending?.end();
      else ending?.destroy();
    },
  };
}

function isStale(errand: Errand, nowMs: number): boolean {
  return !errand.repeatable && nowMs - errand.sinceMs > FORWARD_AGE_MS;
}

function describeError(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nobody listens there';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'it broke the connection off';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host is not known';
    default:
      return `it cannot be reached (${error.code ?? error.message})`;
  }
}
