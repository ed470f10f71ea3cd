/**
 * What all conversations with the miner have shown together: some rules are judged by every block that ever came.
 */
import type { Block } from '../chain/block.ts';
import type { HashHex } from '../chain/bytes.ts';
import type { BlockReading } from './block-reading.ts';
import type { FoundBlock } from './session.ts';
import { listWrongHashes } from './wrong-hashes.ts';

/** Blocks of ours and of the miner whose wrong hashes are remembered; some 15 entries each. */
const HASHED_BLOCKS_LIMIT = 5_000;

export class Evidence {
  /** Mistakes of the encoding, each with how many datagrams had it. */
  readonly mistakes = new Map<string, number>();
  readonly remarks = new Set<string>();
  /** Blocks of the miner, each once. */
  readonly blocks: Block[] = [];
  /** Names of wrong hashes by which the miner's blocks point to the ones before, with their counts. */
  readonly wrongHashes = new Map<string, number>();
  /** Blocks whose parent nobody knows, not even by a wrong hash. */
  unknownParents = 0;
  datagrams = 0;
  /** Blocks of ours that it sent back. */
  reflected = 0;
  /** By block, the sockets at which it arrived. */
  readonly arrivals = new Map<HashHex, Set<number>>();
  readonly senderPorts = new Set<number>();
  readonly #wrongNames = new Map<HashHex, string>();
  #hashed = 0;
  #intervalsMs = 0;
  #intervals = 0;

  /** A block that the miner may point to. */
  know(block: Block): void {
    if (this.#hashed++ >= HASHED_BLOCKS_LIMIT) return;
    for (const { name, hash } of listWrongHashes(block)) this.#wrongNames.set(hash, name);
  }

  countDatagram(
    reading: BlockReading,
    { port, isOwn }: { socket: number; port: number; isOwn: boolean },
  ): void {
    this.datagrams++;
    this.senderPorts.add(port);
    if (isOwn) this.reflected++;
    for (const mistake of reading.mistakes)
      this.mistakes.set(mistake, (this.mistakes.get(mistake) ?? 0) + 1);
    for (const remark of reading.remarks) this.remarks.add(remark);
  }

  countArrival(hash: HashHex, socket: number): void {
    const sockets = this.arrivals.get(hash) ?? new Set();
    this.arrivals.set(hash, sockets.add(socket));
  }

  /** Takes a block out of the count of arrivals where its miner was ended before it could send it to all. */
  excuse(hash: HashHex): void {
    if (this.arrivals.get(hash)?.size === 1) this.arrivals.delete(hash);
  }

  countBlock(found: FoundBlock, isParentKnown: boolean, beforeMs: number | null): void {
    this.blocks.push(found.block);
    if (beforeMs !== null) {
      this.#intervalsMs += found.atMs - beforeMs;
      this.#intervals++;
    }
    if (!isParentKnown) {
      const name = this.#wrongNames.get(found.previous);
      if (name === undefined) this.unknownParents++;
      else this.wrongHashes.set(name, (this.wrongHashes.get(name) ?? 0) + 1);
    }
    this.know(found.block);
  }

  /** The usual time between two of its blocks; 0 until some came. */
  meanIntervalMs(): number {
    return this.#intervals === 0 ? 0 : this.#intervalsMs / this.#intervals;
  }
}
