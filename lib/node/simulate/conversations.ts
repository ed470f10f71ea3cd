/**
 * Links between the nodes of a company over UDP (R18, R19): each is a pair of ordered streams on a perfect link.
 *
 * A perfect link delivers everything once but in any order, so frames are numbered. A dial is a stream that begins with
 * `open`; the other side answers with a stream of the same name. The first node is the meeting place too: whoever comes
 * tells it, and is told who is there, as a room's server does it.
 */
import { bytesToHex, concatBytes, readHex, readUtf8, writeUtf8 } from '../../chain/bytes.ts';
import { ACCOUNT, type Account } from '../../ledger/account.ts';
import type { Randomness } from '../../net/links/fair-loss.ts';
import type { LinkEvent, ReliableLink } from '../../net/links/reliable-link.ts';
import type { PeerInput } from '../../peer/inputs.ts';
import type { CarrierAddress } from '../../drivers/udp/datagram-carrier.ts';

const NAME_BYTES = 8;
const COUNT_BYTES = 4;
const HEAD_BYTES = 1 + NAME_BYTES + COUNT_BYTES;
const KINDS = { open: 1, part: 2, last: 3, close: 4, join: 5, present: 6 } as const;
/** A dial that nobody answered for so long has failed. */
const DIAL_LIMIT_MS = 10_000;
/** Frames of a stream that wait for an earlier one: the perfect link's window and what it held back. */
const HELD_LIMIT_FRAMES = 512;
/** Names of streams that have ended, so that a late frame does not begin one anew. */
const ENDED_LIMIT = 4_096;
/** Newcomers are announced at most this often. */
const ANNOUNCE_EVERY_MS = 200;

interface Conversation {
  readonly name: string;
  readonly with: Account;
  readonly linkId: string;
  readonly isOurs: boolean;
  readonly sinceMs: number;
  isOpen: boolean;
  sent: number;
  received: number;
  readonly held: Map<number, Uint8Array>;
  readonly parts: Uint8Array[];
}

export interface ConversationsOptions {
  readonly self: Account;
  readonly link: ReliableLink;
  readonly random: Randomness;
  /** Where others are reached; grows as the meeting place tells. */
  readonly addresses: Map<Account, CarrierAddress>;
  /** Null at the meeting place. */
  readonly meetingPlace: Account | null;
  /** Gives an input to the peer. */
  readonly take: (input: PeerInput) => void;
}

export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #byName = new Map<string, Conversation>();
  readonly #byLink = new Map<string, Conversation>();
  readonly #ended = new Set<string>();
  /** Who is there, at the meeting place. */
  readonly #members = new Set<Account>();
  #announceMs = Number.POSITIVE_INFINITY;

  constructor(options: ConversationsOptions) {
    this.#options = options;
    if (options.meetingPlace === null) this.#members.add(options.self);
  }

  /** Tells the meeting place that we are here. */
  join(nowMs: number): void {
    const { meetingPlace } = this.#options;
    if (meetingPlace !== null) this.#sendAlone(meetingPlace, KINDS.join, '', nowMs);
    else this.#options.take({ kind: 'present', nodeIds: [] });
  }

  dial(nodeId: Account, nowMs: number): void {
    const isKnown = [...this.#byName.values()].some((other) => other.with === nodeId);
    if (isKnown || !this.#options.addresses.has(nodeId)) {
      this.#options.take({ kind: 'dial-failed', nodeId });
      return;
    }
    const name = bytesToHex(this.#options.random.bytes(NAME_BYTES));
    const conversation = this.#make(name, nodeId, true, nowMs);
    this.#write(conversation, KINDS.open, new Uint8Array(0), nowMs);
  }

  send(linkId: string, bytes: Uint8Array, nowMs: number): void {
    const conversation = this.#byLink.get(linkId);
    if (conversation === undefined) return;
    const partBytes = this.#options.link.limitBytes - HEAD_BYTES;
    for (let at = 0; at < bytes.length && this.#byLink.has(linkId); at += partBytes) {
      const isLast = at + partBytes >= bytes.length;
      const part = bytes.subarray(at, at + partBytes);
      this.#write(conversation, isLast ? KINDS.last : KINDS.part, part, nowMs);
    }
  }

  close(linkId: string, nowMs: number): void {
    const conversation = this.#byLink.get(linkId);
    if (conversation === undefined) return;
    this.#write(conversation, KINDS.close, new Uint8Array(0), nowMs);
    this.#end(conversation);
  }

  /** Takes what the perfect link delivers and settles. */
  handle(events: readonly LinkEvent[], nowMs: number): void {
    for (const event of events) {
      if (event.kind === 'delivered') this.#deliver(event.from, event.bytes, nowMs);
      if (event.kind !== 'settled' || event.settlement.kind !== 'failed') continue;
      // What follows the gap can never be put in order.
      for (const other of [...this.#byName.values()]) if (other.with === event.to) this.#end(other);
    }
  }

  tick(nowMs: number): void {
    for (const conversation of [...this.#byName.values()])
      if (!conversation.isOpen && nowMs - conversation.sinceMs > DIAL_LIMIT_MS)
        this.#end(conversation);
    if (nowMs < this.#announceMs) return;
    this.#announceMs = Number.POSITIVE_INFINITY;
    this.#announce(nowMs);
  }

  #deliver(from: Account, bytes: Uint8Array, nowMs: number): void {
    if (bytes.length < HEAD_BYTES) return;
    const kind = bytes[0]!;
    const rest = bytes.subarray(HEAD_BYTES);
    if (kind === KINDS.join) {
      this.#members.add(from);
      this.#announceMs = Math.min(this.#announceMs, nowMs + ANNOUNCE_EVERY_MS);
      return;
    }
    if (kind === KINDS.present) {
      if (from === this.#options.meetingPlace) this.#learn(readUtf8(rest) ?? '');
      return;
    }
    const name = bytesToHex(bytes.subarray(1, 1 + NAME_BYTES));
    if (this.#ended.has(name)) return;
    const known = this.#byName.get(name);
    if (known !== undefined && known.with !== from) return;
    const conversation = known ?? this.#make(name, from, false, nowMs);
    const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1 + NAME_BYTES);
    conversation.held.set(count, bytes);
    if (conversation.held.size > HELD_LIMIT_FRAMES) return this.#end(conversation);
    for (;;) {
      const next = conversation.held.get(conversation.received);
      if (next === undefined || this.#ended.has(name)) return;
      conversation.held.delete(conversation.received++);
      this.#read(conversation, next[0]!, next.subarray(HEAD_BYTES), nowMs);
    }
  }

  /** The next frame of a stream. */
  #read(conversation: Conversation, kind: number, bytes: Uint8Array, nowMs: number): void {
    const { take } = this.#options;
    const { linkId } = conversation;
    switch (kind) {
      case KINDS.open:
        this.#opened(conversation, nowMs);
        return;
      case KINDS.part:
        conversation.parts.push(bytes);
        return;
      case KINDS.last: {
        const parts = conversation.parts.splice(0);
        take({ kind: 'received', linkId, bytes: concatBytes(...parts, bytes) });
        return;
      }
      default:
        this.#end(conversation);
    }
  }

  #opened(conversation: Conversation, nowMs: number): void {
    const { self, take } = this.#options;
    const { linkId, with: nodeId } = conversation;
    for (const other of [...this.#byName.values()]) {
      if (other === conversation || other.with !== nodeId) continue;
      // Of two dials that cross, that of the greater account counts. A node that restarted is linked to again once the
      // perfect link has told that its earlier life is over. Any other link that stood is replaced.
      if (other.isOurs && self > nodeId) return this.#refuse(conversation, nowMs);
      this.#end(other);
    }
    conversation.isOpen = true;
    if (!conversation.isOurs) this.#write(conversation, KINDS.open, new Uint8Array(0), nowMs);
    take({ kind: 'connected', linkId, linkKind: 'webrtc', nodeId });
  }

  #refuse(conversation: Conversation, nowMs: number): void {
    this.#write(conversation, KINDS.close, new Uint8Array(0), nowMs);
    this.#end(conversation);
  }

  #make(name: string, nodeId: Account, isOurs: boolean, nowMs: number): Conversation {
    const linkId = `udp-link:${nodeId}:${name}`;
    const conversation: Conversation = {
      ...{ name, with: nodeId, linkId, isOurs, sinceMs: nowMs },
      ...{ isOpen: false, sent: 0, received: 0, held: new Map(), parts: [] },
    };
    this.#byName.set(name, conversation);
    this.#byLink.set(linkId, conversation);
    return conversation;
  }

  #end(conversation: Conversation): void {
    const { name, linkId, isOpen, isOurs, with: nodeId } = conversation;
    if (!this.#byName.delete(name)) return;
    this.#byLink.delete(linkId);
    if (this.#ended.size >= ENDED_LIMIT) this.#ended.delete(this.#ended.values().next().value!);
    this.#ended.add(name);
    if (isOpen) this.#options.take({ kind: 'disconnected', linkId });
    else if (isOurs) this.#options.take({ kind: 'dial-failed', nodeId });
  }

  #write(conversation: Conversation, kind: number, bytes: Uint8Array, nowMs: number): void {
    const { name, with: to, sent } = conversation;
    conversation.sent++;
    const { link } = this.#options;
    const outcome = link.send(to, writeHead(kind, name, sent, bytes), nowMs);
    if (outcome.kind === 'refused') this.#end(conversation);
  }

  #sendAlone(to: Account, kind: number, text: string, nowMs: number): void {
    const frame = writeHead(kind, '00'.repeat(NAME_BYTES), 0, writeUtf8(text));
    this.#options.link.send(to, frame, nowMs);
  }

  /** The meeting place tells everyone who is there, and where. */
  #announce(nowMs: number): void {
    const { self, addresses, take } = this.#options;
    const lines = [...this.#members]
      .filter((account) => account !== self)
      .map((account) => `${account} ${addresses.get(account)!.port}`);
    for (const member of this.#members)
      if (member !== self) this.#sendAlone(member, KINDS.present, lines.join('\n'), nowMs);
    take({ kind: 'present', nodeIds: [...this.#members] });
  }

  #learn(text: string): void {
    const { self, addresses, meetingPlace, take } = this.#options;
    const nodeIds = meetingPlace === null ? [] : [meetingPlace];
    for (const line of text.split('\n')) {
      const [account = '', port = ''] = line.split(' ');
      if (!ACCOUNT.test(account) || account === self) continue;
      addresses.set(account, { ip: '127.0.0.1', port: Number(port) });
      nodeIds.push(account);
    }
    take({ kind: 'present', nodeIds });
  }
}

function writeHead(kind: number, name: string, count: number, bytes: Uint8Array): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  head[0] = kind;
  head.set(readHex(name)!, 1);
  new DataView(head.buffer).setUint32(1 + NAME_BYTES, count);
  return concatBytes(head, bytes);
}
