/**
 * The peer's side of the homework's protocol: one block a datagram, to and from reference miners (R2, R6, R9, R10).
 */
import { hashBlockHex } from '../chain/block.ts';
import { decodeBlock, encodeBlock } from '../chain/codec.ts';
import type { ChainKeeper, Growth } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import { makeUdpNeighbour, type UdpNeighbour } from './neighbour.ts';

const FOREIGN_GENESIS = 'It runs another genesis block: restart it, so that it hears ours first.';
const DEAD_BRANCH =
  'It builds on blocks that never came here, and takes none of ours: where this lasts, restart it.';

export class UdpProtocol {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;

  constructor(context: PeerContext, keeper: ChainKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  connected(linkId: string): UdpNeighbour {
    const neighbour = makeUdpNeighbour(linkId, this.#context.nowMs);
    this.#context.neighbours.set(linkId, neighbour);
    return neighbour;
  }

  /** @param among the links of which one may be the sender, where `neighbour` stands for strangers */
  received(neighbour: UdpNeighbour, bytes: Uint8Array, among: readonly string[] = []): void {
    const { linkId, miner } = neighbour;
    const keeper = this.#keeper;
    const decoded = decodeBlock(bytes);
    if (!decoded.ok) {
      this.#context.refuse(linkId, decoded.code);
      return;
    }
    const candidates = this.#neighboursAt(among);
    if (decoded.field === 'previous_hash')
      for (const each of [neighbour, ...candidates]) each.readsPreviousHash = true;
    const { block } = decoded;
    // Noted before the block is judged, so that it is not echoed to the miner that sent it.
    const hash = hashBlockHex(block);
    miner?.noteKnown(hash);
    if (keeper.chain === null) keeper.considerGenesis(block, 'udp');
    if (keeper.chain === null) return;
    const outcome = keeper.accept(block, linkId);
    if (outcome.kind === 'invalid' && outcome.code === 'second-genesis') {
      neighbour.trouble = FOREIGN_GENESIS;
      miner?.showsForeignRoot();
    }
    const { tree } = keeper.chain;
    const entry = keeper.chain.find(hash, linkId);
    if (entry !== undefined) {
      neighbour.trouble = null;
      const isNew = outcome.kind !== 'duplicate';
      miner?.shows(entry, tree, isNew, this.#context.nowMs);
      for (const other of candidates) other.miner?.mayShow(entry, tree, this.#context.nowMs);
    } else if (outcome.kind === 'orphan' && miner !== null) {
      miner.showsUnknown(tree, this.#context.nowMs);
      if (miner.isLost) neighbour.trouble ??= DEAD_BRANCH;
    }
    this.feed();
  }

  /** The chain has grown, wherever the block came from. */
  follow({ reverted, connected }: Growth): void {
    if (reverted.length > 0)
      for (const miner of this.#miners()) miner.miner?.tipMoved(connected[0]!.height - 1);
    this.feed();
  }

  /** Sends every configured miner what it lacks, within its budget. */
  feed(): void {
    const { chain } = this.#keeper;
    // Homework miners know one target only: they would stray from a chain that retargets.
    if (chain?.rules.kind !== 'homework') return;
    const { options, nowMs, outputs } = this.#context;
    for (const { linkId, miner, readsPreviousHash } of this.#miners()) {
      const field = readsPreviousHash ? 'both' : options.previousField;
      for (const block of miner?.takeDue(chain.tree, nowMs) ?? [])
        outputs.push({ kind: 'send', linkId, bytes: encodeBlock(block, field) });
    }
  }

  #neighboursAt(linkIds: readonly string[]): UdpNeighbour[] {
    const found = linkIds.map((linkId) => this.#context.neighbours.get(linkId));
    return found.filter((neighbour) => neighbour?.kind === 'udp');
  }

  *#miners(): Generator<UdpNeighbour> {
    for (const neighbour of this.#context.neighbours.values())
      if (neighbour.kind === 'udp') yield neighbour;
  }
}
