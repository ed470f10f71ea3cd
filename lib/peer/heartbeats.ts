/**
 * The heartbeats of all links to peers of the room: who is pinged, who has fallen silent, and what the answers say of
 * the room's clock. lib/net/heartbeat.ts is the machine of one link.
 */
import type { Account } from '../ledger/account.ts';
import type { Message } from '../net/messages.ts';
import { medianOffsetMs } from '../net/room-clock.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import type { RoomNeighbour } from './neighbour.ts';

/** A message of a heartbeat. */
export type Beat = Extract<Message, { type: 'ping' | 'pong' }>;

/**
 * Whether a message tells nothing new but that its sender lives. A pong tells how long the way takes, and a ping with
 * the status of the one before that its sender is where it was. Most of what comes is one of these. A ping waits for its
 * turn like all that is answered.
 */
export function isBeat({ waiting, status }: RoomNeighbour, message: Message): message is Beat {
  if (message.type === 'pong') return true;
  return message.type === 'ping' && message.status === status && waiting.length === 0;
}

export class Heartbeats {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #silent: (neighbour: RoomNeighbour) => void;
  /** Whether a neighbour's clock has been measured since the room's was set. */
  #hasMeasured = false;

  /** @param silent ends the link of a neighbour that has not been heard for too long. */
  constructor(
    context: PeerContext,
    keeper: ChainKeeper,
    silent: (neighbour: RoomNeighbour) => void,
  ) {
    this.#context = context;
    this.#keeper = keeper;
    this.#silent = silent;
  }

  /** Pings whose time has come, all with one message. */
  tick(): void {
    const { neighbours, nowMs, send } = this.#context;
    if (this.#hasMeasured) this.setClock();
    let ping: Message | null = null;
    // A neighbour that is closed leaves the map, which a loop over it bears.
    for (const neighbour of neighbours.values()) {
      if (neighbour.kind !== 'room') continue;
      const action = neighbour.heartbeat.tick(nowMs, neighbour.nodeId !== null);
      if (action.kind === 'silent') this.#silent(neighbour);
      if (action.kind !== 'ping') continue;
      ping ??= { type: 'ping', id: action.id, status: this.#keeper.status() };
      send(neighbour.linkId, ping);
    }
  }

  /** A ping is answered, and a pong measured. */
  take({ linkId, heartbeat }: RoomNeighbour, beat: Beat): void {
    const { clocks, nowMs, send } = this.#context;
    if (beat.type === 'ping') {
      heartbeat.pinged(beat.id, nowMs);
      send(linkId, { type: 'pong', id: beat.id, clockMs: Math.round(clocks.wallMs) });
      return;
    }
    const isFirst = heartbeat.clockOffsetMs === null;
    heartbeat.pong(beat.id, beat.clockMs, clocks.wallMs, nowMs);
    // A new clock counts at once; small changes of known ones wait for the next tick.
    if (isFirst) this.setClock();
    else this.#hasMeasured = true;
  }

  /** Sets the room's clock to the median of those that we are linked to. */
  setClock(): void {
    this.#hasMeasured = false;
    const offsetsMs: number[] = [];
    for (const neighbour of this.#context.neighbours.values()) {
      if (neighbour.kind !== 'room' || neighbour.nodeId === null) continue;
      const { clockOffsetMs } = neighbour.heartbeat;
      if (clockOffsetMs !== null) offsetsMs.push(clockOffsetMs);
    }
    this.#context.clockOffsetMs = Math.round(medianOffsetMs(offsetsMs));
  }

  /** After a sleep of the machine nobody is silent. */
  forgive(): void {
    for (const neighbour of this.#context.neighbours.values())
      if (neighbour.kind === 'room') neighbour.heartbeat.forgive(this.#context.nowMs);
  }

  /** The round trip to a neighbour in milliseconds; null while nothing is known of it. */
  readonly delayMsTo = (nodeId: Account): number | null => {
    for (const neighbour of this.#context.greeted())
      if (neighbour.nodeId === nodeId) return neighbour.heartbeat.delayMs;
    return null;
  };
}
