/**
 * What the tasks compare of the nodes' ledgers (R15, R18): the list of transactions of the best chain, and its hash.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, writeUtf8 } from '../../chain/bytes.ts';
import { readBlockEntries } from '../../ledger/block-entries.ts';
import { decodeTransaction } from '../../ledger/transaction-codec.ts';
import { creatorOf, type CoinName } from '../../ledger/coin-name.ts';
import { digestOf, type Transaction, type TransactionId } from '../../ledger/transaction.ts';
import type { Peer } from '../../peer/peer.ts';

/** Whether it waits or is listed there. */
export function holds(peer: Peer | null, id: TransactionId): boolean {
  const ledger = peer?.keeper.ledger ?? null;
  return ledger !== null && (ledger.mempool.get(id) !== null || ledger.ledger.isListed(id));
}

export function isListed(peer: Peer | null, id: TransactionId): boolean {
  return peer?.keeper.ledger?.ledger.isListed(id) ?? false;
}

/** Blocks from the one that lists it on; 0 where none does. */
export function confirmationsOf(peer: Peer, id: TransactionId): number {
  const state = peer.keeper.ledger?.ledger.stateOf(id);
  return state?.kind === 'listed' ? state.confirmations : 0;
}

/** Blocks from the one that made this coin on; 0 where the node does not know of it. */
export function depthOf(peer: Peer, name: CoinName): number {
  const { chain, keeper } = peer;
  if (chain === null || keeper.ledger === null) return 0;
  const creator = creatorOf(name);
  const state = keeper.ledger.ledger.stateOf(creator);
  if (state.kind === 'listed') return state.confirmations;
  const entry = chain.tree.get(bytesToHex(digestOf(creator)));
  if (entry === undefined || !chain.tree.isOnBestChain(entry)) return 0;
  return chain.tip.height - entry.height + 1;
}

/** The transactions that the node has listed up to a height, in their order; all that it has where none is given. */
export function listOf(peer: Peer, upTo = Number.POSITIVE_INFINITY): Transaction[] {
  const { chain, keeper } = peer;
  if (chain === null || keeper.ledger === null) return [];
  const { ledger } = keeper.ledger;
  const listed: Transaction[] = [];
  for (let height = 1; height <= Math.min(upTo, chain.tip.height); height++)
    for (const value of readBlockEntries(chain.tree.at(height)!.block.data)?.transactions ?? []) {
      const decoded = decodeTransaction(value, ledger.rules.genesis);
      if (!decoded.ok) continue;
      const { transaction } = decoded;
      const state = ledger.stateOf(transaction.id);
      if (state.kind === 'listed' && state.height === height) listed.push(transaction);
    }
  return listed;
}

export interface ListComparison {
  readonly height: number;
  /** Transactions in the list of the first. */
  readonly count: number;
  /** Different hashes of lists and ledgers among the nodes: one where all agree. */
  readonly lists: number;
  readonly ledgers: number;
  readonly hash: string;
}

/** Whether all have the same history up to the greatest height that all have reached: no two blocks vie for it just now. */
export function agree(peers: readonly Peer[]): boolean {
  return new Set(ledgerHashes(peers, commonHeight(peers))).size === 1;
}

/** Compares the lists at the greatest height that all have reached. */
export function compareLists(peers: readonly Peer[]): ListComparison {
  const height = commonHeight(peers);
  const lists = peers.map((peer) => listOf(peer, height).map(({ id }) => id));
  const hashes = lists.map((ids) => bytesToHex(sha256(writeUtf8(ids.join('\n')))));
  const ledgers = ledgerHashes(peers, height);
  return {
    height,
    count: lists[0]?.length ?? 0,
    lists: new Set(hashes).size,
    ledgers: new Set(ledgers).size,
    hash: hashes[0] ?? '',
  };
}

function commonHeight(peers: readonly Peer[]): number {
  return Math.min(...peers.map(({ chain }) => chain?.tip.height ?? 0));
}

function ledgerHashes(peers: readonly Peer[], height: number): string[] {
  return peers.map(({ keeper }) => keeper.ledger?.ledger.hashAt(height) ?? '');
}
