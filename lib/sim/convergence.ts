/**
 * Whether a healed world has come together again (R5, R10).
 */
import type { SimulatedPeer } from './simulated-peer.ts';
import type { World } from './world.ts';

/** The honest peer with most work, the first of equals; null where none has a chain. */
export function findLeader({ peers }: World): SimulatedPeer | null {
  let leader: SimulatedPeer | null = null;
  for (const member of peers) {
    const work = member.isHonest ? member.peer?.chain?.tip.work : undefined;
    if (work !== undefined && work > (leader?.peer?.chain?.tip.work ?? -1n)) leader = member;
  }
  return leader;
}

/**
 * All honest peers have the work of the leader; `tipsToo`: and its tip, UDP miners included. Miners whose root is
 * another block are lost for good, and so is the lead of one whose block was lost on the way: the specification has no
 * request.
 */
export function checkConvergence(world: World, tipsToo: boolean): void {
  const { peers, miners, checks } = world;
  const leader = findLeader(world);
  if (leader === null) {
    checks.report('honestPeersConverge', null, 'nobody has a chain');
    return;
  }
  const { tip, tree } = leader.peer!.chain!;
  const best = `${world.nameOf(leader.index)} at ${tip.height}`;
  for (const { peer, isHonest, index } of peers) {
    if (!isHonest) continue;
    const own = peer?.chain?.tip;
    if (own === undefined)
      checks.report('honestPeersConverge', index, `has no chain, unlike ${best}`);
    else if (own.work !== tip.work)
      checks.report('honestPeersConverge', index, `is at ${own.height}, but ${best}`);
    else if (tipsToo && own.hash !== tip.hash)
      checks.report('honestPeersConverge', index, `has another tip than ${best}`);
  }
  if (!tipsToo) return;
  for (const { isUp, root, tip: own, index } of miners) {
    if (!isUp || own === null || root !== tree.genesis.hash) continue;
    if (own.height < tip.height)
      checks.report('minersAreHealed', index, `is at ${own.height}, but ${best}`);
  }
}
