/**
 * Watches that no peer tells a neighbour of a block or a transaction twice, or of one that the neighbour has told of
 * itself (R14).
 */
import { hashBlockHex } from '../chain/block.ts';
import type { HashHex } from '../chain/bytes.ts';
import { decodeMessage, type Message } from '../net/messages.ts';

/** Where the kind of a message shows: `{"type":"inventory"…`, `{"type":"get"…`, and `{"data":…` for a block. */
const TYPE_OFFSET = 9;
const LETTER = { inventory: 0x69, get: 0x67, data: 0x64, transaction: 0x74 } as const;

interface WatchedLink {
  /** What was told, by either side. */
  readonly told: Set<HashHex>;
  /** What the neighbour asked for: it may be sent once more. */
  readonly asked: Set<HashHex>;
  /** Messages that were over the neighbour's rate so far, and so were not read. */
  dropped: number;
}

export class GossipWatch {
  readonly #links = new Map<string, WatchedLink>();

  /**
   * A message has come. What a flood brings beyond the neighbour's rate is dropped unread, and so tells nothing.
   * @param dropped messages of this link that were dropped so far, this one included
   */
  hears(owner: number, linkId: string, bytes: Uint8Array, dropped: number): void {
    const link = this.#linkOf(owner, linkId);
    const isRead = dropped === link.dropped;
    link.dropped = dropped;
    if (!isRead || !isWatched(bytes)) return;
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return;
    const { message } = decoded;
    const { told, asked } = link;
    if (message.type === 'get') for (const hash of message.hashes) asked.add(hash);
    else for (const hash of hashesOf(message)) told.add(hash);
  }

  /** A sentence where a hash or a block goes out again that nobody asked for. */
  sends(owner: number, linkId: string, bytes: Uint8Array): string | null {
    if (!isWatched(bytes)) return null;
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return `sends what is no message: ${decoded.code}`;
    const { message } = decoded;
    const { told, asked } = this.#linkOf(owner, linkId);
    for (const hash of hashesOf(message)) {
      if (message.type === 'block' && asked.delete(hash)) continue;
      if (told.has(hash)) return `tells of ${hash} twice over ${linkId}`;
      told.add(hash);
    }
    return null;
  }

  forgets(owner: number, linkId: string): void {
    this.#links.delete(`${owner} ${linkId}`);
  }

  #linkOf(owner: number, linkId: string): WatchedLink {
    const key = `${owner} ${linkId}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = { told: new Set(), asked: new Set(), dropped: 0 };
      this.#links.set(key, link);
    }
    return link;
  }
}

function isWatched(bytes: Uint8Array): boolean {
  const letter = bytes[TYPE_OFFSET];
  if (bytes[2] === LETTER.data || letter === LETTER.transaction) return true;
  return letter === LETTER.inventory || letter === LETTER.get;
}

/** The blocks that a message tells of, or transactions by their ids. */
function hashesOf(message: Message): readonly HashHex[] {
  if (message.type === 'block') return [hashBlockHex(message.block)];
  if (message.type === 'transaction-inventory') return message.ids;
  return message.type === 'inventory' ? message.hashes : [];
}
