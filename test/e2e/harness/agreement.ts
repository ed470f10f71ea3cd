/**
 * How far the members of a room agree: their chains side by side, and who mined what of the part that all share.
 */
import type { Member, SeenBlock } from './room.ts';

export interface Agreement {
  /** Height of each member's tip by its name; -1 where it has none, or one that nobody can show. */
  readonly heights: Readonly<Record<string, number>>;
  readonly lowestHeight: number;
  /** Height of the last block that the chains of all share; -1 where there is none. */
  readonly commonHeight: number;
  /** Blocks of each member on the shared part, by name. */
  readonly ownBlocks: Readonly<Record<string, number>>;
}

/** Looks at all members at once. A member that shows no blocks itself is placed by what the others show. */
export async function compareChains(members: readonly Member[]): Promise<Agreement> {
  // Tips first: the blocks asked for afterwards then hold them, whoever mines meanwhile.
  const tips = await Promise.all(members.map((member) => member.tip()));
  const shown = await Promise.all(members.map((member) => member.blocks()));
  const known = new Map(shown.flat().map((block) => [block.hash, block]));
  const chains = tips.map((tip) => chainTo(tip, known));
  const lowestHeight = Math.min(...chains.map((chain) => chain.length - 1));
  let commonHeight = -1;
  while (
    commonHeight < lowestHeight &&
    chains.every((chain) => chain[commonHeight + 1]!.hash === chains[0]![commonHeight + 1]!.hash)
  )
    commonHeight++;
  const shared = chains[0]!.slice(1, commonHeight + 1);
  return {
    heights: byName(members, (_, index) => chains[index]!.length - 1),
    lowestHeight,
    commonHeight,
    ownBlocks: byName(members, (member) => shared.filter((block) => member.isOwn(block)).length),
  };
}

/** The agreement in one line, for the words of a failure. */
export function describeAgreement(agreement: Agreement | null): string {
  if (agreement === null) return 'nothing was seen';
  const { heights, commonHeight, ownBlocks } = agreement;
  const each = Object.keys(heights).map(
    (name) => `${name} ${heights[name]} (own ${ownBlocks[name]})`,
  );
  return `common ${commonHeight}; ${each.join(', ')}`;
}

/** From genesis to this tip; empty where a block between is unknown. */
function chainTo(tip: string | null, known: ReadonlyMap<string, SeenBlock>): SeenBlock[] {
  const chain: SeenBlock[] = [];
  for (let hash = tip; hash !== null;) {
    const block = known.get(hash);
    if (block === undefined) return [];
    chain.push(block);
    hash = /^0+$/.test(block.previousHash) ? null : block.previousHash;
  }
  return chain.reverse();
}

function byName(
  members: readonly Member[],
  value: (member: Member, index: number) => number,
): Record<string, number> {
  return Object.fromEntries(members.map((member, index) => [member.name, value(member, index)]));
}
