/**
 * What goes into a peer, and what comes out: drivers turn I/O into inputs, and outputs into I/O.
 */
import type { Block } from '../chain/block.ts';
import type { CloseCode, MessageCode, RefusalCode } from '../chain/codes.ts';
import type { TreeEntry } from '../chain/tree.ts';
import type { CommitRefusal } from '../ledger/commit/messages.ts';
import type { PaymentView } from '../ledger/commit/view.ts';
import type { SubmitOutcome } from '../ledger/mempool.ts';
import type { Account } from '../ledger/account.ts';
import type { Transaction } from '../ledger/transaction.ts';
import type { PeerRecord } from '../net/kademlia/record.ts';
import type { Endorsement } from '../net/chain-status.ts';
import type { Port } from '../net/messages.ts';
import type { Template } from '../pow/template.ts';
import type { LinkKind } from './snapshot.ts';

/** The two clocks of every step. A sleep or a corrected clock moves the first, never the second backwards. */
export interface Clocks {
  /** Unix time in milliseconds. */
  readonly wallMs: number;
  /** Milliseconds since some moment in the past; does not jump. */
  readonly monotonicMs: number;
}

/** Blocks as a store gives them back: in their order of arrival, parents before children. */
export interface StoredChain {
  readonly genesis: Block;
  readonly endorsement: Endorsement | null;
  readonly blocks: readonly { readonly block: Block; readonly heardMs: number }[];
  /** Records of payments, in any order; absent where there are none. */
  readonly payments?: readonly Uint8Array[];
  /** The account's own transactions that no block held for good, in any order; absent where there are none. */
  readonly transactions?: readonly Uint8Array[];
  /** Transactions in these blocks whose signatures were found good outside; nothing is known of others. */
  readonly signed?: readonly Transaction[];
}

/** What a store holds beside the chain. */
export type StoredRecords = Pick<StoredChain, 'payments' | 'transactions'>;

export type PeerInput =
  /** The first input: what the store holds, or null. */
  | { readonly kind: 'restored'; readonly stored: StoredChain | null }
  /** The node ids in the room now, as the signaling server lists them. */
  | { readonly kind: 'present'; readonly nodeIds: readonly string[] }
  | {
      readonly kind: 'connected';
      readonly linkId: string;
      readonly linkKind: LinkKind;
      /** As the signaling claims; null where there is none. */
      readonly nodeId: string | null;
      /** The users of both ends have made it by hand: it is kept for a while, whatever others are wanted. */
      readonly isInvited?: boolean;
    }
  | {
      readonly kind: 'received';
      readonly linkId: string;
      readonly bytes: Uint8Array;
      /** A stranger's datagram that one of these UDP links may have sent: they share its address, and not its port. */
      readonly among?: readonly string[];
    }
  | { readonly kind: 'disconnected'; readonly linkId: string }
  | { readonly kind: 'dial-failed'; readonly nodeId: string }
  /** More than `CONGESTED_BYTES` wait to be sent on this link, or no longer. */
  | { readonly kind: 'congestion'; readonly linkId: string; readonly isCongested: boolean }
  /** The answer to the output of that name. */
  | { readonly kind: 'resume' }
  /** About every 100 to 250 ms. */
  | { readonly kind: 'tick' }
  | {
      readonly kind: 'found';
      readonly templateId: number;
      readonly data: Uint8Array;
      readonly proofOfWork: Uint8Array;
    }
  /** A genesis block known from outside the links: a server's record of the room. Checked like any other. */
  | { readonly kind: 'genesis-offered'; readonly block: Block }
  /** A transaction that the user has signed, as JSON value; an event says what became of it. */
  | { readonly kind: 'submit'; readonly transaction: unknown }
  /** Puts a line of text into the chain, as a note that this peer's account signs; an event says what became of it. */
  | { readonly kind: 'write'; readonly text: string }
  /** Makes few coins of this peer's many small ones, by transactions of which events say what became. */
  | { readonly kind: 'merge' }
  /**
   * Pays an amount of this peer's coins, with a witness, both accounts of peers in the room; events `payment` tell how
   * it goes, or one `payment-refused` that it does not begin.
   */
  | {
      readonly kind: 'pay';
      readonly to: Account;
      readonly witness: Account;
      readonly amount: number;
    }
  /**
   * The answer to the output `check`: which of its transactions all their parties have signed, in its order. Of those
   * that are not said to be good nothing is known, and they are checked in the step that needs it.
   */
  | { readonly kind: 'checked'; readonly ticket: number; readonly good: readonly boolean[] }
  /** The record of a payment with this number is on the disk. */
  | { readonly kind: 'stored'; readonly write: number }
  | { readonly kind: 'settings'; readonly settings: Partial<PeerSettings> }
  /** Asks the room's distributed hash table what an account says of itself; answered by `looked-up`. */
  | { readonly kind: 'look-up'; readonly account: Account }
  /** The page was hidden or is shown again. A hidden one may fall asleep, and others are told to wait for it longer. */
  | { readonly kind: 'visibility'; readonly hidden: boolean }
  /** The machine, the page or the network is back after a pause: what waits to be tried again is tried now. */
  | { readonly kind: 'woken' }
  /**
   * To be sent through neighbours to a node that need not be one. It may be lost; a second one to the same node leaves
   * by another neighbour. The body is text without control characters, at most BODY_LIMIT_CHARS long.
   */
  | {
      readonly kind: 'send-datagram';
      readonly to: Account;
      readonly port: Port;
      readonly body: string;
    };

/** What the user may change at any time. */
export interface PeerSettings {
  /** Claimed name, at most 24 characters once cleaned. */
  readonly name: string;
  /** Text for the next block found. */
  readonly note: string;
  readonly paused: boolean;
  /** 0.1 to 1. */
  readonly power: number;
}

/** What happened, for logs, tests and statistics. */
export type PeerEvent =
  /** The store gave back so many blocks, of which some were damaged, or have lost those below them. */
  | { readonly kind: 'restored'; readonly blocks: number; readonly dropped: number }
  | { readonly kind: 'genesis-adopted'; readonly entry: TreeEntry; readonly pinned: boolean }
  | { readonly kind: 'block-kept'; readonly entry: TreeEntry }
  | {
      readonly kind: 'tip-changed';
      readonly tip: TreeEntry;
      readonly reverted: readonly TreeEntry[];
      readonly connected: readonly TreeEntry[];
    }
  | { readonly kind: 'found'; readonly entry: TreeEntry }
  | { readonly kind: 'refused'; readonly linkId: string; readonly code: RefusalCode }
  /** What became of a transaction that the user submitted; null where there is no chain yet. */
  | { readonly kind: 'submitted'; readonly outcome: SubmitOutcome | null }
  /** A payment in which this peer takes part looks different. */
  | { readonly kind: 'payment'; readonly payment: PaymentView }
  | { readonly kind: 'payment-refused'; readonly code: CommitRefusal }
  | { readonly kind: 'peer-joined'; readonly linkId: string; readonly nodeId: string }
  | { readonly kind: 'peer-left'; readonly linkId: string };

/** What a store must write, in order. A record counts as kept once the driver has stored it. */
export type PersistRecord =
  | { readonly kind: 'genesis'; readonly block: Block; readonly endorsement: Endorsement | null }
  | { readonly kind: 'blocks'; readonly entries: readonly TreeEntry[] }
  /** Of the payment with this id; null forgets it. The input `stored` with its number says when it is on the disk. */
  | {
      readonly kind: 'payment';
      readonly id: string;
      readonly bytes: Uint8Array | null;
      readonly write: number;
    }
  /** One of the account's own transactions that wait, by its id; null forgets it. */
  | { readonly kind: 'transaction'; readonly id: string; readonly bytes: Uint8Array | null };

export type PeerOutput =
  | { readonly kind: 'send'; readonly linkId: string; readonly bytes: Uint8Array }
  | { readonly kind: 'dial'; readonly nodeId: string }
  /** Links to these are there to stay, so that they deserve to be direct. Holds until the next one. */
  | { readonly kind: 'wanted'; readonly nodeIds: ReadonlySet<string> }
  | { readonly kind: 'close'; readonly linkId: string; readonly code: MessageCode | CloseCode }
  /** Search this from now on; null: stop. */
  | { readonly kind: 'mine'; readonly template: Template | null }
  /** Share of all threads' time that the search may use, above 0 and at most 1. */
  | { readonly kind: 'duty'; readonly duty: number }
  | { readonly kind: 'persist'; readonly record: PersistRecord }
  /** Signatures to be checked elsewhere, so that a later step need not: see `checksOutside`. */
  | {
      readonly kind: 'check';
      readonly ticket: number;
      readonly transactions: readonly Transaction[];
    }
  /** The answer of the distributed hash table: a record with a valid signature of the account, or null. */
  | {
      readonly kind: 'looked-up';
      readonly account: Account;
      readonly record: PeerRecord | null;
    }
  /** Has come through neighbours. Only its body can prove who sent it: `from` is a claim. */
  | {
      readonly kind: 'datagram';
      readonly from: Account;
      readonly port: Port;
      readonly body: string;
    }
  /**
   * There is more to do at once than fits into one step: give the input of that name soon, once, and let what else
   * waits have its turn before.
   */
  | { readonly kind: 'resume' }
  | { readonly kind: 'event'; readonly event: PeerEvent };
