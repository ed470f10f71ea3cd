/**
 * One peer of seed 004 as a machine without I/O: requests in, replies out; chains of neighbours in (R22–R24).
 *
 * A valid proof is rewarded once, and kept until a transaction waits; then a block is closed with it.
 */
import { makeBlock, makeGenesis, writeOpenBlock, type TcpBlock } from './block.ts';
import { readChain } from './chain-check.ts';
import { commonLength, compareChains } from './consensus.ts';
import { Mempool } from './mempool.ts';
import { findProof, isProof } from './proof.ts';
import type { Request } from './request.ts';
import type { TimestampFormat } from './timestamp.ts';
import { TRANSACTIONS_LIMIT } from './transaction.ts';

/** Our chain as it is sent. Neighbours of our kind read up to a third more, so that none of ours is refused. */
export const CHAIN_LIMIT_CHARS = 48 * 1024 * 1024;
/**
 * Blocks that one poll of the miner may close while transactions wait: a thousand transactions each second, at a cost
 * of milliseconds. A peer that closed one block a poll would need a quarter of an hour for 5,000 transactions.
 */
export const BLOCKS_PER_POLL = 200;

/** Where transactions come from that were entered at the peer's own command line. */
export const OWN_ORIGIN = 'self';

export const REPLY = {
  accepted: 'Accepted',
  rejected: 'Rejected',
  reward: 'Reward',
  noReward: 'No reward',
} as const;

/** What happened to a neighbour's chain. */
export type HeardOutcome =
  /** It is ours. */
  | { readonly kind: 'equal' }
  /** Ours is taken, by all. What was only on the other waits here now. */
  | { readonly kind: 'kept'; readonly salvaged: number }
  | { readonly kind: 'adopted'; readonly left: number; readonly came: number }
  | { readonly kind: 'refused'; readonly reason: string };

export interface PeerMachineOptions {
  readonly timestampFormat: TimestampFormat;
  /** Whether neighbours' hashes have to be made as ours. */
  readonly checksHashes: boolean;
  /** The time of the genesis block, in milliseconds since 1970. */
  readonly nowMs: number;
}

export class PeerMachine {
  readonly #options: PeerMachineOptions;
  readonly #mempool = new Mempool();
  #chain: TcpBlock[];
  /** A rewarded proof that no block has used yet. */
  #proof: number | null = null;
  #chainText: string | null = null;
  /** What `pb` answered last; null where it would be another text now. */
  #shownText: string | null = null;
  #chainChars: number;

  constructor(options: PeerMachineOptions) {
    this.#options = options;
    this.#chain = [makeGenesis(options.nowMs, options.timestampFormat)];
    this.#chainChars = this.#chain[0]!.wire.length;
  }

  get chain(): readonly TcpBlock[] {
    return this.#chain;
  }

  /** Transactions that wait for a block. */
  get waiting(): number {
    return this.#mempool.waiting;
  }

  /** All that is on the chain, oldest first, and behind it what waits. */
  *transactions(): Generator<string> {
    for (const block of this.#chain) yield* block.transactions;
    yield* this.#mempool.inOrder();
  }

  /**
   * The reply to a request from `origin`, one name for each connection. Null for `cc`, which has none. Requests of
   * {@link OWN_ORIGIN} were entered here.
   */
  answer(request: Request, origin: string, nowMs: number): string | null {
    switch (request.kind) {
      case 'transaction':
        return this.#submit(request.text, origin, nowMs) ? REPLY.accepted : REPLY.rejected;
      case 'print-blockchain':
        return (this.#shownText ??= this.#writeChainAndWaiting());
      case 'heartbeat':
        return this.writeChain();
      case 'get-proof':
        return String(this.#last.proof);
      case 'update-proof':
        return this.#update(request.proof, nowMs) ? REPLY.reward : REPLY.noReward;
      case 'close-connection':
        return null;
    }
  }

  /** Takes or leaves the chain that a neighbour sent as its answer to `hb`. */
  hear(reply: string, nowMs: number): HeardOutcome {
    if (reply === this.#chainText) return { kind: 'equal' };
    this.#shownText = null;
    const outcome = readChain(reply, this.#chain, this.#options.checksHashes);
    if (!outcome.ok) return { kind: 'refused', reason: outcome.reason };
    const theirs = outcome.blocks;
    const order = compareChains(this.#chain, theirs);
    if (order === 0) return { kind: 'equal' };
    const common = commonLength(this.#chain, theirs);
    const left = this.#chain.slice(common);
    const came = theirs.slice(common);
    if (order < 0) return { kind: 'kept', salvaged: this.#salvage(left, came, nowMs) };
    this.#chain = [...theirs];
    this.#chainChars = theirs.reduce((chars, block) => chars + block.wire.length + 2, 0);
    this.#chainText = null;
    this.#proof = null;
    this.#mempool.replaceBlocks(left, came, nowMs);
    return { kind: 'adopted', left: left.length, came: came.length };
  }

  /**
   * One poll of the miner: asks for the last proof with `gp`, and submits the next with `up`. While its proofs close
   * blocks and transactions wait, it goes on. Returns the number of its proofs that were rewarded.
   */
  mine(nowMs: number): number {
    for (let rewards = 0; rewards < BLOCKS_PER_POLL; rewards++) {
      const last = Number(this.answer({ kind: 'get-proof' }, OWN_ORIGIN, nowMs));
      const update = { kind: 'update-proof', proof: findProof(last) } as const;
      if (this.answer(update, OWN_ORIGIN, nowMs) !== REPLY.reward) return rewards;
    }
    return BLOCKS_PER_POLL;
  }

  /** The chain as a list of JSON, as `hb` answers it. */
  writeChain(): string {
    this.#chainText ??= `[${this.#chain.map((block) => block.wire).join(', ')}]`;
    return this.#chainText;
  }

  get #last(): TcpBlock {
    return this.#chain[this.#chain.length - 1]!;
  }

  #submit(text: string, origin: string, nowMs: number): boolean {
    if (this.#chainChars >= CHAIN_LIMIT_CHARS) return false;
    this.#shownText = null;
    const outcome = this.#mempool.submit(text, origin, origin === OWN_ORIGIN, nowMs);
    this.#closeBlock(nowMs);
    return outcome.kind !== 'full';
  }

  #update(proof: number, nowMs: number): boolean {
    if (this.#proof !== null || !isProof(proof, this.#last.proof)) return false;
    this.#proof = proof;
    this.#closeBlock(nowMs);
    return true;
  }

  #salvage(ours: readonly TcpBlock[], theirs: readonly TcpBlock[], nowMs: number): number {
    const salvaged = this.#mempool.salvage(ours, theirs, nowMs);
    if (salvaged > 0) this.#closeBlock(nowMs);
    return salvaged;
  }

  /** Closes a block where a proof is there and a transaction waits. */
  #closeBlock(nowMs: number): void {
    if (this.#proof === null || this.#mempool.waiting === 0) return;
    const transactions = this.#mempool.takeForBlock(TRANSACTIONS_LIMIT);
    const { timestampFormat } = this.#options;
    const block = makeBlock(this.#last, this.#proof, transactions, nowMs, timestampFormat);
    this.#chain.push(block);
    this.#chainChars += block.wire.length + 2;
    this.#chainText = null;
    this.#shownText = null;
    this.#proof = null;
  }

  /** As `pb` answers: behind the chain stand the blocks that the waiting transactions will fill. */
  #writeChainAndWaiting(): string {
    if (this.#mempool.waiting === 0) return this.writeChain();
    const blocks: string[] = [];
    let transactions: string[] = [];
    const write = () => {
      const previousHash = blocks.length === 0 ? this.#last.hash : null;
      blocks.push(writeOpenBlock(this.#last.index + 1 + blocks.length, previousHash, transactions));
      transactions = [];
    };
    for (const text of this.#mempool.inOrder()) {
      transactions.push(text);
      if (transactions.length === TRANSACTIONS_LIMIT) write();
    }
    if (transactions.length > 0) write();
    return `${this.writeChain().slice(0, -1)}, ${blocks.join(', ')}]`;
  }
}
