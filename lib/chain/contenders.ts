/**
 * Branches that must show more work than the best chain before they are kept, passed on or drawn (R5, R9).
 *
 * Blocks on old parents are cheap: in a `class` room the lateness of such a block eases its own target, down to some 16
 * hashes, and anyone may mine far below the tip while nobody looks. So a branch that leaves the best chain more than
 * {@link DEEP_FORK_BLOCKS} below the tip, or whose block shows too little work beside the tip's, waits here with its
 * sender's name on it. Two halves of a room that were apart for long heal all the same: the blocks of the heavier half
 * come in order, wait here, and all join at once with the block that brings their work above the tip's.
 *
 * What a sender can make us hold is bounded: few branches, few blocks that cost it next to nothing, and of those that
 * cost it real work no more than it takes to overtake our tip.
 */
import type { ArrivedBlock } from './block-rows.ts';
import type { HashHex } from './bytes.ts';
import type { TreeEntry } from './tree-entry.ts';
import type { BlockTree } from './tree.ts';

/** A branch that leaves the best chain further below the tip is deep. In a room of 10 s blocks this is 48 minutes. */
export const DEEP_FORK_BLOCKS = 288;
/** Branches held for one sender. One is being fetched; cheap blocks near the tip may start others. */
export const BRANCHES_PER_SENDER_LIMIT = 4;
/**
 * Blocks held for one sender that show too little work beside the tip's. A half of a room with less than a 256th of
 * the power mines that many in a day; of a longer one the heavier end cannot join by itself.
 */
export const CHEAP_BLOCKS_PER_SENDER_LIMIT = 8_192;
/** Data of these blocks, in bytes: 256 each, as our miners write them with a short note. */
export const CHEAP_DATA_PER_SENDER_LIMIT_BYTES = 256 * CHEAP_BLOCKS_PER_SENDER_LIMIT;
/** Branches that a sender may push out with others between two moves of our tip; then it is not listened to. */
export const CHANGES_PER_TIP_LIMIT = 64;

/** A block that waits. It is no kept block, but stands on one, and its children are judged as those of a kept one. */
export interface Contender extends Omit<TreeEntry, 'parent'> {
  parent: TreeEntry;
  readonly arrived: ArrivedBlock;
  /** Whether its hash shows work that is worth comparing with the tip's. */
  readonly paid: boolean;
}

export function isContender(entry: TreeEntry): entry is Contender {
  return 'paid' in entry;
}

/** A line of blocks, each the parent of the next; the first stands on a kept block. */
interface Branch {
  readonly blocks: Contender[];
}

interface Place {
  readonly branch: Branch;
  readonly contender: Contender;
}

interface Sender {
  readonly places: Map<HashHex, Place>;
  /** The least recently extended first. */
  branches: Branch[];
  cheapBlocks: number;
  cheapBytes: number;
  changes: number;
  /** The move of our tip since which changes are counted. */
  sinceMove: number;
}

export class ContenderPool {
  readonly #senders = new Map<string, Sender>();
  #moves = 0;

  /** Blocks held for all senders. */
  get size(): number {
    let sum = 0;
    for (const { places } of this.#senders.values()) sum += places.size;
    return sum;
  }

  get isEmpty(): boolean {
    return this.#senders.size === 0;
  }

  /** A block that this sender has sent and that waits. */
  find(from: string, hash: HashHex): Contender | undefined {
    return this.#senders.get(from)?.places.get(hash)?.contender;
  }

  /** The same for a block that is to be built on: not where the kept block below its branch has left the tree. */
  findParent(from: string, hash: HashHex, tree: BlockTree): Contender | undefined {
    const sender = this.#senders.get(from);
    const place = sender?.places.get(hash);
    if (sender === undefined || place === undefined) return undefined;
    const [first] = place.branch.blocks as [Contender];
    const root = tree.get(first.parent.hash);
    if (root === undefined) {
      dropBranch(sender, place.branch);
      this.#forgetIdle(from);
      return undefined;
    }
    first.parent = root;
    return place.contender;
  }

  /** Whether this sender has pushed out so many of its branches that no further one is begun before our tip moves. */
  isSpent(from: string): boolean {
    const sender = this.#senders.get(from);
    return sender?.sinceMove === this.#moves && sender.changes >= CHANGES_PER_TIP_LIMIT;
  }

  /** Keeps a block aside; false where its sender's share is full. Its parent is kept, or a contender of its sender. */
  add(contender: Contender): boolean {
    const { heardFrom: from, hash, parent } = contender;
    const sender = this.#senderOf(from);
    const below = sender.places.get(parent.hash);
    if (!contender.paid && !hasRoomFor(contender, sender)) {
      this.#forgetIdle(from);
      return false;
    }
    let branch: Branch;
    if (below === undefined) {
      if (sender.branches.length >= BRANCHES_PER_SENDER_LIMIT) this.#replaceOldest(sender);
      branch = { blocks: [] };
    } else {
      branch = below.branch;
      sender.branches = sender.branches.filter((other) => other !== branch);
      // The sender's branch has taken another way since.
      cutBranch(sender, branch, indexOf(below) + 1);
    }
    sender.branches.push(branch);
    branch.blocks.push(contender);
    sender.places.set(hash, { branch, contender });
    if (!contender.paid) countCheap(sender, contender, 1);
    return true;
  }

  /** Takes out a block and those below it, lowest first, since they are to be kept now. What stood above is lost. */
  takeBranchTo(contender: Contender): Contender[] {
    const from = contender.heardFrom;
    const sender = this.#senders.get(from)!;
    const place = sender.places.get(contender.hash)!;
    const blocks = place.branch.blocks.slice(0, indexOf(place) + 1);
    dropBranch(sender, place.branch);
    this.#forgetIdle(from);
    return blocks;
  }

  /** The tip has moved: senders may change their branches again, and what others have brought into the tree leaves. */
  tipMoved(tree: BlockTree): void {
    this.#moves++;
    for (const [from, sender] of this.#senders) {
      for (const branch of sender.branches) {
        const [first] = branch.blocks as [Contender];
        if (!tree.has(first.arrived.hash)) continue;
        const waiting = branch.blocks.findIndex(({ arrived }) => !tree.has(arrived.hash));
        const rest = waiting < 0 ? [] : branch.blocks.slice(waiting);
        dropBranch(sender, branch);
        if (rest.length > 0) rest[0]!.parent = tree.get(rest[0]!.parent.hash)!;
        for (const contender of rest) this.add(contender);
      }
      this.#forgetIdle(from);
    }
  }

  /** Forgets what a sender that is gone has left. */
  dropSender(from: string): void {
    this.#senders.delete(from);
  }

  /** Hashes of the sender's latest branch, the highest first in ever larger steps, for a locator. */
  locator(from: string): HashHex[] {
    const blocks = this.#senders.get(from)?.branches.at(-1)?.blocks ?? [];
    const hashes: HashHex[] = [];
    for (let below = 1; below <= blocks.length; below *= 2)
      hashes.push(blocks[blocks.length - below]!.hash);
    return hashes;
  }

  #senderOf(from: string): Sender {
    let sender = this.#senders.get(from);
    if (sender === undefined) {
      sender = {
        places: new Map(),
        branches: [],
        cheapBlocks: 0,
        cheapBytes: 0,
        changes: 0,
        sinceMove: this.#moves,
      };
      this.#senders.set(from, sender);
    }
    return sender;
  }

  /** Makes room for another branch of a sender. */
  #replaceOldest(sender: Sender): void {
    if (sender.sinceMove !== this.#moves) sender.changes = 0;
    sender.sinceMove = this.#moves;
    sender.changes++;
    dropBranch(sender, sender.branches[0]!);
  }

  #forgetIdle(from: string): void {
    if (this.#senders.get(from)?.branches.length === 0) this.#senders.delete(from);
  }
}

function dropBranch(sender: Sender, branch: Branch): void {
  cutBranch(sender, branch, 0);
  sender.branches = sender.branches.filter((other) => other !== branch);
}

/** Drops the blocks of a branch from this index on. */
function cutBranch(sender: Sender, { blocks }: Branch, from: number): void {
  for (const contender of blocks.splice(from)) {
    sender.places.delete(contender.hash);
    if (!contender.paid) countCheap(sender, contender, -1);
  }
}

function hasRoomFor({ block }: Contender, { cheapBlocks, cheapBytes }: Sender): boolean {
  return (
    cheapBlocks < CHEAP_BLOCKS_PER_SENDER_LIMIT &&
    cheapBytes + block.data.length <= CHEAP_DATA_PER_SENDER_LIMIT_BYTES
  );
}

function countCheap(sender: Sender, { block }: Contender, change: 1 | -1): void {
  sender.cheapBlocks += change;
  sender.cheapBytes += change * block.data.length;
}

function indexOf({ branch, contender }: Place): number {
  return contender.height - branch.blocks[0]!.height;
}
