/**
 * The notes whose blocks may still be reverted: a line that a user wrote must not be lost with the race of two blocks (R25).
 */
import type { Chain } from '../chain/chain.ts';
import type { TreeEntry } from '../chain/tree.ts';

/** Own blocks with notes that are watched; the oldest leaves first. More than anyone types before they are buried. */
export const WATCHED_NOTES_LIMIT = 64;
/** A block with so many above it is not reverted any more but by a room that was parted. */
export const BURIED_BLOCKS = 20;

interface SentNote {
  readonly entry: TreeEntry;
  readonly note: string;
  /** It is written again, as its block is on no best chain. */
  isReturned: boolean;
}

export class SentNotes {
  #sent: SentNote[] = [];

  /** A block of ours holds this note. */
  add(entry: TreeEntry, note: string): void {
    this.#sent.push({ entry, note, isReturned: false });
    if (this.#sent.length > WATCHED_NOTES_LIMIT) this.#sent.shift();
  }

  /**
   * The note to write next: `waiting`, or one whose block was reverted where none waits; empty where there is neither.
   * One whose block has come back is written no more.
   */
  choose(chain: Chain, waiting: string): string {
    if (this.#sent.length === 0) return waiting;
    let chosen = waiting;
    const { tree, tip } = chain;
    for (const sent of this.#sent) {
      const isOnChain = tree.at(sent.entry.height)?.hash === sent.entry.hash;
      if (isOnChain && sent.isReturned) {
        sent.isReturned = false;
        if (chosen === sent.note) chosen = '';
      } else if (!isOnChain && !sent.isReturned && chosen === '') {
        sent.isReturned = true;
        chosen = sent.note;
      }
    }
    this.#sent = this.#sent.filter(({ entry }) => tip.height - entry.height < BURIED_BLOCKS);
    return chosen;
  }

  /** A block with this note was found: of those that were to be written again one is. */
  rewritten(note: string): void {
    const place = this.#sent.findIndex((sent) => sent.isReturned && sent.note === note);
    if (place >= 0) this.#sent.splice(place, 1);
  }
}
