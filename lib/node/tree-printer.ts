/**
 * Prints the tree of blocks whenever it has grown, newest below (R6).
 */
import type { BlockView } from '../peer/snapshot.ts';
import type { RoomSession } from '../drivers/session.ts';
import { writeTree } from './tree-text.ts';

/** Heights below the tip that are looked at: forks are shallower, and the rest would be folded anyway. */
export const TREE_WINDOW_HEIGHTS = 48;
/** As fast as a person can follow. */
export const PRINT_EVERY_MS = 1_000;
/** Enough of a hash to tell blocks apart, its leading zeros included. */
const SHOWN_HASH_DIGITS = 12;
/** Enough of a link to tell neighbours apart. */
const SHOWN_LINK_CHARS = 32;

/** Prints to `print` until the returned function is called, which prints what is new a last time. */
export function printTrees(session: RoomSession, print: (text: string) => void): () => void {
  let printedKept = 0;
  let printedTip: string | null = null;

  function printNow(): void {
    const { tip, blocks } = session.snapshot();
    if (tip === null || (tip.hash === printedTip && blocks.kept === printedKept)) return;
    printedTip = tip.hash;
    printedKept = blocks.kept;
    print(describeTree(session));
  }

  const timer = setInterval(printNow, PRINT_EVERY_MS);
  return () => {
    clearInterval(timer);
    printNow();
  };
}

/** The last heights of the tree, and one line that says how the miner stands. */
export function describeTree(session: RoomSession): string {
  const { tip, mining, rates, peers } = session.snapshot();
  const height = tip?.height ?? 0;
  const views = session.blocksBetween(Math.max(0, height - TREE_WINDOW_HEIGHTS), height);
  const lines = writeTree(
    views.map(({ hash, previousHash, height: at, onBestChain, ...view }) => ({
      hash,
      previousHash,
      height: at,
      onBestChain,
      label: `${at} ${hash.slice(0, SHOWN_HASH_DIGITS)} ${describeMiner({ hash, ...view }, session)}`,
    })),
  );
  const megahashes = (rates.totalHashesPerSecond / 1e6).toFixed(1);
  return [
    ...lines,
    `height ${height}, ${mining.onChain} of them ours, ${megahashes} MH/s, ${peers.length} peers`,
  ].join('\n');
}

function describeMiner(
  view: Pick<BlockView, 'hash' | 'isSelf' | 'name'>,
  session: RoomSession,
): string {
  if (view.isSelf) return `${view.name} (ours)`;
  if (view.name !== '?') return view.name;
  const heardFrom = session.blockDetail(view.hash)?.heardFrom;
  return heardFrom === undefined ? view.name : `from ${heardFrom.slice(0, SHOWN_LINK_CHARS)}`;
}
