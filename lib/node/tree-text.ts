/**
 * Draws the tree of blocks as text, for the terminal (R6): the best chain runs straight down, each other branch hangs
 * one column to the right where it left, and long runs without a fork are folded.
 *
 *     ● 7 0000a1b2 alice
 *     ⋮ 118 blocks
 *     ● 126 00003c4d bob
 *     ├─● 127 00005e6f carol
 *     ● 127 0000a7b8 alice
 */

/** Blocks shown at each end of a folded run. */
const RUN_ENDS = 2;
/** A shorter run is shown whole: folding would save less than it hides. */
const SHORTEST_FOLD = 3;
/** A terminal scrolls, and nobody reads more: the oldest lines are left out. */
export const TREE_LINE_LIMIT = 400;
/** Columns of nested branches; deeper ones are drawn at this depth. Only an attacker nests forks so deep. */
export const TREE_DEPTH_LIMIT = 24;

export interface TreeNode {
  readonly hash: string;
  readonly previousHash: string;
  readonly height: number;
  readonly onBestChain: boolean;
  /** What stands behind the mark, in one line. */
  readonly label: string;
}

/** A branch to draw: where it starts, how deep it hangs, and whether it leaves another there. */
interface Branch {
  readonly start: TreeNode;
  readonly depth: number;
  readonly leaves: boolean;
}

/**
 * The tree as lines. Nodes may come in any order; where branches off the best chain are equally long, the
 * earlier in `nodes` runs straight on. A node whose parent is not among them starts a tree of its own.
 */
export function writeTree(nodes: readonly TreeNode[]): string[] {
  const byHash = new Map(nodes.map((node) => [node.hash, node]));
  const children = new Map<string, TreeNode[]>();
  const roots: TreeNode[] = [];
  for (const node of byHash.values()) {
    if (!byHash.has(node.previousHash)) roots.push(node);
    else if (!children.has(node.previousHash)) children.set(node.previousHash, [node]);
    else children.get(node.previousHash)!.push(node);
  }
  const lengths = measureLengths(nodes, children);
  const lines: string[] = [];
  for (const start of roots) drawTree(start, children, lengths, lines);
  if (lines.length <= TREE_LINE_LIMIT) return lines;
  const shown = lines.slice(lines.length - TREE_LINE_LIMIT);
  return [`⋮ ${lines.length - TREE_LINE_LIMIT} lines left out`, ...shown];
}

/** For each node the greatest height that its descendants reach. */
function measureLengths(
  nodes: readonly TreeNode[],
  children: ReadonlyMap<string, readonly TreeNode[]>,
): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const node of [...nodes].sort((a, b) => b.height - a.height)) {
    const below = (children.get(node.hash) ?? []).map((child) => lengths.get(child.hash) ?? 0);
    lengths.set(
      node.hash,
      below.reduce((a, b) => Math.max(a, b), node.height),
    );
  }
  return lengths;
}

/** Without recursion, because a branch may be as long as a chain. */
function drawTree(
  root: TreeNode,
  children: ReadonlyMap<string, readonly TreeNode[]>,
  lengths: ReadonlyMap<string, number>,
  lines: string[],
): void {
  const pending: Branch[] = [{ start: root, depth: 0, leaves: false }];
  while (pending.length > 0) {
    const { start, depth, leaves } = pending.pop()!;
    const run = [start];
    let below = children.get(start.hash) ?? [];
    while (below.length === 1) {
      run.push(below[0]!);
      below = children.get(below[0]!.hash) ?? [];
    }
    drawRun(run, depth, leaves, lines);
    const next = pickNext(below, lengths);
    if (next === null) continue;
    // The last pushed is drawn first: side branches in their order, then the branch itself runs on below them.
    pending.push({ start: next, depth, leaves: false });
    const sideDepth = Math.min(depth + 1, TREE_DEPTH_LIMIT);
    for (const fork of [...below].reverse())
      if (fork !== next) pending.push({ start: fork, depth: sideDepth, leaves: true });
  }
}

function drawRun(run: readonly TreeNode[], depth: number, leaves: boolean, lines: string[]): void {
  const column = '│ '.repeat(depth);
  const folded = run.length - 2 * RUN_ENDS;
  run.forEach((node, index) => {
    const isHidden = folded >= SHORTEST_FOLD && index >= RUN_ENDS && index < run.length - RUN_ENDS;
    if (isHidden) {
      if (index === RUN_ENDS) lines.push(`${column}⋮ ${folded} blocks`);
      return;
    }
    const lead = leaves && index === 0 ? `${'│ '.repeat(depth - 1)}├─` : column;
    lines.push(`${lead}● ${node.label}`);
  });
}

/** The child that runs straight on: that of the best chain, else the start of the longest branch. */
function pickNext(
  nodes: readonly TreeNode[],
  lengths: ReadonlyMap<string, number>,
): TreeNode | null {
  let best: TreeNode | null = null;
  for (const node of nodes) {
    if (node.onBestChain) return node;
    if (best === null || lengths.get(node.hash)! > lengths.get(best.hash)!) best = node;
  }
  return best;
}
