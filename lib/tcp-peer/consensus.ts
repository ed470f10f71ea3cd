/**
 * Which of two chains is taken: the longer; of equals the one whose last block is earlier (R24).
 */
import type { TcpBlock } from './block.ts';

/** A negative number where `left` is taken rather than `right`, a positive one where `right` is, 0 where they are equal. */
export function compareChains(left: readonly TcpBlock[], right: readonly TcpBlock[]): number {
  if (left.length !== right.length) return right.length - left.length;
  const leftLast = left[left.length - 1]!;
  const rightLast = right[right.length - 1]!;
  if (leftLast.timeMs !== rightLast.timeMs) return leftLast.timeMs - rightLast.timeMs;
  // Times of one second, as ctime writes them, are often equal. All peers of ours have to choose alike.
  return leftLast.hash < rightLast.hash ? -1 : leftLast.hash > rightLast.hash ? 1 : 0;
}

/** How many blocks two chains have in common, from the first on. */
export function commonLength(left: readonly TcpBlock[], right: readonly TcpBlock[]): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length]!.hash === right[length]!.hash) length++;
  return length;
}
