/**
 * One conversation with the examined miner: what it was sent, which blocks came from it, and on what they stand.
 *
 * A miner tells nothing but its blocks. So a rule shows it something and looks which block the next ones stand on.
 */
import { hashBlock, isGenesisShape, type Block } from '../chain/block.ts';
import { bytesToHex, type HashHex } from '../chain/bytes.ts';
import { encodeBlock, type PreviousField } from '../chain/codec.ts';
import type { UdpSocket } from '../drivers/udp/socket.ts';
import { Barrier } from './barrier.ts';
import { readBlock } from './block-reading.ts';
import type { Evidence } from './evidence.ts';
import type { OwnBlock } from './material.ts';
import { knock, type RunningProgram } from './subject.ts';

/** A block that is known to both sides, or came from the miner. */
export interface KnownBlock {
  readonly hash: HashHex;
  readonly previous: HashHex;
  /** Above the session's base, which has 0. Null where the parent is unknown. */
  readonly height: number | null;
}

export interface FoundBlock extends KnownBlock {
  readonly block: Block;
  readonly atMs: number;
}

/** What a miner did after it was shown something. */
export type Reaction =
  /** A block of its own stands on one of the chains in question. */
  | { readonly kind: 'on'; readonly chain: string; readonly found: FoundBlock }
  /** It goes on mining, and on none of them. */
  | { readonly kind: 'elsewhere'; readonly found: readonly FoundBlock[] }
  /** Its own chain has become longer than the one that it was shown, so that it may stay there. */
  | { readonly kind: 'ahead' }
  | { readonly kind: 'silent'; readonly ms: number }
  | { readonly kind: 'ended'; readonly how: string };

/**
 * Blocks that a miner may still find where it stood before. One or two are on their way while it is sent something;
 * each further one is a search that began after it.
 */
export const PATIENCE_BLOCKS = 6;
/** A miner that finds a block every few milliseconds may find more before it looks into its socket. */
export const PATIENCE_MS = 2_000;
const LOOK_EVERY_MS = 20;
/** Beside the named limit: so many times its usual time between two blocks is no accident (e^-20). */
const SILENT_INTERVALS = 20;

/** When a watch gives up. */
export interface Patience {
  readonly blocks?: number;
  readonly leastMs?: number;
  readonly isOver?: () => boolean;
  /** The height of the chain that the miner should follow; its own blocks above say nothing. */
  readonly height?: number;
}

const never = () => false;

export interface SessionParts {
  readonly sockets: readonly UdpSocket[];
  readonly to: { readonly ip: string; readonly port: number };
  readonly program: RunningProgram | null;
  /** Under which name the miner is told the previous hash. */
  readonly field: PreviousField;
  readonly evidence: Evidence;
  readonly silenceMs: number;
  /** Datagrams from elsewhere are not the miner's. */
  readonly isFromSubject: (ip: string) => boolean;
}

export class Session {
  readonly found: FoundBlock[] = [];
  field: PreviousField;
  /** How our blocks are written. */
  encode: (block: Block, field: PreviousField) => Uint8Array = encodeBlock;
  readonly #parts: SessionParts;
  readonly #known = new Map<HashHex, KnownBlock>();
  readonly #sent = new Set<HashHex>();
  /** Sent before, and to be sent once more where a rule wants it. */
  #resends = new Set<HashHex>();
  readonly #barrier: Barrier;
  #base: HashHex = '';

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.field = parts.field;
    this.#barrier = new Barrier(parts.sockets[0]!);
    parts.sockets.forEach((socket, index) =>
      socket.listen((bytes, sender) => {
        if (!this.#barrier.takes(bytes) && parts.isFromSubject(sender.address))
          this.#receive(bytes, index, sender.port);
      }),
    );
  }

  /** The block on which a rule builds. */
  get base(): HashHex {
    return this.#base;
  }

  /** The greatest height at which the miner has found a block, above the base. */
  get foundHeight(): number {
    return this.found.reduce((most, { height }) => Math.max(most, height ?? 0), 0);
  }

  /** The first block that the miner has found at its greatest height. */
  get tip(): FoundBlock | undefined {
    return this.found.find(({ height }) => (height ?? 0) === this.foundHeight);
  }

  get lastWords(): string {
    return this.#parts.program?.lastWords() ?? '';
  }

  get ended(): string | null {
    return this.#parts.program?.ended() ?? null;
  }

  /** Makes a block the base of what follows. */
  standOn(block: OwnBlock | FoundBlock): void {
    this.#base = block.hash;
    this.#known.clear();
    this.found.length = 0;
    this.#known.set(block.hash, { hash: block.hash, previous: block.previous, height: 0 });
    this.#sent.add(block.hash);
    if (!('atMs' in block)) this.#parts.evidence.know(block);
  }

  /** Counts blocks as known without sending them, as for one that was delivered by other means. */
  note(blocks: readonly OwnBlock[]): void {
    for (const block of blocks) {
      this.#parts.evidence.know(block);
      const height = nextHeight(this.#known.get(block.previous));
      this.#known.set(block.hash, { hash: block.hash, previous: block.previous, height });
    }
  }

  /** Sends those of our blocks that were not sent yet, in order. */
  send(blocks: readonly OwnBlock[]): void {
    this.sendAgain(
      blocks.filter(({ hash }) => !this.#sent.has(hash) || this.#resends.delete(hash)),
    );
  }

  /** Sends blocks again from now on that were sent before. */
  forget(): void {
    this.#resends = new Set(this.#sent);
  }

  sendAgain(blocks: readonly OwnBlock[]): void {
    for (const block of blocks) {
      this.#sent.add(block.hash);
      this.sendBytes(this.encode(block, this.field));
    }
    this.note(blocks);
  }

  /** Sends the base itself, to a program that may still be starting. */
  async deliver(block: OwnBlock): Promise<void> {
    const { to, program, silenceMs } = this.#parts;
    const bytes = encodeBlock(block, this.field);
    if (program === null) return this.sendBytes(bytes);
    const startedMs = performance.now();
    const isOver = () => program.ended() !== null || performance.now() - startedMs > silenceMs;
    await knock(bytes, { host: to.ip, port: to.port }, isOver);
  }

  sendBytes(bytes: Uint8Array): void {
    const { sockets, to } = this.#parts;
    sockets[0]!.send(bytes, to.ip, to.port);
  }

  heightOf(hash: HashHex): number | null {
    return this.#known.get(hash)?.height ?? null;
  }

  /** Whether the block is `ancestor`, or has it below itself. */
  isOn(block: KnownBlock, ancestor: HashHex): boolean {
    for (
      let at: KnownBlock | undefined = block;
      at !== undefined;
      at = this.#known.get(at.previous)
    )
      if (at.hash === ancestor) return true;
    return false;
  }

  parentOf(hash: HashHex): HashHex | undefined {
    return this.#known.get(hash)?.previous;
  }

  /**
   * Waits for the first block from now on that stands on one of these chains, each named with its topmost block. Gives
   * up after `blocks` others, or when `isOver` says so: both count as elsewhere.
   */
  async watch(
    chains: Readonly<Record<string, HashHex>>,
    {
      blocks = PATIENCE_BLOCKS,
      leastMs = PATIENCE_MS,
      isOver = never,
      height = Infinity,
    }: Patience = {},
  ): Promise<Reaction> {
    let seen = this.found.length;
    const isRead = this.#barrier.raise();
    let mark: number | null = null;
    let startedMs = performance.now();
    let heardMs = startedMs;
    for (;;) {
      if (mark === null && isRead()) {
        mark = this.found.length;
        startedMs = performance.now();
      }
      for (; seen < this.found.length; seen++) {
        const found = this.found[seen]!;
        heardMs = found.atMs;
        const chain = Object.entries(chains).find(([, tip]) => this.isOn(found, tip));
        if (chain !== undefined) return { kind: 'on', chain: chain[0], found };
        if ((found.height ?? 0) > height) return { kind: 'ahead' };
      }
      const nowMs = performance.now();
      const isEnough = mark !== null && seen - mark >= blocks && nowMs - startedMs >= leastMs;
      if (isOver() || isEnough) return { kind: 'elsewhere', found: this.found.slice(mark ?? seen) };
      const how = this.ended;
      if (how !== null) return { kind: 'ended', how };
      if (nowMs - heardMs >= this.#silenceMs()) return { kind: 'silent', ms: nowMs - heardMs };
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async close(): Promise<void> {
    // A rule may be content with a block, and end the miner, between its sending to the one and to the other.
    const last = this.found.at(-1);
    if (last !== undefined) this.#parts.evidence.excuse(last.hash);
    for (const socket of this.#parts.sockets) socket.close();
    await this.#parts.program?.stop();
  }

  #silenceMs(): number {
    const { silenceMs, evidence } = this.#parts;
    return Math.max(silenceMs, SILENT_INTERVALS * evidence.meanIntervalMs());
  }

  #receive(bytes: Uint8Array, socket: number, port: number): void {
    const { evidence } = this.#parts;
    const reading = readBlock(bytes);
    const isOwn = reading.block !== null && this.#sent.has(hashOf(reading.block));
    evidence.countDatagram(reading, { socket, port, isOwn });
    if (reading.block === null || isOwn) return;
    const hash = hashOf(reading.block);
    evidence.countArrival(hash, socket);
    if (this.#known.has(hash)) return;
    const previous = bytesToHex(reading.block.previousHash);
    const parent = this.#known.get(previous);
    const isGenesis = isGenesisShape(reading.block);
    const found: FoundBlock = {
      block: reading.block,
      hash,
      previous,
      height: isGenesis ? 0 : nextHeight(parent),
      atMs: performance.now(),
    };
    this.#known.set(hash, found);
    this.found.push(found);
    evidence.countBlock(found, isGenesis || parent !== undefined, this.found.at(-2)?.atMs ?? null);
  }
}

function nextHeight(parent: KnownBlock | undefined): number | null {
  return parent === undefined || parent.height === null ? null : parent.height + 1;
}

const hashOf = (block: Block): HashHex => bytesToHex(hashBlock(block));
