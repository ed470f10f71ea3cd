/**
 * What must hold in every world, at every moment: each checker is a function of its own, with the requirement that it
 * guards, and answers with a sentence where something is wrong.
 */
import { hashBlock } from '../chain/block.ts';
import { bytesToHex, type HashHex } from '../chain/bytes.ts';
import { HELD_BLOCK_LIMIT, type Chain } from '../chain/chain.ts';
import { ORPHANS_PER_SENDER_LIMIT } from '../chain/orphans.ts';
import { meetsTarget, workOfTarget } from '../chain/target.ts';
import { SIDE_BLOCK_LIMIT, type TreeEntry } from '../chain/tree.ts';
import { readBlockEntries } from '../ledger/block-entries.ts';
import { LINK_LIMITS } from '../net/neighbour-choice.ts';
import type { StoredChain } from '../peer/inputs.ts';
import type { Peer } from '../peer/peer.ts';

/** Every checker with the requirement that it guards. */
export const CHECKERS = {
  stepNeverThrows: 'R9',
  blockIsRooted: 'R3',
  blockHasItsWork: 'R4',
  peersAgreeOnBlock: 'R5',
  tipHasMostWork: 'R5',
  searchIsOnTip: 'R8',
  limitsHold: 'R9',
  honestPeerIsNotCondemned: 'R9',
  onlyBlocksOverUdp: 'R10',
  genesisComesFirst: 'R10',
  announcedOnce: 'R14',
  equalTipsGiveEqualChains: 'R15',
  equalTipsGiveEqualLedgers: 'R15',
  coinsAreAsExecuted: 'R12, R16',
  transactionsReachAll: 'R14',
  nothingStoredIsLost: 'R28',
  honestPeersConverge: 'R5, R10',
  honestPeersMine: 'R8',
  blocksSpreadSoon: 'R14',
  minersAreHealed: 'R10',
} as const;

export type CheckerName = keyof typeof CHECKERS;

export interface Violation {
  readonly checker: CheckerName;
  readonly requirement: string;
  /** Virtual time since the world began. */
  readonly atMs: number;
  /** Whom it concerns; empty for the whole world. */
  readonly who: string;
  readonly what: string;
}

/** R3: a kept block's parent is kept, one height below. */
export function checkBlockIsRooted(chain: Chain, entry: TreeEntry): string | null {
  const { tree } = chain;
  if (entry.parent === null)
    return entry.hash === tree.genesis.hash ? null : `${entry.hash} has no parent`;
  if (tree.get(entry.parent.hash)?.hash !== entry.parent.hash)
    return `the parent of ${entry.hash} is not kept`;
  if (bytesToHex(entry.block.previousHash) !== entry.parent.hash)
    return `${entry.hash} hangs on ${entry.parent.hash}, which is not its previous hash`;
  if (entry.height !== entry.parent.height + 1)
    return `${entry.hash} has height ${entry.height} on a parent at ${entry.parent.height}`;
  return null;
}

/** R4: a kept block's hash is its own and meets the target that its rules demand; its work is counted. */
export function checkBlockHasItsWork(chain: Chain, entry: TreeEntry): string | null {
  if (entry.parent === null) return null;
  const hash = hashBlock(entry.block);
  if (bytesToHex(hash) !== entry.hash) return `${entry.hash} is not the hash of its block`;
  if (!meetsTarget(hash, entry.target)) return `${entry.hash} does not meet its target`;
  if (chain.rules.targetAt(entry.parent, entry.timeMs ?? 0) !== entry.target)
    return `${entry.hash} was judged by another target than the rules demand`;
  if (entry.work !== entry.parent.work + workOfTarget(entry.target))
    return `the work of ${entry.hash} is not its parent's and its own`;
  return null;
}

/**
 * R5: no kept block has more work than the tip, and none of equal work arrived before it, unless we found the tip (R8).
 * @param depth so many of the highest levels are gone through
 */
export function checkTipHasMostWork(chain: Chain, depth: number): string | null {
  const { tree, tip } = chain;
  for (let height = Math.max(0, tree.topHeight - depth); height <= tree.topHeight; height++)
    for (const entry of tree.level(height)) {
      if (entry.work > tip.work) return `${entry.hash} has more work than the tip ${tip.hash}`;
      // Our own find counts as seen first, though its proof was on its way for a moment.
      if (entry.work === tip.work && entry.order < tip.order && tip.heardFrom !== 'self')
        return `${entry.hash} has the tip's work and was there before ${tip.hash}`;
    }
  return null;
}

/** R9: what a peer holds stays within its named limits. */
export function checkLimits(peer: Peer): string | null {
  const { chain } = peer;
  const { neighbours } = peer.context;
  let roomLinks = 0;
  for (const { kind } of neighbours.values()) if (kind === 'room') roomLinks++;
  // Links whose other end nobody named count only once they have said hello; a transport's own limit holds those.
  if (roomLinks > 2 * LINK_LIMITS.usual) return `${roomLinks} links`;
  if (chain === null) return null;
  const senders = neighbours.size + 3;
  if (chain.orphanCount > ORPHANS_PER_SENDER_LIMIT * senders)
    return `${chain.orphanCount} orphans of ${senders} senders`;
  if (chain.heldCount > HELD_BLOCK_LIMIT) return `${chain.heldCount} held blocks`;
  const sideBlocks = chain.tree.size - chain.tip.height - 1;
  if (sideBlocks > SIDE_BLOCK_LIMIT) return `${sideBlocks} side blocks`;
  return null;
}

/** R28: after a restart a peer holds all that its store had kept, with the tip that was the first of the best. */
export function checkNothingStoredIsLost(peer: Peer, stored: StoredChain | null): string | null {
  if (stored === null) return null;
  const { chain } = peer;
  if (chain === null) return 'the stored chain was not taken up';
  if (chain.tree.genesis.hash !== bytesToHex(hashBlock(stored.genesis)))
    return 'another genesis block than the stored one';
  let best = chain.tree.genesis;
  for (const { block } of stored.blocks) {
    const hash = bytesToHex(hashBlock(block));
    const entry = chain.tree.get(hash);
    if (entry === undefined) {
      if (chain.tree.size > SIDE_BLOCK_LIMIT) continue;
      return `the stored block ${hash} is gone`;
    }
    if (entry.work > best.work) best = entry;
  }
  return chain.tip.hash === best.hash
    ? null
    : `the tip is ${chain.tip.hash}, not ${best.hash} as stored`;
}

/**
 * R15: peers with one tip have one chain, and count the same blocks for the same accounts.
 * @param depth so many blocks from the tip down are compared
 */
export function checkEqualTipsGiveEqualChains(a: Peer, b: Peer, depth: number): string | null {
  if (a.chain === null || b.chain === null || a.chain.tip.hash !== b.chain.tip.hash) return null;
  if (a.chain.tip.work !== b.chain.tip.work) return 'one tip, but different work';
  const { height: top } = a.chain.tip;
  for (let height = top; height >= Math.max(0, top - depth); height--)
    if (a.chain.tree.at(height)?.hash !== b.chain.tree.at(height)?.hash)
      return `one tip, but different blocks at height ${height}`;
  const rows = (peer: Peer): string =>
    JSON.stringify(peer.keeper.view.leaderboard().map(({ account, blocks }) => [account, blocks]));
  return rows(a) === rows(b) ? null : 'one tip, but the leaderboards differ';
}

/**
 * R15: the ledger stands at the tip, and has as many coins as rewards have made.
 * @param rewarded blocks from genesis to this one that earn a reward, by its hash: counted once for all peers
 */
export function checkLedgerFollows(
  { chain, keeper }: Peer,
  rewarded: Map<HashHex, number>,
): string | null {
  if (chain === null) return null;
  const { ledger } = keeper.ledger!;
  if (ledger.tip !== chain.tip.hash) return `the ledger stands at ${ledger.tip}`;
  const uncounted: TreeEntry[] = [];
  let entry = chain.tip;
  for (; entry.parent !== null && !rewarded.has(entry.hash); entry = entry.parent)
    uncounted.push(entry);
  let count = rewarded.get(entry.hash) ?? 0;
  for (const { block, hash } of uncounted.reverse()) {
    if (readBlockEntries(block.data) !== null) count++;
    rewarded.set(hash, count);
  }
  const earned = count * ledger.rules.reward;
  return ledger.supply === earned ? null : `${ledger.supply} coins, but rewards made ${earned}`;
}

/** R15: peers with one tip have executed the same, in the same order. */
export function checkEqualTipsGiveEqualLedgers(a: Peer, b: Peer): string | null {
  if (a.chain === null || b.chain === null || a.chain.tip.hash !== b.chain.tip.hash) return null;
  const hash = ({ keeper }: Peer) => keeper.ledger!.ledger.hashAt(keeper.ledger!.ledger.height);
  return hash(a) === hash(b) ? null : `one tip, but ledgers ${hash(a)} and ${hash(b)}`;
}
