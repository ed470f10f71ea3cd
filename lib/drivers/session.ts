/**
 * One peer at work in a room: what an app, a command line or a test holds in its hand.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { Account } from '../ledger/account.ts';
import type { Block } from '../chain/block.ts';
import type { PoolRates } from '../pow/pool.ts';
import type { BlockDetail, BlockView, PeerSnapshot } from '../peer/snapshot.ts';

/** How the session stands with the signaling server; `none` where it uses none. */
export type ServerState = 'none' | 'connecting' | 'connected' | 'lost';

export interface SessionSnapshot extends PeerSnapshot {
  readonly server: ServerState;
  readonly threads: number;
  /** Share of the power that this computer's other miners leave, above 0, at most 1. */
  readonly processorShare: number;
  /** Whether the graphics processor was asked to search too. */
  readonly graphics: boolean;
  readonly rates: PoolRates;
  /** Total hash rate, one sample a second, oldest first, at most the last 300. */
  readonly rateHistory: readonly number[];
  /** Sentences for the user, newest last, at most 20: kernels switched off, storage trouble, a wrong clock. */
  readonly warnings: readonly string[];
  /** Height of the highest block that this run has stored; null where it stored none yet. */
  readonly storedHeight: number | null;
}

export interface RoomSession {
  /** Cheap enough to call at every frame; a new object only where something has changed. */
  snapshot(): SessionSnapshot;
  /** Calls back, at most once a task, after something has changed. Returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
  /** All kept blocks with fromHeight ≤ height ≤ toHeight, by height, then order of arrival. */
  blocksBetween(fromHeight: number, toHeight: number): readonly BlockView[];
  blockDetail(hash: HashHex): BlockDetail | null;
  /** The best chain, genesis first. */
  bestChain(): Iterable<Block>;
  setName(name: string): void;
  /** Text for the next block that this peer finds; it goes into one block. At most 280 characters. */
  setNote(note: string): void;
  /**
   * Pays so many coins of this peer's account, with a witness: accounts of two others in the room. The snapshot's
   * `payments` show it step by step; where it cannot begin a warning says why.
   */
  pay(to: Account, witness: Account, amount: number): void;
  /** Puts a line of text into the chain, signed by this peer's account; any miner's block may hold it. */
  write(text: string): void;
  /** Makes few coins of many small ones, so that one payment can move more. */
  merge(): void;
  setPaused(paused: boolean): void;
  /** 0.1 to 1. */
  setPower(power: number): void;
  setThreads(threads: number): void;
  /** Lets the graphics processor search too, where there is one that can; a warning says so where there is none. */
  setGraphics(isOn: boolean): void;
  /** Leaves the room, stores what is to be stored, ends workers and links. */
  close(): Promise<void>;
}
