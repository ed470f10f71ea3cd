/**
 * What happened last in a world, told so that a person can read it: one line an event, an arrow for a message (R31).
 */
import { hashBlockHex, isGenesisShape, type Block } from '../chain/block.ts';
import { decodeMessage, type ChainStatus } from '../net/messages.ts';

/** Events remembered: about the last second of a small world. Lines are written only when somebody wants to read. */
export const STORY_LIMIT_EVENTS = 400;

type StoryEvent =
  | { readonly kind: 'message'; readonly from: number; readonly to: number; bytes: Uint8Array }
  | { readonly kind: 'note'; readonly of: number | null; readonly text: string };

export class Story {
  readonly #times = new Float64Array(STORY_LIMIT_EVENTS);
  readonly #events: StoryEvent[] = [];
  #count = 0;
  readonly #readNowMs: () => number;

  constructor(readNowMs: () => number) {
    this.#readNowMs = readNowMs;
  }

  /** A message arrives. */
  message(from: number, to: number, bytes: Uint8Array): void {
    this.#remember({ kind: 'message', from, to, bytes });
  }

  /** Anything else that is worth a line; `of` is whom it concerns, null for the whole world. */
  note(of: number | null, text: string): void {
    this.#remember({ kind: 'note', of, text });
  }

  /** The last events, oldest first. */
  lines(nameOf: (index: number) => string): string[] {
    const first = Math.max(0, this.#count - STORY_LIMIT_EVENTS);
    const lines: string[] = [];
    for (let i = first; i < this.#count; i++) {
      const slot = i % STORY_LIMIT_EVENTS;
      const event = this.#events[slot]!;
      const time = (this.#times[slot]! / 1000).toFixed(3).padStart(9);
      lines.push(
        event.kind === 'message'
          ? `${time} s  ${nameOf(event.from).padStart(8)} → ${nameOf(event.to).padEnd(8)}  ${describeMessage(event.bytes)}`
          : `${time} s  ${(event.of === null ? '' : nameOf(event.of)).padStart(8)} · ${event.text}`,
      );
    }
    return lines;
  }

  #remember(event: StoryEvent): void {
    const slot = this.#count++ % STORY_LIMIT_EVENTS;
    this.#times[slot] = this.#readNowMs();
    this.#events[slot] = event;
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
