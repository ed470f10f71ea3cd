/**
 * Task 1 (R18): the first node starts, and then the others, who know nothing but where it is.
 */
import type { Stage, TaskOutcome } from './stage.ts';
import { TASK_LIMIT_MS } from './stage.ts';

/** A look-up that found nobody yet is tried again. */
const LOOK_UP_AGAIN_MS = 3_000;

export async function bootstrap(stage: Stage): Promise<TaskOutcome> {
  const { nodes, company, observer } = stage;
  const [first] = nodes;
  await first!.start();
  await Promise.all(nodes.slice(1).map((node) => node.start()));
  const count = nodes.length;
  const haveGenesis = (): number => {
    const genesis = first!.peer?.chain?.tree.genesis.hash;
    return nodes.filter(({ peer }) => genesis && peer?.chain?.tree.genesis.hash === genesis).length;
  };
  const joined = await stage.until(() => haveGenesis() === count && countReached(stage) === count);
  observer.genesis = first!.peer?.chain?.tree.genesis.hash ?? '';
  stage.tell(`${haveGenesis()} of ${count} nodes have the genesis block`);
  // Each looks up the one across the list: nodes that are no neighbours, as a rule.
  const across = (index: number) => nodes[(index + Math.floor(count / 2)) % count]!.keys.account;
  const hasFound = (index: number) => observer.lookedUp.get(index)?.get(across(index)) === true;
  const countFound = () => nodes.filter(({ index }) => hasFound(index)).length;
  const endMs = company.nowMs + TASK_LIMIT_MS;
  while (joined && countFound() < count && company.nowMs < endMs) {
    for (const node of nodes)
      if (!hasFound(node.index)) node.take({ kind: 'look-up', account: across(node.index) });
    await stage.until(() => countFound() === count, LOOK_UP_AGAIN_MS);
  }
  const ok = joined && countFound() === count;
  return {
    ok,
    finding: `${haveGenesis()} of ${count} have one genesis, ${countReached(stage)} are reached from the first over links, ${countFound()} have found another in the hash table`,
  };
}

/** How many nodes can be reached from the first one over links that both sides know. */
export function countReached({ nodes }: Stage): number {
  const byId = new Map(nodes.map((node) => [node.keys.account, node]));
  const reached = new Set([nodes[0]!]);
  for (const node of reached)
    for (const { nodeId } of node.peer?.context.greeted() ?? []) {
      const other = byId.get(nodeId!);
      if (other?.peer !== null && other !== undefined) reached.add(other);
    }
  return reached.size;
}
