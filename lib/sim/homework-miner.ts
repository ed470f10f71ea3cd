/**
 * A miner as the homework's own are in the field: as naive as the specification allows (R5, R6, R10).
 *
 * The first block that it hears is its root, unchecked. A block whose parent it does not know is dropped. It follows
 * the longest chain, the first seen of equals stays, it sends its own blocks once and passes nothing on. One datagram
 * that it cannot read ends its listener.
 */
import { hashBlockHex, NO_PREVIOUS_HASH, type Block } from '../chain/block.ts';
import { bytesToHex, readHex, writeUtf8, type HashHex } from '../chain/bytes.ts';
import { decodeBlock, encodeBlock } from '../chain/codec.ts';
import { targetToBytes } from '../chain/target.ts';
import { ProofSearch, searchProof } from './proof-search.ts';
import { shortHash } from './story.ts';
import { udpLinkId, type UdpMember } from './udp-network.ts';
import type { World } from './world.ts';

export interface MinerSpec {
  readonly hashesPerSecond: number;
  readonly startsMs: number;
  readonly target: bigint;
  /** Whether it makes the first block, as soon as it starts. */
  readonly makesGenesis: boolean;
  readonly others: readonly number[];
}

interface Tip {
  readonly hash: HashHex;
  readonly height: number;
}

export class HomeworkMachine implements UdpMember {
  readonly index: number;
  readonly spec: MinerSpec;
  root: HashHex | null = null;
  tip: Tip | null = null;
  /** Blocks of its own that it appended. */
  foundCount = 0;
  isUp = false;

  readonly #world: World;
  readonly #search: ProofSearch;
  readonly #heights = new Map<HashHex, number>();
  #searched: { readonly data: Uint8Array; readonly previousHash: Uint8Array } | null = null;
  #templateId = 0;
  /** It was sent what it cannot read. */
  #isDead = false;

  constructor(world: World, index: number, spec: MinerSpec) {
    this.#world = world;
    this.index = index;
    this.spec = spec;
    this.#search = new ProofSearch(
      world.queue,
      world.random.fork(),
      spec.hashesPerSecond,
      ({ data, proofOfWork }) => {
        const { previousHash } = this.#searched!;
        this.#found({ data, previousHash, proofOfWork });
      },
    );
  }

  /** Whether it has this block on a path to its root. */
  has(hash: HashHex): boolean {
    return this.#heights.has(hash);
  }

  start(): void {
    this.isUp = true;
    if (!this.spec.makesGenesis) return;
    const data = writeUtf8('Genesis');
    const target = targetToBytes(this.spec.target);
    const proofOfWork = searchProof(data, NO_PREVIOUS_HASH, target, this.index);
    this.#found({ data, previousHash: NO_PREVIOUS_HASH, proofOfWork });
  }

  /** Ends it, and with it all that it knew. */
  stop(): void {
    if (!this.isUp) return;
    this.#world.story.note(this.index, 'stops');
    this.isUp = false;
    this.#search.setTemplate(null, this.#world.nowMs);
    this.#heights.clear();
    this.root = null;
    this.tip = null;
  }

  /** Starts it again if it was stopped. It makes no second genesis: it is started as one that waits. */
  restart(): void {
    if (this.isUp || this.#isDead) return;
    this.#world.story.note(this.index, 'is started again');
    this.isUp = true;
  }

  setPower(hashesPerSecond: number): void {
    this.#search.setPower(hashesPerSecond, this.#world.nowMs);
  }

  hearDatagram(linkId: string, bytes: Uint8Array): void {
    const world = this.#world;
    world.count(this.index, { kind: 'received', linkId: linkId, bytes });
    const decoded = decodeBlock(bytes);
    if (!decoded.ok) {
      this.stop();
      this.#isDead = true;
      world.checks.killedMiner(this, decoded.code);
      return;
    }
    this.#append(decoded.block);
  }

  #found(block: Block): void {
    this.foundCount++;
    this.#append(block);
    const bytes = encodeBlock(block);
    for (const other of this.spec.others) this.#world.udp.send(this, udpLinkId(other), bytes);
  }

  #append(block: Block): void {
    const hash = hashBlockHex(block);
    const parentHeight =
      this.root === null ? -1 : this.#heights.get(bytesToHex(block.previousHash));
    if (parentHeight === undefined || this.#heights.has(hash)) return;
    this.root ??= hash;
    const height = parentHeight + 1;
    this.#heights.set(hash, height);
    if (this.tip !== null && height <= this.tip.height) return;
    this.tip = { hash, height };
    this.#world.story.note(this.index, `tip ${height} ${shortHash(hash)}`);
    this.#mine(writeUtf8(`machine-${this.index} ${height + 1}`), readHex(hash)!);
  }

  #mine(data: Uint8Array, previousHash: Uint8Array): void {
    this.#searched = { data, previousHash };
    const template = {
      id: ++this.#templateId,
      data,
      previousHash,
      target: targetToBytes(this.spec.target),
    };
    this.#search.setTemplate(template, this.#world.nowMs);
  }
}
