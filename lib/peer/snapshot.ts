/**
 * Read-only pictures of a peer, for screens, status pages and logs. No picture shares mutable state with the peer.
 */
import type { HashHex } from '../chain/bytes.ts';
import type { MempoolCode, TransactionCode } from '../chain/codes.ts';
import type { TransactionBody } from '../ledger/transaction.ts';
import type { DatagramCounts } from '../net/datagrams.ts';
import type { PaymentView } from '../ledger/commit/view.ts';

/** How a link to another peer runs: `turn` is WebRTC through a TURN server, `relay` the room's own server. */
export type LinkKind = 'webrtc' | 'turn' | 'relay' | 'udp';

/**
 * What the peer is doing, as its user would say it:
 * `waiting-for-genesis`: it knows no genesis block yet (the bridge brings it, or the room pins one that nobody sent yet);
 * `making-genesis`: it searches a first block itself; `syncing`: it fetches older blocks; `ready`: it follows the tip.
 */
export type Phase = 'waiting-for-genesis' | 'making-genesis' | 'syncing' | 'ready';

export interface PeerView {
  readonly linkId: string;
  /** 40 hex digits; null until its hello came, and for UDP miners, which have none. */
  readonly nodeId: string | null;
  /** What it calls itself: a claim, stripped of control characters, at most 24 characters. An address for UDP miners. */
  readonly name: string;
  readonly kind: LinkKind;
  readonly agent: 'tab' | 'node' | 'udp';
  /** Round trip in milliseconds; null until measured. */
  readonly delayMs: number | null;
  /** Height of its best chain as it said or showed; null where unknown. */
  readonly height: number | null;
  /** Its clock less ours, in milliseconds; null until measured. */
  readonly clockOffsetMs: number | null;
  /** A sentence for the user where something is wrong with it ("rooted on another genesis: restart it"). */
  readonly trouble: string | null;
}

export interface LeaderboardRow {
  /** 40 hex digits; null gathers the blocks whose data names no account. */
  readonly account: string | null;
  readonly name: string;
  /** Blocks on the best chain, genesis left out. */
  readonly blocks: number;
  readonly isSelf: boolean;
}

/** One block as the tree draws it. */
export interface BlockView {
  readonly hash: HashHex;
  readonly previousHash: HashHex;
  readonly height: number;
  readonly onBestChain: boolean;
  /** The account that its data names; null where it names none. Nothing proves it. */
  readonly account: string | null;
  /** The name that its miner claimed: in its data, or by hello. `?` where unknown. At most 24 characters. */
  readonly name: string;
  /** Note in its data, stripped, at most 280 characters; empty where none. */
  readonly note: string;
  /** When this peer first had it, wall clock in milliseconds. */
  readonly heardMs: number;
  /** The time that its data states; null where it states none. */
  readonly timeMs: number | null;
  readonly isSelf: boolean;
}

/** Everything about one block, for the inspector. */
export interface BlockDetail extends BlockView {
  readonly data: Uint8Array;
  /** 8 bytes as 16 hex digits. */
  readonly proofOfWork: string;
  /** 64 hex digits. */
  readonly target: string;
  /** Link through which it came, or `self`, `store`. */
  readonly heardFrom: string;
  /** Blocks on the best chain above it, itself included; 0 on a side branch. */
  readonly confirmations: number;
}

/** What became of a transaction. */
export type TransactionViewState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'listed'; readonly height: number; readonly confirmations: number }
  /** Without effect, and why; `conflict` is the transaction that has its coin, where that is known. */
  | {
      readonly kind: 'void';
      readonly code: TransactionCode | MempoolCode;
      readonly conflict: string | null;
    };

export interface TransactionView {
  readonly id: string;
  readonly body: TransactionBody;
  readonly state: TransactionViewState;
  /** Whether this peer's account is a party of it. */
  readonly isOwn: boolean;
}

export interface WalletView {
  /** Coins on the chain, those that payments under way will take included. */
  readonly balance: number;
  /** The most that one payment could move now. */
  readonly payable: number;
  /** Coins that no payment under way will take. One payment takes four at most. */
  readonly freeCoins: number;
  /** Transactions of the room: those that wait or were refused first, then by height, the highest first. */
  readonly transactions: readonly TransactionView[];
}

export interface PeerSnapshot {
  readonly phase: Phase;
  readonly self: { readonly nodeId: string; readonly name: string };
  readonly room: {
    readonly code: string;
    /** The rules in force; null until the genesis is known in rooms whose genesis carries them. */
    readonly rules: 'class' | 'homework' | null;
    readonly genesis: HashHex | null;
    /** Whether another genesis would be refused. */
    readonly pinned: boolean;
    /** Target of the next block, 64 hex digits. */
    readonly target: string | null;
    /** Aimed spacing of `class` rules in milliseconds. */
    readonly spacingMs: number | null;
    /** Least spacing that the shared hash budget of `homework` rooms keeps, in milliseconds; 0 is off. */
    readonly minSpacingMs: number;
  };
  readonly tip: {
    readonly hash: HashHex;
    readonly height: number;
    /** Work of the whole chain, in hashes, as a decimal. */
    readonly work: string;
    /** When it came here, wall clock. */
    readonly heardMs: number;
  } | null;
  /** Mean spacing over the last 32 blocks of the best chain as they arrived here, in milliseconds; null while fewer. */
  readonly meanSpacingMs: number | null;
  readonly mining: {
    /** A template is being searched. */
    readonly active: boolean;
    readonly paused: boolean;
    /** The user's setting, 0.1 to 1. */
    readonly power: number;
    /** Share of the power that the room's hash budget leaves, above 0, at most 1; 1 where nothing holds it back. */
    readonly budgetDuty: number;
    /** Blocks that this peer found since it started. */
    readonly found: number;
    /** Blocks of its account on the best chain. */
    readonly onChain: number;
    /** The text for its next block. */
    readonly note: string;
  };
  readonly peers: readonly PeerView[];
  readonly leaderboard: readonly LeaderboardRow[];
  /** Of the peer's own account; null while there is no chain. */
  readonly wallet: WalletView | null;
  /** Payments in which this peer takes part or took part, the oldest first. */
  readonly payments: readonly PaymentView[];
  readonly blocks: { readonly kept: number; readonly orphans: number };
  /** What was refused since the start, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** What became of datagrams between peers that are not neighbours, since the start. */
  readonly overlay: DatagramCounts;
  readonly clock: {
    /** The room's median clock less ours, in milliseconds. */
    readonly offsetMs: number;
    /** True where ours is so far off that others hold back our blocks. */
    readonly wrong: boolean;
  };
}
