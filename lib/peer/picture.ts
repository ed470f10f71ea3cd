/**
 * The snapshot of a peer: what screens, status pages and tests read.
 */
import { targetToHex } from '../chain/target.ts';
import { mostPayable } from '../ledger/coin-choice.ts';
import { meanSpacingMs } from './chain-view.ts';
import type { Neighbour } from './neighbour.ts';
import type { Peer } from './peer.ts';
import type { PeerSnapshot, PeerView, Phase, WalletView } from './snapshot.ts';

/** Without `class` rules there is no spacing to compare a clock with; then this much is wrong. */
const CLOCK_TOLERANCE_MS = 30_000;

/** A picture of the peer at this moment. `networkMs`: the room's clock, for the target of the next block. */
export function takePicture(peer: Peer, networkMs: number): PeerSnapshot {
  const { options, settings, neighbours, refused, clockOffsetMs } = peer.context;
  const { chain, view, budget, pinned } = peer.keeper;
  const { desk, foundCount } = peer.search;
  const spacingMs = chain?.rules.spacingMs ?? null;
  return {
    phase: phaseOf(peer),
    self: { nodeId: options.keys.account, name: settings.name },
    room: {
      code: options.room,
      rules: chain?.rules.kind ?? null,
      genesis: chain?.tree.genesis.hash ?? null,
      pinned: pinned,
      target: chain === null ? null : targetToHex(chain.rules.targetAt(chain.tip, networkMs)),
      spacingMs,
      minSpacingMs: chain?.rules.kind === 'class' ? 0 : options.minSpacingMs,
    },
    tip:
      chain === null
        ? null
        : {
            hash: chain.tip.hash,
            height: chain.tip.height,
            work: chain.tip.work.toString(),
            heardMs: chain.tip.heardMs,
          },
    meanSpacingMs: chain === null ? null : meanSpacingMs(chain.tree),
    mining: {
      active: desk.active,
      paused: settings.paused,
      power: settings.power,
      budgetDuty: budget.duty,
      found: foundCount,
      onChain: view.ownBlocks,
      note: settings.note,
    },
    peers: [...neighbours.values()].map(viewOf).filter((peerView) => peerView !== null),
    leaderboard: view.leaderboard(),
    wallet: walletOf(peer),
    payments: peer.payments?.views() ?? [],
    blocks: { kept: chain?.tree.size ?? 0, orphans: chain?.orphanCount ?? 0 },
    refused: Object.fromEntries(refused),
    overlay: peer.overlay.counts,
    clock: {
      offsetMs: clockOffsetMs,
      wrong: Math.abs(clockOffsetMs) > (spacingMs === null ? CLOCK_TOLERANCE_MS : spacingMs / 2),
    },
  };
}

function walletOf({ keeper, payments, context }: Peer): WalletView | null {
  if (keeper.chain === null || keeper.ledger === null) return null;
  const { ledger, log } = keeper.ledger;
  const { account } = context.options.keys;
  const free = keeper.ledger.freeCoins(account, (name) => payments?.isLocked(name) ?? false);
  return {
    balance: ledger.balance(account),
    payable: mostPayable(free),
    freeCoins: free.length,
    transactions: log.views(),
  };
}

function phaseOf(peer: Peer): Phase {
  if (peer.chain === null)
    return peer.search.desk.active ? 'making-genesis' : 'waiting-for-genesis';
  return peer.syncing ? 'syncing' : 'ready';
}

/** Null for the link of unknown senders and for links that have not introduced themselves. */
function viewOf(neighbour: Neighbour): PeerView | null {
  const { linkId } = neighbour;
  if (neighbour.kind === 'udp') {
    if (neighbour.miner === null) return null;
    return {
      linkId,
      nodeId: null,
      name: neighbour.name,
      kind: 'udp',
      agent: 'udp',
      delayMs: null,
      height: neighbour.miner.shownHeight,
      clockOffsetMs: null,
      trouble: neighbour.trouble,
    };
  }
  if (neighbour.nodeId === null) return null;
  return {
    linkId,
    nodeId: neighbour.nodeId,
    name: neighbour.name || neighbour.nodeId.slice(0, 8),
    kind: neighbour.linkKind,
    agent: neighbour.agent,
    delayMs: neighbour.heartbeat.delayMs,
    height: neighbour.status.genesis === null ? null : neighbour.status.height,
    clockOffsetMs: neighbour.heartbeat.clockOffsetMs,
    trouble: null,
  };
}
