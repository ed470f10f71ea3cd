/**
 * What one arriving block did to the tree, over all blocks that joined with it: one change of the tip, not several.
 */
import type { BlockTree, Insertion, TreeEntry } from './tree.ts';

/** `added` holds all blocks newly kept, those included that had waited for the one that came. */
export type GrowthOutcome =
  | {
      readonly kind: 'tip-changed';
      readonly added: readonly TreeEntry[];
      /** Formerly on the best chain, tip first. */
      readonly reverted: readonly TreeEntry[];
      /** Newly on the best chain, lowest first. */
      readonly connected: readonly TreeEntry[];
    }
  | { readonly kind: 'side-branch'; readonly added: readonly TreeEntry[] };

/** The outcome of one insertion. */
export function describeInsertion({ entry, change }: Insertion): GrowthOutcome {
  if (change === null) return { kind: 'side-branch', added: [entry] };
  const { reverted, connected } = change;
  return {
    kind: 'tip-changed',
    added: connected.length === 1 ? connected : [entry],
    reverted,
    connected,
  };
}

/** Several outcomes in a row as one: what one of them connected and a later one reverted was never there. */
export function joinGrowth(outcomes: readonly GrowthOutcome[], tree: BlockTree): GrowthOutcome {
  if (outcomes.length === 1) return outcomes[0]!;
  const reverted: TreeEntry[] = [];
  const connected: TreeEntry[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind !== 'tip-changed') continue;
    for (const entry of outcome.reverted)
      if (connected.length > 0) connected.pop();
      else reverted.push(entry);
    for (const entry of outcome.connected)
      if (connected.length === 0 && reverted.at(-1)?.order === entry.order) reverted.pop();
      else connected.push(entry);
  }
  // In a full tree a later one of several blocks may have pushed out an earlier one.
  const added = outcomes
    .flatMap((outcome) => outcome.added)
    .filter(({ hash }) => tree.get(hash) !== undefined);
  return connected.length === 0
    ? { kind: 'side-branch', added }
    : { kind: 'tip-changed', added, reverted, connected };
}
