/**
 * The chain of a TCP peer as a person reads it on a terminal: a line for each block, and one for each transaction.
 */
import type { TcpBlock } from '../tcp-peer/block.ts';
import { splitTransaction } from '../tcp-peer/transaction.ts';

/** The blocks of the chain, and below them the transactions that wait. */
export function describeChain(peer: {
  readonly chain: readonly TcpBlock[];
  readonly waiting: number;
  transactions(): Iterable<string>;
}): string {
  const lines = peer.chain.flatMap((block) => [
    `Block ${block.index}  ${writeTime(block)}  proof ${block.proof}  ${(block.currentHash ?? block.previousHash).slice(0, 12)}`,
    ...block.transactions.map(describeTransaction),
  ]);
  if (peer.waiting === 0) return lines.join('\n');
  const waiting = [...peer.transactions()].slice(-peer.waiting);
  return [...lines, 'Waiting for a block', ...waiting.map(describeTransaction)].join('\n');
}

function writeTime({ timestamp }: TcpBlock): string {
  return typeof timestamp === 'string' ? timestamp : timestamp.digits;
}

function describeTransaction(text: string): string {
  const parts = splitTransaction(text);
  return parts === null ? `  ${text}` : `  ${parts.sender}  ${parts.content}`;
}
