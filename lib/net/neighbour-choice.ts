/**
 * Whom a peer wants to be linked to (R11, R14): everyone in a small room, and in a large one its nearest on the ring of
 * all node ids, and in each Kademlia bucket the partner that lies opposite to it.
 *
 * Both relations look the same from both sides: with the same list of who is there, A wants B exactly where B wants A.
 * So one side dials, nobody is dialled by more than it has links for, and one who comes or goes changes the choices
 * only of those next to it. The ring alone connects the room, which buckets of few mutual partners do not promise;
 * the buckets make the ways short. Links that are left over go to the fastest: see mesh.ts.
 */
import type { Account } from '../ledger/account.ts';
import { hasBit, ID_BITS } from './kademlia/ids.ts';

/** Links of a peer at most: a browser carries a dozen without trouble, a phone half of it. */
export const LINK_LIMITS = { usual: 12, small: 6 } as const;
/** Of these so many go to the nearest on each side of the ring, so that it holds when one leaves. */
const RING_SIDE = { usual: 2, small: 1 } as const;

/** Half of a subtree of the ids, as a range of the sorted list. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The neighbours that a node wants among those it knows of.
 *
 * @param known other nodes' ids, without repeats and without `self`
 * @param limit links at most, from 4
 * @returns at most `limit` of them, the most important first; all where there are no more
 */
export function chooseNeighbours(
  self: Account,
  known: readonly Account[],
  limit: number = LINK_LIMITS.usual,
): Account[] {
  const others = new Set(known);
  others.delete(self);
  const sorted = [...others, self].sort();
  return others.size <= limit ? alongRing(self, sorted) : chooseAmong(self, sorted, limit);
}

/** All others of a sorted list, the nearest on the ring first, from both sides in turn. */
function alongRing(self: Account, sorted: readonly Account[]): Account[] {
  const at = indexFrom(sorted, self);
  const size = sorted.length;
  return Array.from({ length: size - 1 }, (_, index) => {
    const step = (index >> 1) + 1;
    return sorted[(at + (index % 2 === 0 ? step : size - step)) % size]!;
  });
}

/** As {@link chooseNeighbours}, from a sorted list with more than `limit` ids beside `self`, which is among them. */
export function chooseAmong(self: Account, sorted: readonly Account[], limit: number): Account[] {
  // One whose links are all taken by partners in nearer buckets would turn us away.
  return wishesOf(self, sorted, limit).filter((id) => wishesOf(id, sorted, limit).includes(self));
}

/** What a node would choose if everybody had links for it, from a sorted list of more than `limit` others and itself. */
export function wishesOf(self: Account, sorted: readonly Account[], limit: number): Account[] {
  const at = indexFrom(sorted, self);
  const chosen = new Set<Account>();
  const side = limit < 2 * LINK_LIMITS.small ? RING_SIDE.small : RING_SIDE.usual;
  for (let step = 1; step <= side; step++) {
    chosen.add(sorted[(at + step) % sorted.length]!);
    chosen.add(sorted[(at - step + sorted.length) % sorted.length]!);
  }
  for (const partner of partnersOf(self, sorted)) {
    if (chosen.size >= limit) break;
    chosen.add(partner);
  }
  return [...chosen];
}

/**
 * The mutual partners of a node: first the one opposite to it in each bucket, the farthest bucket first, then further
 * ones in the same order, opposite in the next bit as well.
 */
function* partnersOf(self: Account, sorted: readonly Account[]): Generator<Account> {
  const buckets: { readonly bit: number; readonly mine: Range; readonly other: Range }[] = [];
  let own: Range = { from: 0, to: sorted.length };
  for (let bit = ID_BITS - 1; bit >= 0 && own.to - own.from > 1; bit--) {
    const middle = splitAt(sorted, own.from, own.to, bit);
    const low: Range = { from: own.from, to: middle };
    const high: Range = { from: middle, to: own.to };
    const [mine, other] = hasBit(self, bit) ? [high, low] : [low, high];
    own = mine;
    if (other.from < other.to) buckets.push({ bit, mine, other });
  }
  for (const isFurther of [false, true])
    for (const { bit, mine, other } of buckets) {
      // The bucket decides its own bit and those above, so the opposite differs from us in the next one at most.
      const partner = nearestIn(sorted, other, bit - 1, self, isFurther);
      if (nearestIn(sorted, mine, bit - 1, partner, isFurther) === self) yield partner;
    }
}

/**
 * The id in a range that is nearest to a target; the ids of the range agree in all bits above this one.
 * @param flipsTop whether the target is meant with this bit flipped
 */
function nearestIn(
  sorted: readonly Account[],
  range: Range,
  topBit: number,
  target: Account,
  flipsTop: boolean,
): Account {
  let { from, to } = range;
  for (let bit = topBit; to - from > 1 && bit >= 0; bit--) {
    const middle = splitAt(sorted, from, to, bit);
    if (middle === from || middle === to) continue;
    if (hasBit(target, bit) !== (flipsTop && bit === topBit)) from = middle;
    else to = middle;
  }
  return sorted[from]!;
}

/** Where the ids with this bit begin, in a range whose ids agree in all bits above. */
function splitAt(sorted: readonly Account[], first: number, end: number, bit: number): number {
  let [from, to] = [first, end];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (hasBit(sorted[middle]!, bit)) to = middle;
    else from = middle + 1;
  }
  return from;
}

function indexFrom(sorted: readonly Account[], id: Account): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! < id) from = middle + 1;
    else to = middle;
  }
  return from;
}
