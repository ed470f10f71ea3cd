/**
 * The examiner's own blocks: chains on any block, mined when they are first wanted and then kept, so that many
 * processes can be shown the same ones.
 */
import { hashBlock, NO_PREVIOUS_HASH, type Block } from '../chain/block.ts';
import { bytesToHex, concatBytes, readHex, writeUtf8, type HashHex } from '../chain/bytes.ts';
import { MAX_TARGET } from '../chain/target.ts';
import { findProof, type HashRange } from './proof-search.ts';

/** A block of ours; the fields may break the limits of R1 on purpose. */
export interface OwnBlock extends Block {
  readonly hash: HashHex;
  readonly previous: HashHex;
}

/** How hard the proofs of a chain are. */
export type Work =
  /** At most half of the target: valid also for a miner whose target is somewhat off. */
  | 'plain'
  /** The upper half of the valid hashes: a miner with a harder target refuses them. */
  | 'hardly-enough'
  /** Up to twice the target: a miner with an easier target takes them. */
  | 'not-quite'
  /** No work at all. */
  | 'none';

export interface ChainKind {
  readonly work?: Work;
  /** The data of the block at this place of the chain, 0 first. Short text where absent. */
  readonly data?: (index: number) => Uint8Array;
  /** Bytes of zeros between the previous hash and the proof, which make p_o_w longer than its 8 bytes. */
  readonly extraProofBytes?: number;
}

/** So many times the target: what a hash without any work is expected to exceed. */
const NO_WORK_FACTOR = 4n;

export class Material {
  readonly #target: bigint;
  readonly #chains = new Map<string, OwnBlock[]>();
  readonly #pending = new Map<string, Promise<unknown>>();

  constructor(target: bigint) {
    this.#target = target;
  }

  /** A genesis block of ours, which meets the target. */
  async genesis(name: string): Promise<OwnBlock> {
    return (await this.chain(bytesToHex(NO_PREVIOUS_HASH), name, 1))[0]!;
  }

  /** The first `length` blocks of the chain of this name on that block; the same ones each time. */
  async chain(
    base: HashHex,
    name: string,
    length: number,
    kind: ChainKind = {},
  ): Promise<readonly OwnBlock[]> {
    const key = `${base} ${name}`;
    const blocks = this.#chains.get(key) ?? [];
    this.#chains.set(key, blocks);
    while (blocks.length < length) {
      const busy = this.#pending.get(key);
      if (busy !== undefined) {
        await busy;
        continue;
      }
      const index = blocks.length;
      const mining = this.#mine(blocks.at(-1)?.hash ?? base, name, index, kind);
      this.#pending.set(key, mining);
      blocks.push(await mining);
      this.#pending.delete(key);
    }
    return blocks.slice(0, length);
  }

  async #mine(
    previous: HashHex,
    name: string,
    index: number,
    { work = 'plain', data, extraProofBytes = 0 }: ChainKind,
  ): Promise<OwnBlock> {
    const bytes = data?.(index) ?? writeUtf8(`check ${name} ${index + 1}`);
    const previousHash = readHex(previous)!;
    const extra = new Uint8Array(extraProofBytes);
    const prefix = concatBytes(bytes, previousHash, extra);
    const proofOfWork = concatBytes(extra, await findProof(prefix, this.#rangeOf(work)));
    const block = { data: bytes, previousHash, proofOfWork };
    return { ...block, hash: bytesToHex(hashBlock(block)), previous };
  }

  #rangeOf(work: Work): HashRange {
    const target = this.#target;
    switch (work) {
      case 'plain':
        return { above: -1n, atMost: target / 2n };
      case 'hardly-enough':
        return { above: target / 2n, atMost: target };
      case 'not-quite':
        return { above: target, atMost: 2n * target };
      case 'none':
        return { above: NO_WORK_FACTOR * target, atMost: MAX_TARGET };
    }
  }
}
