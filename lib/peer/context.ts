/**
 * What all parts of one peer share: its options and settings, the time of the current step, its neighbours, and the
 * outputs that the step has collected so far.
 */
import type { CloseCode, MessageCode, RefusalCode } from '../chain/codes.ts';
import type { PreviousField } from '../chain/codec.ts';
import type { Account, KeyPair } from '../ledger/account.ts';
import { cleanName, cleanNote } from '../ledger/text.ts';
import { encodeMessage, type Message } from '../net/messages.ts';
import type { Randomness } from '../net/links/fair-loss.ts';
import type { GenesisSource, UdpRoot } from './genesis.ts';
import type { Clocks, PeerEvent, PeerOutput, PeerSettings } from './inputs.ts';
import type { GreetedNeighbour, Neighbour, RoomNeighbour } from './neighbour.ts';

export interface PeerOptions {
  readonly keys: KeyPair;
  readonly agent: 'tab' | 'node';
  /** Room code; empty for a miner that speaks UDP only. */
  readonly room: string;
  readonly genesis: GenesisSource;
  /** Where UDP miners bring the genesis; the first that comes where absent. */
  readonly udpRoot?: UdpRoot;
  /** Constant target of rooms with a foreign genesis, and first target of a genesis that this peer makes. */
  readonly target: bigint;
  /** Aim of a `class` room whose genesis this peer makes, in milliseconds. */
  readonly spacingMs: number;
  /** Shared hash budget of `homework` rooms, in milliseconds; 0 is off. */
  readonly minSpacingMs: number;
  /** Bytes of data that our blocks have at most, within DATA_LIMITS_BYTES; as many as a block may have where absent. */
  readonly dataLimitBytes?: number;
  /** False for a peer that only relays and follows. */
  readonly mines: boolean;
  /** How blocks are written to UDP miners. */
  readonly previousField: PreviousField;
  readonly settings: PeerSettings;
  /**
   * False where the caller compares notes with the chain itself, and writes again what is missing there: both would write
   * it twice. True where absent.
   */
  readonly rewritesNotes?: boolean;
  /** For payments: a peer without it takes part in none. It must not repeat what it drew in an earlier life. */
  readonly random?: Randomness;
  /** Whether the output `check` is answered, by a thread of its own; false where absent. */
  readonly checksOutside?: boolean;
  /** Direct links at most, from 4; the usual number where absent. */
  readonly linkLimit?: number;
}

export class PeerContext {
  readonly options: PeerOptions;
  settings: PeerSettings;
  clocks: Clocks = { wallMs: 0, monotonicMs: 0 };
  /** The room's median clock less ours, in milliseconds. */
  clockOffsetMs = 0;
  /** Whether our page is hidden. */
  hidden = false;
  /** By link. */
  get neighbours(): ReadonlyMap<string, Neighbour> {
    return this.#neighbours;
  }
  /** What was refused since the start, by code. */
  readonly refused = new Map<RefusalCode, number>();
  outputs: PeerOutput[] = [];
  /** Whether another step has been asked for. */
  resumes = false;
  readonly #neighbours = new Map<string, Neighbour>();
  #greeted: GreetedNeighbour[] | null = null;
  #lastMessage: Message | null = null;
  #lastBytes: Uint8Array = new Uint8Array(0);

  constructor(options: PeerOptions) {
    this.options = options;
    const { name, note } = options.settings;
    // Others close a link on which a name is too long.
    this.settings = { ...options.settings, name: cleanName(name), note: cleanNote(note) };
  }

  get nowMs(): number {
    return this.clocks.monotonicMs;
  }

  /** Unix time by the room's median clock, in whole milliseconds. */
  get networkMs(): number {
    return Math.round(this.clocks.wallMs + this.clockOffsetMs);
  }

  addNeighbour(neighbour: Neighbour): void {
    this.dropNeighbour(neighbour.linkId);
    this.#neighbours.set(neighbour.linkId, neighbour);
  }

  dropNeighbour(linkId: string): void {
    const neighbour = this.#neighbours.get(linkId);
    this.#neighbours.delete(linkId);
    if (neighbour?.kind === 'room' && neighbour.nodeId !== null) this.#greeted = null;
  }

  /** The neighbour has said who it is. */
  introduce(neighbour: RoomNeighbour, nodeId: Account): void {
    neighbour.nodeId = nodeId;
    this.#greeted = null;
  }

  /** Neighbours that have introduced themselves. A list stays as it is; there is a new one when one of them comes or goes. */
  greeted(): readonly GreetedNeighbour[] {
    if (this.#greeted === null) {
      this.#greeted = [];
      for (const neighbour of this.#neighbours.values())
        if (neighbour.kind === 'room' && neighbour.nodeId !== null)
          this.#greeted.push(neighbour as GreetedNeighbour);
    }
    return this.#greeted;
  }

  /** What goes to several neighbours is written once. */
  readonly send = (linkId: string, message: Message): void => {
    if (message !== this.#lastMessage) {
      this.#lastMessage = message;
      this.#lastBytes = encodeMessage(message);
    }
    this.outputs.push({ kind: 'send', linkId, bytes: this.#lastBytes });
  };

  /** Tells every neighbour what has changed since our hello, also those whose own hello is still on its way. */
  sendToRoom(message: Message): void {
    for (const neighbour of this.neighbours.values())
      if (neighbour.kind === 'room') this.send(neighbour.linkId, message);
  }

  /** Asks for another step; one however often it is called before that comes. */
  askToResume(): void {
    if (!this.resumes) this.outputs.push({ kind: 'resume' });
    this.resumes = true;
  }

  close(linkId: string, code: MessageCode | CloseCode): void {
    this.outputs.push({ kind: 'close', linkId, code });
  }

  event(event: PeerEvent): void {
    this.outputs.push({ kind: 'event', event });
  }

  refuse(linkId: string, code: RefusalCode): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
    this.event({ kind: 'refused', linkId, code });
  }
}
