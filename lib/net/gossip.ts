/**
 * How a new block spreads (R14): its finder pushes it whole, everyone else announces its hash to neighbours that are
 * not known to have it, and those who lack it ask. Every block is announced once by each peer, so nothing loops.
 */
import type { HashHex } from '../chain/bytes.ts';
import { KnownSet } from './known-set.ts';
import { HASHES_LIMIT, type Message } from './messages.ts';

/** How long an asked block may take before another announcer is asked. */
export const GET_TIMEOUT_MS = 2_000;
/** Blocks asked for at a time. Beyond, announcements are left to the status in the next ping. */
export const PENDING_GETS_LIMIT = 1_024;

type Announce = (hashes: readonly string[]) => Message;

export type Send = (linkId: string, message: Message) => void;

export class Gossip {
  readonly #announce: Announce;
  readonly #known = new Map<string, KnownSet>();
  readonly #pending = new Map<HashHex, number>();

  /** @param announce how hashes are told; those of blocks where absent */
  constructor(announce: Announce = (hashes) => ({ type: 'inventory', hashes })) {
    this.#announce = announce;
  }

  addLink(linkId: string): void {
    this.#known.set(linkId, new KnownSet());
  }

  dropLink(linkId: string): void {
    this.#known.delete(linkId);
  }

  /** The neighbour has this block, as it showed by sending, announcing or asking. */
  markKnown(linkId: string, hash: HashHex): void {
    this.#known.get(linkId)?.add(hash);
  }

  isKnown(linkId: string, hash: HashHex): boolean {
    return this.#known.get(linkId)?.has(hash) ?? false;
  }

  /** A block has come by another way than by our asking for it. */
  arrived(hash: HashHex): void {
    this.#pending.delete(hash);
  }

  /** Spreads blocks that are newly kept. `whole`: we are their first source in the room. */
  spread(
    blocks: readonly { hash: HashHex; message: Message }[],
    whole: boolean,
    links: Iterable<string>,
    send: Send,
  ): void {
    for (const { hash } of blocks) this.#pending.delete(hash);
    // Most neighbours lack all of them, and are sent one and the same message.
    const all = whole ? [] : announcements(blocks, this.#announce);
    for (const linkId of links) {
      const known = this.#known.get(linkId);
      if (known === undefined) continue;
      const lacking = blocks.filter(({ hash }) => !known.has(hash));
      for (const { hash } of lacking) known.add(hash);
      if (whole) for (const { message } of lacking) send(linkId, message);
      else {
        const said =
          lacking.length === blocks.length ? all : announcements(lacking, this.#announce);
        for (const message of said) send(linkId, message);
      }
    }
  }

  /** A neighbour announces blocks; asks for those that we lack and that nobody was asked for lately. */
  announced(
    linkId: string,
    hashes: readonly HashHex[],
    have: (hash: HashHex) => boolean,
    nowMs: number,
    send: Send,
  ): void {
    const known = this.#known.get(linkId);
    const asked: HashHex[] = [];
    for (const hash of hashes) {
      known?.add(hash);
      // One that has just been asked for is pending, so that a hash which comes twice is asked for once.
      if (have(hash) || (this.#pending.get(hash) ?? 0) > nowMs) continue;
      if (!this.#pending.has(hash) && this.#pending.size >= PENDING_GETS_LIMIT) continue;
      this.#pending.set(hash, nowMs + GET_TIMEOUT_MS);
      asked.push(hash);
    }
    if (asked.length > 0) send(linkId, { type: 'get', hashes: asked });
  }

  tick(nowMs: number): void {
    for (const [hash, untilMs] of this.#pending) if (untilMs <= nowMs) this.#pending.delete(hash);
  }
}

/** The hashes of these blocks, as messages. */
function announcements(blocks: readonly { hash: HashHex }[], announce: Announce): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < blocks.length; at += HASHES_LIMIT)
    messages.push(announce(blocks.slice(at, at + HASHES_LIMIT).map(({ hash }) => hash)));
  return messages;
}
