/**
 * What happened last in a world, told so that a person can read it: one line an event, an arrow for a message (R31).
 */
import { hashBlockHex, isGenesisShape, type Block } from '../chain/block.ts';
import type { ChainStatus } from '../net/chain-status.ts';
import { decodeMessage } from '../net/messages.ts';

/** Events remembered: about the last second of a small world. Lines are written only when somebody wants to read. */
export const STORY_LIMIT_EVENTS = 400;

/** A message, or a note where `bytes` is null. Places are used again: most events are never read. */
interface StoryEvent {
  timeMs: number;
  /** The sender, or whom a note concerns; null for the whole world. */
  of: number | null;
  to: number;
  bytes: Uint8Array | null;
  note: string;
}

export class Story {
  readonly #events: StoryEvent[] = [];
  #count = 0;
  readonly #readNowMs: () => number;

  constructor(readNowMs: () => number) {
    this.#readNowMs = readNowMs;
  }

  /** A message arrives. */
  message(from: number, to: number, bytes: Uint8Array): void {
    this.#remember(from, to, bytes, '');
  }

  /** Anything else that is worth a line; `of` is whom it concerns, null for the whole world. */
  note(of: number | null, text: string): void {
    this.#remember(of, 0, null, text);
  }

  /** The last events, oldest first. */
  lines(nameOf: (index: number) => string): string[] {
    const first = Math.max(0, this.#count - STORY_LIMIT_EVENTS);
    const lines: string[] = [];
    for (let i = first; i < this.#count; i++) {
      const { timeMs, of, to, bytes, note } = this.#events[i % STORY_LIMIT_EVENTS]!;
      const time = (timeMs / 1000).toFixed(3).padStart(9);
      const name = (of === null ? '' : nameOf(of)).padStart(8);
      lines.push(
        bytes === null
          ? `${time} s  ${name} · ${note}`
          : `${time} s  ${name} → ${nameOf(to).padEnd(8)}  ${describeMessage(bytes)}`,
      );
    }
    return lines;
  }

  #remember(of: number | null, to: number, bytes: Uint8Array | null, note: string): void {
    const slot = this.#count++ % STORY_LIMIT_EVENTS;
    const event = this.#events[slot];
    const timeMs = this.#readNowMs();
    if (event === undefined) {
      this.#events[slot] = { timeMs, of, to, bytes, note };
      return;
    }
    event.timeMs = timeMs;
    event.of = of;
    event.to = to;
    event.bytes = bytes;
    event.note = note;
  }
}

/** The first digits of a hash: enough to tell blocks of one world apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

function describeMessage(bytes: Uint8Array): string {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return `${bytes.length} bytes that are no message (${decoded.code})`;
  const { message } = decoded;
  switch (message.type) {
    case 'block':
      return `block ${describeBlock(message.block)}`;
    case 'hello':
    case 'status':
    case 'ping':
      return `${message.type} ${describeStatus(message.status)}`;
    case 'name':
      return `name ${message.name}`;
    case 'visibility':
      return message.hidden ? 'hidden' : 'shown';
    case 'inventory':
    case 'get':
      return `${message.type} ${message.hashes.map(shortHash).join(' ')}`;
    case 'transaction':
      return `transaction ${bytes.length} bytes`;
    case 'transaction-inventory':
    case 'get-transactions':
      return `${message.type} ${message.ids.map(shortHash).join(' ')}`;
    case 'get-chain':
      return `get-chain ${message.id} from ${message.locator.slice(0, 3).map(shortHash).join(' ')} …`;
    case 'chain': {
      const [first] = message.blocks;
      const begin = first === undefined ? '' : `, first ${describeBlock(first)}`;
      return `chain ${message.id}: ${message.blocks.length} blocks${begin}${message.more ? ', more' : ''}`;
    }
    case 'pong':
      return `pong ${message.id}`;
    case 'neighbours':
      return `neighbours ${message.nodeIds.map(shortHash).join(' ')}`;
    case 'datagram': {
      const { port, from, to, hops, body } = message;
      return `datagram ${port} ${shortHash(from)} ⇢ ${shortHash(to)}, hop ${hops}, ${body.length} characters`;
    }
  }
}

function describeBlock(block: Block): string {
  const hash = shortHash(hashBlockHex(block));
  if (isGenesisShape(block)) return `${hash} (genesis)`;
  return `${hash} on ${[...block.previousHash.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function describeStatus({ genesis, tip, height, work }: ChainStatus): string {
  if (genesis === null || tip === null) return 'without a chain';
  return `at ${height} ${shortHash(tip)}, work ${work}`;
}
