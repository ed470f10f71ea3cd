/**
 * Runs one peer: turns what transports, workers, the store and the clock report into inputs, and outputs into I/O.
 *
 * Tabs and the Node build differ only in the parts that they pass in.
 */
import type { Block } from '../chain/block.ts';
import type { MiningPool, PoolCallbacks, PoolOptions, PoolRates } from '../pow/pool.ts';
import type {
  Clocks,
  PeerEvent,
  PeerInput,
  PeerOutput,
  PersistRecord,
  StoredChain,
} from '../peer/inputs.ts';
import { CONGESTED_BYTES } from '../net/serving.ts';
import { Peer, type PeerOptions } from '../peer/peer.ts';
import { takePicture } from '../peer/picture.ts';
import type { RoomSession, ServerState, SessionSnapshot } from './session.ts';
import type { ChainStore } from './storage/chain-store.ts';
import type { Transport, TransportEvents } from './transport.ts';
import { Warnings, warningOf } from './warnings.ts';
import type { HandLinks } from './webrtc/hand-links.ts';
import type { AnswerCallback, SignatureChecker } from './workers/signature-checker.ts';

/** Samples of the hash rate: five minutes. */
export const RATE_HISTORY_LIMIT = 300;
const RATE_SAMPLE_MS = 1_000;

export interface SessionParts {
  readonly peer: PeerOptions;
  readonly store: ChainStore;
  readonly stored: StoredChain | null;
  /** Each is told where to report. */
  readonly transports: readonly ((events: TransportEvents) => Transport)[];
  readonly createPool: (options: PoolOptions, callbacks: PoolCallbacks) => MiningPool;
  readonly threads: number;
  /** Share of its power that this session may use; absent: all of it. */
  readonly processorShare?: number;
  /** Makes the thread that checks signatures; where absent they are checked in the peer's steps. */
  readonly createChecker?: (answered: AnswerCallback) => SignatureChecker;
  /** Calls back about every 100 ms until it is told to stop. */
  readonly startTicks: (tick: () => void) => () => void;
  readonly readClocks: () => Clocks;
  /** Runs an action as a task of its own, behind those that wait already. */
  readonly runSoon: (action: () => void) => void;
  /** Every event of the peer, for logs. */
  readonly onEvent?: (event: PeerEvent) => void;
  /** Every answer of the room's distributed hash table. */
  readonly onLookedUp?: (answer: Extract<PeerOutput, { kind: 'looked-up' }>) => void;
  /** Every datagram that came for us over the overlay, but those with which transports open links. */
  readonly onDatagram?: (datagram: Extract<PeerOutput, { kind: 'datagram' }>) => void;
  /** Every sentence for the user as it comes. */
  readonly onWarning?: (message: string) => void;
}

const NO_RATES: PoolRates = {
  totalHashesPerSecond: 0,
  perWorkerHashesPerSecond: [],
  hashes: 0,
  kernel: null,
};

/** A session with what its maker alone needs beside the public face. */
export interface RunningSession extends RoomSession {
  /** Offers a genesis block known from outside the links, such as a server's record of the room. */
  offerGenesis(block: Block): void;
  warn(message: string): void;
  /** Whether the page is hidden. Others wait longer for one that is. */
  setHidden(hidden: boolean): void;
  /** Share of its power that this session may use, above 0, at most 1, where others mine on the same computer. */
  setProcessorShare(share: number): void;
  /** After a pause of the machine, the page or the network: comes back to the room at once. */
  wake(): void;
  /** Links that people make by hand; null where this session has none. */
  readonly byHand: HandLinks | null;
}

export function startRoomSession(parts: SessionParts): RunningSession {
  const peer = new Peer({ ...parts.peer, checksOutside: parts.createChecker !== undefined });
  const listeners = new Set<() => void>();
  const transportOf = new Map<string, Transport>();
  /** Links on which too much waits to be sent. */
  const congested = new Set<string>();
  /** Those of them that the peer has yet to be told of. */
  const overfull: string[] = [];
  const rateHistory: number[] = [];
  const warnings = new Warnings();
  let server: ServerState = 'none';
  let threads = parts.threads;
  let graphics = false;
  let duty = parts.peer.settings.power;
  let processorShare = parts.processorShare ?? 1;
  let rates = NO_RATES;
  let lastSampleMs = Number.NEGATIVE_INFINITY;
  let closed = false;
  let changes = 0;
  let picture: { readonly changes: number; readonly snapshot: SessionSnapshot } | null = null;
  let notifying = false;

  const pool = parts.createPool(
    { threads, duty: duty * processorShare },
    {
      found: ({ templateId, data, proofOfWork }) =>
        take({ kind: 'found', templateId, data, proofOfWork }),
      warn,
    },
  );

  const checker = parts.createChecker?.(({ ticket, good }) =>
    take({ kind: 'checked', ticket, good }),
  );

  function take(input: PeerInput): void {
    if (closed) return;
    const outputs = peer.step(input, parts.readClocks());
    for (const output of outputs) perform(output);
    // Most ticks do nothing, and each picture of them would be drawn; the samples of the rate renew it every second.
    if (input.kind !== 'tick' || outputs.length > 0) changed();
    for (let linkId = overfull.pop(); linkId !== undefined; linkId = overfull.pop())
      take({ kind: 'congestion', linkId, isCongested: true });
  }

  function perform(output: PeerOutput): void {
    switch (output.kind) {
      case 'send':
        send(output.linkId, output.bytes);
        return;
      case 'dial':
        dialler?.dial(output.nodeId);
        return;
      case 'wanted':
        dialler?.prefer?.(output.nodeIds);
        return;
      case 'close':
        transportOf.get(output.linkId)?.disconnect(output.linkId, output.code);
        transportOf.delete(output.linkId);
        return;
      case 'mine':
        pool.search(output.template);
        return;
      case 'duty':
        duty = output.duty;
        pool.setDuty(duty * processorShare);
        return;
      case 'persist':
        store(output.record);
        return;
      case 'looked-up':
        parts.onLookedUp?.(output);
        return;
      case 'datagram':
        // In a task of its own: the transport may answer at once, and this step is not done yet.
        if (output.port === 'signal')
          queueMicrotask(() => {
            if (!closed) dialler?.hearSignal?.(output.from, output.body);
          });
        else parts.onDatagram?.(output);
        return;
      case 'check':
        checker?.check(output.ticket, output.transactions);
        return;
      case 'resume':
        parts.runSoon(() => take({ kind: 'resume' }));
        return;
      case 'event':
        warnOf(output.event);
        parts.onEvent?.(output.event);
        return;
    }
  }

  function store(record: PersistRecord): void {
    if (record.kind !== 'payment') parts.store.write(record);
    else parts.store.write(record, () => take({ kind: 'stored', write: record.write }));
  }

  function send(linkId: string, bytes: Uint8Array): void {
    const transport = transportOf.get(linkId);
    transport?.send(linkId, bytes);
    if (congested.has(linkId) || (transport?.queuedBytes(linkId) ?? 0) <= CONGESTED_BYTES) return;
    congested.add(linkId);
    overfull.push(linkId);
  }

  /** Links that have drained again. */
  function relieve(): void {
    for (const linkId of congested) {
      if ((transportOf.get(linkId)?.queuedBytes(linkId) ?? 0) > CONGESTED_BYTES) continue;
      congested.delete(linkId);
      take({ kind: 'congestion', linkId, isCongested: false });
    }
  }

  function changed(): void {
    changes++;
    if (notifying || listeners.size === 0) return;
    notifying = true;
    queueMicrotask(() => {
      notifying = false;
      for (const listener of [...listeners]) listener();
    });
  }

  function warn(message: string): void {
    if (closed || !warnings.add(message)) return;
    parts.onWarning?.(message);
    changed();
  }

  function warnOf(event: PeerEvent): void {
    const message = warningOf(event);
    if (message !== null) warn(message);
  }

  function tick(): void {
    const { monotonicMs } = parts.readClocks();
    if (monotonicMs - lastSampleMs >= RATE_SAMPLE_MS) {
      lastSampleMs = monotonicMs;
      rates = pool.rates();
      rateHistory.push(rates.totalHashesPerSecond);
      if (rateHistory.length > RATE_HISTORY_LIMIT) rateHistory.shift();
      changed();
    }
    relieve();
    take({ kind: 'tick' });
  }

  function startTransport(create: (events: TransportEvents) => Transport): Transport {
    const transport: Transport = create({
      present: (nodeIds) => take({ kind: 'present', nodeIds }),
      connected(linkId, linkKind, nodeId, isInvited = false) {
        transportOf.set(linkId, transport);
        take({ kind: 'connected', linkId, linkKind, nodeId, isInvited });
      },
      received: (linkId, bytes, among) =>
        take({ kind: 'received', linkId, bytes, ...(among !== undefined && { among }) }),
      disconnected(linkId) {
        transportOf.delete(linkId);
        take({ kind: 'disconnected', linkId });
      },
      dialFailed: (nodeId) => take({ kind: 'dial-failed', nodeId }),
      server(state) {
        server = state;
        changed();
      },
      warn,
      signal: (to, body) => take({ kind: 'send-datagram', to, port: 'signal', body }),
    });
    return transport;
  }

  take({ kind: 'restored', stored: parts.stored });
  const transports = parts.transports.map(startTransport);
  /** Only the room's transport can dial; UDP links are configured. */
  const dialler = transports[0];
  const stopTicks = parts.startTicks(tick);

  return {
    snapshot() {
      if (picture?.changes !== changes) {
        const networkMs = Math.round(parts.readClocks().wallMs + peer.context.clockOffsetMs);
        picture = {
          changes,
          snapshot: {
            ...takePicture(peer, networkMs),
            server,
            threads,
            processorShare,
            graphics,
            rates,
            rateHistory: [...rateHistory],
            warnings: warnings.list(),
            storedHeight: parts.store.storedHeight,
          },
        };
      }
      return picture.snapshot;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    blocksBetween: (fromHeight, toHeight) =>
      peer.chain === null ? [] : peer.keeper.view.between(peer.chain.tree, fromHeight, toHeight),
    blockDetail: (hash) =>
      peer.chain === null ? null : peer.keeper.view.detail(peer.chain.tree, hash),
    *bestChain() {
      const tree = peer.chain?.tree;
      for (let height = 0; tree !== undefined && height <= tree.tip.height; height++)
        yield tree.at(height)!.block;
    },
    setName: (name) => take({ kind: 'settings', settings: { name } }),
    setNote: (note) => take({ kind: 'settings', settings: { note } }),
    setPaused: (paused) => take({ kind: 'settings', settings: { paused } }),
    pay: (to, witness, amount) => take({ kind: 'pay', to, witness, amount }),
    write: (text) => take({ kind: 'write', text }),
    merge: () => take({ kind: 'merge' }),
    setPower: (power) => take({ kind: 'settings', settings: { power } }),
    setThreads(count) {
      threads = Math.max(1, Math.floor(count));
      pool.setThreads(threads);
      changed();
    },
    setProcessorShare(share) {
      processorShare = share;
      pool.setDuty(duty * share);
      changed();
    },
    setGraphics(isOn) {
      graphics = isOn;
      pool.setGraphics(isOn);
      changed();
    },
    offerGenesis: (block) => take({ kind: 'genesis-offered', block }),
    warn,
    byHand: dialler?.byHand ?? null,
    setHidden: (hidden) => take({ kind: 'visibility', hidden }),
    wake() {
      if (closed) return;
      for (const transport of transports) transport.wake?.();
      take({ kind: 'woken' });
    },
    async close() {
      if (closed) return;
      closed = true;
      listeners.clear();
      stopTicks();
      pool.close();
      checker?.close();
      for (const transport of transports) transport.close();
      await parts.store.close();
    },
  };
}
