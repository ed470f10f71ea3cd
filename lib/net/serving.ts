/**
 * Serving a neighbour that catches up (R28): one question at a time, answered when its budget and its link allow.
 */
import { hashBlockHex, type Block } from '../chain/block.ts';
import type { HashHex } from '../chain/bytes.ts';
import type { Chain } from '../chain/chain.ts';
import {
  CHAIN_BLOCKS_LIMIT,
  MESSAGE_LIMIT_BYTES,
  sizeInChain,
  type ChainMessage,
} from './messages.ts';
import type { TokenBucket } from './token-bucket.ts';

/**
 * What a served block and a served chain count as within a neighbour's rate of messages. One small message asks for up
 * to 64 KiB, so that unpaid questions would be the cheapest way to keep a peer busy: a neighbour gets 8 MB a second.
 */
export const SERVING_COST = { block: 1, chain: 8 } as const;
/**
 * A link on which more than this waits to be sent is congested: blocks and chains that were asked for wait until it has
 * drained. Whoever asks one question at a time never comes near, so that gossip does not queue behind them.
 */
export const CONGESTED_BYTES = 256 * 1024;
/** Room for the envelope of a chain message. */
const ENVELOPE_BYTES = 256;

interface Question {
  readonly id: number;
  readonly locator: readonly HashHex[];
  /** Chain messages that it still asks for. */
  readonly batches: number;
}

/** What one neighbour is served. */
export class Serving {
  /** As the driver of the link reports. */
  isCongested = false;
  /** Null where none waits. */
  #question: Question | null = null;

  /** Whether the neighbour waits for an answer that could be given now, but for its budget. */
  get isDue(): boolean {
    return this.#question !== null && !this.isCongested;
  }

  /** A question for our chain. It takes the place of one that still waits: an honest neighbour has one at a time. */
  ask(id: number, locator: readonly HashHex[], batches: number): void {
    this.#question = { id, locator, batches };
  }

  /** The next answer to the question that waits; null where there is none, or where it has to wait on. */
  answer(chain: Chain, budget: TokenBucket, nowMs: number): ChainMessage | null {
    if (this.#question === null || this.isCongested) return null;
    if (!budget.take(nowMs, SERVING_COST.chain)) return null;
    const { id, locator, batches } = this.#question;
    const answer = answerLocator(chain, id, locator);
    const last = answer.blocks.at(-1);
    this.#question =
      batches > 1 && answer.more && last !== undefined
        ? { id, locator: [hashBlockHex(last), ...locator], batches: batches - 1 }
        : null;
    return answer;
  }
}

/** Answers a locator with our best chain from the first shared block on, as much as fits into one message. */
export function answerLocator(chain: Chain, id: number, locator: readonly HashHex[]): ChainMessage {
  const { tree } = chain;
  let from = 0;
  for (const hash of locator) {
    const entry = tree.get(hash);
    if (entry === undefined || !tree.isOnBestChain(entry)) continue;
    from = entry.height + 1;
    break;
  }
  const blocks: Block[] = [];
  let bytes = ENVELOPE_BYTES;
  for (
    let height = from;
    height <= tree.tip.height && blocks.length < CHAIN_BLOCKS_LIMIT;
    height++
  ) {
    const { block } = tree.at(height)!;
    bytes += sizeInChain(block);
    if (bytes > MESSAGE_LIMIT_BYTES) break;
    blocks.push(block);
  }
  return { type: 'chain', id, blocks, more: from + blocks.length <= tree.tip.height };
}
