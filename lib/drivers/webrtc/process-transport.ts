/**
 * WebRTC for Node in a child process, as a transport like any other (R9, R29). When the child dies, its links are
 * lost, and it is started anew; the peer and its chain live on.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitBeforeRetryMs } from '../signaling/backoff.ts';
import { MESSAGE_LIMIT_BYTES, QUEUE_LIMIT_BYTES } from './link.ts';
import type { Order, Report, WorkOrder } from './process-messages.ts';
import type { WebRtcEvents, WebRtcTransport } from './contract.ts';

/** A child that lived this long did not die of its start, and the next wait is short again. */
const STEADY_AFTER_MS = 30_000;

/**
 * Signals that wait for the child: an offer with its candidates from each of the peers that may dial at once. Whoever
 * dials a newcomer at the first moment would else wait in vain for its answer, and try again much later.
 */
export const EARLY_SIGNALS_LIMIT = 512;

/** Bytes that wait on one link: handed to the child and not reported back, or waiting within it. */
interface Queue {
  unreported: number;
  reported: number;
}

/** A child process that waits to be told whose it is. */
export interface WebRtcProcess {
  /** Its process id, for logs. */
  readonly pid: number;
  /** Whether it has WebRTC; false where this machine has none. */
  readonly ready: Promise<boolean>;
  /** Works by it, now or as soon as it is ready. To be called once. */
  createTransport(order: WorkOrder, events: WebRtcEvents, random: () => number): WebRtcTransport;
  /** Ends it where no transport was created. */
  close(): void;
}

/** Starts a child process for WebRTC. */
export function startWebRtcProcess(): WebRtcProcess {
  const child = startChild();
  let state: FirstState = 'starting';
  const ready = new Promise<boolean>((resolve) => {
    child.once('message', (report: Report) => {
      state = report.type === 'ready' ? 'ready' : 'missing';
      resolve(state === 'ready');
    });
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  return {
    pid: child.pid ?? 0,
    ready,
    createTransport: (order, events, random) =>
      createTransport(child, state, order, events, random),
    close: () => end(child),
  };
}

/** What the first child has said by the time that a transport is made of it. */
type FirstState = 'starting' | 'ready' | 'missing';

function createTransport(
  first: ChildProcess,
  firstState: FirstState,
  order: WorkOrder,
  events: WebRtcEvents,
  random: () => number,
): WebRtcTransport {
  let child: ChildProcess | null = null;
  /** Counts the children, so that no two of them name a link alike. */
  let generation = 0;
  let deaths = 0;
  let startedMs = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the current child was told to work; until then dials wait. */
  let isAtWork = false;
  let isMissing = false;
  let isClosed = false;
  const links = new Map<string, Queue>();
  const dials = new Set<string>();
  /** Heard before the child was at work, the oldest first. */
  let early: Extract<Order, { type: 'hear' }>[] = [];

  adopt(first);
  if (firstState === 'ready') begin();
  if (firstState === 'missing') queueMicrotask(() => giveUp());

  function adopt(next: ChildProcess): void {
    child = next;
    generation++;
    startedMs = performance.now();
    // A child that was replaced may still speak; only the current one is heard.
    next.on('message', (report: Report) => {
      if (child === next && !isClosed) hear(report);
    });
    next.once('exit', () => lose(next));
    next.on('error', () => lose(next));
  }

  function begin(): void {
    isAtWork = true;
    post({ type: 'work', ...order });
    for (const nodeId of dials) post({ type: 'dial', nodeId });
    for (const order of early) post(order);
    early = [];
  }

  function hear(report: Report): void {
    switch (report.type) {
      case 'ready':
        begin();
        return;
      case 'missing':
        giveUp();
        return;
      case 'connected':
        links.set(outer(report.linkId), { unreported: 0, reported: 0 });
        dials.delete(report.nodeId);
        events.connected(outer(report.linkId), report.kind, report.nodeId);
        return;
      case 'received':
        if (links.has(outer(report.linkId))) events.received(outer(report.linkId), report.bytes);
        return;
      case 'disconnected':
        if (links.delete(outer(report.linkId))) events.disconnected(outer(report.linkId));
        return;
      case 'dial-failed':
        dials.delete(report.nodeId);
        events.dialFailed(report.nodeId);
        return;
      case 'signal':
        events.signal(report.to, report.signal);
        return;
      case 'warn':
        events.warn(report.message);
        return;
      case 'queue': {
        const queue = links.get(outer(report.linkId));
        if (queue === undefined) return;
        queue.unreported -= report.taken;
        queue.reported = report.queued;
      }
    }
  }

  /** This machine has no WebRTC, and another child would not find it either. */
  function giveUp(): void {
    if (isClosed || isMissing) return;
    isMissing = true;
    early = [];
    events.warn(
      'WebRTC is missing on this machine: links go through the server. The optional package @roamhq/wrtc has it.',
    );
    failDials();
  }

  function failDials(): void {
    const failed = [...dials];
    dials.clear();
    // Each may make the owner close the transport, and nothing is called after that.
    for (const nodeId of failed) if (!isClosed) events.dialFailed(nodeId);
  }

  /** The child has died: so have its links and dials. */
  function lose(dead: ChildProcess): void {
    if (child !== dead) return;
    child = null;
    isAtWork = false;
    if (isClosed || isMissing) return;
    deaths = performance.now() - startedMs > STEADY_AFTER_MS ? 1 : deaths + 1;
    timer = setTimeout(() => adopt(startChild()), waitBeforeRetryMs(deaths - 1, random));
    const lostLinks = [...links.keys()];
    links.clear();
    events.warn('WebRTC crashed and is started again; links to others come back by themselves.');
    for (const linkId of lostLinks) if (!isClosed) events.disconnected(linkId);
    failDials();
  }

  function post(message: Order): void {
    if (child?.connected === true) child.send(message);
  }

  /** The child's name of a link and ours. */
  const outer = (linkId: string): string => `${linkId}@${generation}`;
  const inner = (linkId: string): string => linkId.slice(0, linkId.lastIndexOf('@'));

  return {
    dial(nodeId) {
      if (isClosed) return;
      dials.add(nodeId);
      if (isMissing) queueMicrotask(() => failDials());
      if (isAtWork) post({ type: 'dial', nodeId });
    },
    hear(from, signal) {
      const order = { type: 'hear', from, signal } as const;
      if (isAtWork) post(order);
      else if (!isMissing && early.length < EARLY_SIGNALS_LIMIT) early.push(order);
    },
    rejoined: (nodeId) => post({ type: 'rejoined', nodeId }),
    undeliverable: (nodeId) => post({ type: 'undeliverable', nodeId }),
    send(linkId, bytes) {
      const queue = links.get(linkId);
      if (queue === undefined || bytes.length > MESSAGE_LIMIT_BYTES) return false;
      if (queue.unreported + queue.reported + bytes.length > QUEUE_LIMIT_BYTES) return false;
      queue.unreported += bytes.length;
      post({ type: 'send', linkId: inner(linkId), bytes });
      return true;
    },
    queuedBytes(linkId) {
      const queue = links.get(linkId);
      return queue === undefined ? 0 : queue.unreported + queue.reported;
    },
    disconnect(linkId, code) {
      if (!links.delete(linkId)) return;
      post({ type: 'disconnect', linkId: inner(linkId), code });
      queueMicrotask(() => {
        if (!isClosed) events.disconnected(linkId);
      });
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      links.clear();
      dials.clear();
      early = [];
      if (child !== null) end(child);
    },
  };
}

/** From a build the program `webrtc-process.js` beside this module's own, from the source the one that tsx can load. */
function startChild(): ChildProcess {
  const isBuilt = !import.meta.url.endsWith('.ts');
  const program = new URL(isBuilt ? './webrtc-process.js' : './webrtc-process.ts', import.meta.url);
  return fork(fileURLToPath(program), [], {
    serialization: 'advanced',
    execArgv: isBuilt ? [] : ['--import', import.meta.resolve('tsx')],
    // Native WebRTC prints what nobody can act on.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** The child says good-bye and ends as soon as it sees that nobody listens. */
function end(child: ChildProcess): void {
  if (child.connected) child.disconnect();
  child.unref();
}
