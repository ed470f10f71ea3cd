/**
 * A peer at work: its server, its miner, its neighbours, and the face for its user (R22).
 */
import { readClocks } from '../drivers/clocks.ts';
import type { Neighbour } from './config.ts';
import { openNeighbourLink } from './neighbour-link.ts';
import { OWN_ORIGIN, PeerMachine, REPLY, type HeardOutcome } from './peer.ts';
import type { Request } from './request.ts';
import { startPeerServer } from './server.ts';
import type { TimestampFormat } from './timestamp.ts';

/** As the seed has it. */
export const HEARTBEAT_MS = 5_000;
/** As the seed has it. */
export const POLL_MS = 1_000;

export interface RunningPeerOptions {
  readonly host: string;
  readonly port: number;
  readonly neighbours: readonly Neighbour[];
  readonly mines: boolean;
  readonly heartbeatMs: number;
  readonly pollMs: number;
  readonly timestampFormat: TimestampFormat;
  readonly checksHashes: boolean;
  /** What happened, one line each, for a log. */
  readonly onEvent: (line: string) => void;
  /** What the user should know, in whole sentences. */
  readonly onNotice: (sentence: string) => void;
}

export interface RunningPeer {
  readonly port: number;
  readonly machine: PeerMachine;
  /** Resolves when each neighbour has sent its chain, or turned out to be away. */
  readonly settled: Promise<void>;
  /** Takes a transaction from the peer's own user, and passes it on to the neighbours. Whether it was accepted. */
  submit(transaction: string): boolean;
  /** The chain and what waits, as `pb` answers. */
  print(): string;
  /** Ends it; the neighbours go on. */
  close(): Promise<void>;
}

export type RunningPeerOutcome =
  | { readonly ok: true; readonly peer: RunningPeer }
  | { readonly ok: false; readonly message: string };

/** Starts a peer. It lives until `close`. */
export async function startPeer(options: RunningPeerOptions): Promise<RunningPeerOutcome> {
  const { onEvent, onNotice } = options;
  const machine = new PeerMachine({
    timestampFormat: options.timestampFormat,
    checksHashes: options.checksHashes,
    nowMs: readWallMs(),
  });
  const answer = (request: Request, origin: string) =>
    machine.answer(request, origin, readWallMs());
  const outcome = await startPeerServer({
    host: options.host,
    port: options.port,
    answer,
    onRejected: (origin, reason) => onEvent(`rejected ${origin}: ${reason}`),
  });
  if (!outcome.ok) return outcome;
  const unheard = new Set(options.neighbours);
  let settle = () => {};
  const settled = new Promise<void>((resolve) => (settle = resolve));
  const hearOf = (neighbour: Neighbour | null) => {
    if (neighbour !== null) unheard.delete(neighbour);
    if (unheard.size === 0) settle();
  };
  hearOf(null);
  const links = options.neighbours.map((neighbour) => {
    let trouble = '';
    return openNeighbourLink(neighbour, {
      chain(reply) {
        const heard = machine.hear(reply, readWallMs());
        onEvent(`chain of ${neighbour.id}: ${describeHeard(heard, machine)}`);
        const reason = heard.kind === 'refused' ? heard.reason : '';
        if (reason !== '' && reason !== trouble)
          onNotice(`The chain of neighbour ${neighbour.id} is refused: ${reason}.`);
        trouble = reason;
        hearOf(neighbour);
      },
      reachable(reason) {
        if (reason === null) return onNotice(`Neighbour ${neighbour.id} answers.`);
        onNotice(`Neighbour ${neighbour.id} is away: ${reason}.`);
        hearOf(neighbour);
      },
    });
  });
  const beat = () => links.forEach((link) => link.heartbeat());
  const timers = [setInterval(beat, options.heartbeatMs)];
  if (options.mines)
    timers.push(
      setInterval(() => {
        const rewards = machine.mine(readWallMs());
        if (rewards > 0) onEvent(`${rewards} proofs rewarded, ${machine.chain.length} blocks`);
      }, options.pollMs),
    );
  beat();
  return {
    ok: true,
    peer: {
      port: outcome.server.port,
      machine,
      settled,
      submit(transaction) {
        const reply = answer({ kind: 'transaction', text: transaction }, OWN_ORIGIN);
        onEvent(`${reply} ${transaction}`);
        if (reply !== REPLY.accepted) return false;
        for (const link of links) link.pass(transaction);
        return true;
      },
      print: () => answer({ kind: 'print-blockchain' }, OWN_ORIGIN)!,
      async close() {
        timers.forEach((timer) => clearInterval(timer));
        for (const link of links) link.close();
        await outcome.server.close();
      },
    },
  };
}

/** Milliseconds since 1970, with a fraction that keeps two blocks of one millisecond apart. */
function readWallMs(): number {
  const { wallMs, monotonicMs } = readClocks();
  return wallMs + (monotonicMs % 1);
}

function describeHeard(heard: HeardOutcome, machine: PeerMachine): string {
  switch (heard.kind) {
    case 'equal':
      return 'equal';
    case 'kept':
      return `left for ours, ${heard.salvaged} transactions taken from it`;
    case 'adopted':
      return `taken, ${heard.left} blocks left, ${heard.came} came, ${machine.waiting} transactions wait`;
    case 'refused':
      return `refused: ${heard.reason}`;
  }
}
