/**
 * Joins a room for a TCP peer: notes of the room become transactions, and transactions become notes (R22–R25).
 */
import { readPayload } from '../ledger/payload.ts';
import { genesisSourceOf } from '../drivers/genesis-source.ts';
import type { RoomSession } from '../drivers/session.ts';
import type { RunningPeer } from '../tcp-peer/running-peer.ts';
import { BURIED_BLOCKS } from '../peer/sent-notes.ts';
import type { RoomFlag } from './flag-values.ts';
import { HeldLines } from './held-lines.ts';
import { makeNodeKeys, openNodeSession, signalUrlOf } from './node-session.ts';
import { planBridge, type RoomNote } from './room-notes.ts';
import { reachRoomServer } from './room-server.ts';

/** How often both sides are compared, where either has changed. */
const COMPARE_MS = 500;
/** One thread is enough for a note now and then, and leaves the room to its other miners. */
const THREADS = 1;

export interface RoomBridge {
  close(): Promise<void>;
}

export type RoomBridgeOutcome =
  | { readonly ok: true; readonly bridge: RoomBridge }
  | { readonly ok: false; readonly message: string };

/**
 * Joins the room, and keeps both sides equal until it is closed. It mines in the room only while it has a note to
 * write there, and begins when the peer knows its neighbours' chains.
 */
export async function bridgeRoom(
  peer: RunningPeer,
  flag: RoomFlag,
  name: string,
  onNotice: (sentence: string) => void,
): Promise<RoomBridgeOutcome> {
  const reached = await reachRoomServer(flag);
  if (!reached.ok) return reached;
  const { link, policy } = flag;
  const { room, target, spacingMs, minSpacingMs, dataLimitBytes } = policy;
  const outcome = await openNodeSession({
    ...{ room, target, spacingMs, minSpacingMs, dataLimitBytes, name },
    keys: makeNodeKeys(),
    genesis: genesisSourceOf(policy),
    mines: true,
    // The plan says which notes are missing; a session that wrote them again too would double them.
    rewritesNotes: false,
    threads: THREADS,
    field: 'previous',
    signalUrl: signalUrlOf(link),
    trust: reached.trust,
    iceServers: reached.hints.iceServers,
    udp: null,
    chainDir: null,
    onWarning: onNotice,
  });
  if (!outcome.ok) return outcome;
  const { session } = outcome;
  session.setPaused(true);
  if (reached.hints.genesis !== null) session.offerGenesis(reached.hints.genesis);
  let closed = false;
  let compared = '';
  const held = new HeldLines();
  let timer: NodeJS.Timeout | undefined;
  void peer.settled.then(() => {
    if (!closed) timer = setInterval(compare, COMPARE_MS);
  });

  function compare(): void {
    const { phase, tip, mining } = session.snapshot();
    if (phase !== 'ready' || tip === null) return;
    const { machine } = peer;
    const now = [tip.hash, machine.chain.at(-1)!.hash, machine.waiting, mining.note].join(' ');
    if (now === compared) return;
    compared = now;
    const notes = readNotes(session, tip.height);
    const plan = planBridge(machine.transactions(), notes, held.at(tip.height));
    for (const transaction of plan.submit) {
      peer.submit(transaction);
      // By then the note's writer has stopped writing it again.
      held.hold(transaction, tip.height + BURIED_BLOCKS);
    }
    session.setNote(plan.post ?? '');
    session.setPaused(plan.post === null);
  }

  return {
    ok: true,
    bridge: {
      async close() {
        closed = true;
        clearInterval(timer);
        await session.close();
      },
    },
  };
}

/** The notes on the best chain, oldest first. */
function readNotes(session: RoomSession, tipHeight: number): RoomNote[] {
  return session.blocksBetween(0, tipHeight).flatMap((view) => {
    if (!view.onBestChain || view.note === '') return [];
    // The name that stands in the block, and no name that its writer took since: it has to be the same for ever.
    const detail = session.blockDetail(view.hash);
    const payload = detail === null ? null : readPayload(detail.data);
    if (payload === null) return [];
    const { note, name, miner } = payload;
    return [{ note, name, miner, depth: tipHeight - view.height + 1 }];
  });
}
