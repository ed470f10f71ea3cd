/**
 * The peer's side of the homework's protocol: one block a datagram, to and from reference miners (R2, R6, R9, R10).
 */
import { hashBlock, type Block } from '../chain/block.ts';
import { bytesToHex } from '../chain/bytes.ts';
import type { AcceptOutcome } from '../chain/chain.ts';
import { decodeBlock, encodeBlock, type PreviousField } from '../chain/codec.ts';
import type { TreeEntry } from '../chain/tree.ts';
import { HeardDatagrams } from '../net/heard-datagrams.ts';
import type { ChainKeeper, Growth } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import { makeUdpNeighbour, type UdpNeighbour } from './neighbour.ts';

const FOREIGN_GENESIS = 'It runs another genesis block: restart it, so that it hears ours first.';
const DEAD_BRANCH =
  'It builds on blocks that never came here, and takes none of ours: where this lasts, restart it.';

export class UdpProtocol {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #heard = new HeardDatagrams();

  constructor(context: PeerContext, keeper: ChainKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  connected(linkId: string): UdpNeighbour {
    const neighbour = makeUdpNeighbour(linkId, this.#context.nowMs);
    this.#context.addNeighbour(neighbour);
    return neighbour;
  }

  /** @param among the links of which one may be the sender, where `neighbour` stands for strangers */
  received(neighbour: UdpNeighbour, bytes: Uint8Array, among: readonly string[] = []): void {
    const candidates = this.#neighboursAt(among);
    const heard = this.#heard.find(bytes);
    const entry = heard === undefined ? undefined : this.#keeper.chain?.tree.get(heard.hash);
    if (heard !== undefined && entry !== undefined) {
      noteField(heard.field, neighbour, candidates);
      this.#shown(entry, false, neighbour, candidates);
      this.feed();
      return;
    }
    const decoded = decodeBlock(bytes);
    if (!decoded.ok) {
      this.#context.refuse(neighbour.linkId, decoded.code);
      return;
    }
    const { block, field } = decoded;
    noteField(field, neighbour, candidates);
    const hash = hashBlock(block);
    this.#take(block, hash, neighbour, candidates);
    const kept = this.#keeper.chain?.tree.find(hash);
    if (kept !== undefined) this.#heard.remember(bytes, { hash: kept.hash, field });
    this.feed();
  }

  #take(
    block: Block,
    hash: Uint8Array,
    neighbour: UdpNeighbour,
    candidates: readonly UdpNeighbour[],
  ): void {
    const { linkId, miner } = neighbour;
    const keeper = this.#keeper;
    // Noted before the block is judged, so that it is not echoed to the miner that sent it.
    miner?.noteKnown(bytesToHex(hash));
    if (keeper.chain === null) keeper.considerGenesis(block, 'udp');
    if (keeper.chain === null) return;
    const outcome = keeper.accept(block, linkId, false, hash);
    if (outcome.kind === 'invalid' && outcome.code === 'second-genesis') {
      neighbour.trouble = FOREIGN_GENESIS;
      miner?.showsForeignRoot();
    }
    const entry = entryOf(outcome) ?? keeper.chain.tree.find(hash);
    if (entry !== undefined)
      this.#shown(entry, outcome.kind !== 'duplicate', neighbour, candidates);
    else if (outcome.kind === 'orphan' && miner !== null) {
      miner.showsUnknown(keeper.chain.tree, this.#context.nowMs);
      if (miner.isLost) neighbour.trouble ??= DEAD_BRANCH;
    }
  }

  /** A neighbour, or one of several, has sent a block that we have. */
  #shown(
    entry: TreeEntry,
    isNew: boolean,
    neighbour: UdpNeighbour,
    candidates: readonly UdpNeighbour[],
  ): void {
    const { tree } = this.#keeper.chain!;
    const { nowMs } = this.#context;
    neighbour.trouble = null;
    neighbour.miner?.shows(entry, tree, isNew, nowMs);
    for (const { miner } of candidates) miner?.mayShow(entry, tree, nowMs);
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

/** Who may have written only `previous_hash` is answered with both names. */
function noteField(
  field: PreviousField,
  neighbour: UdpNeighbour,
  candidates: readonly UdpNeighbour[],
): void {
  if (field !== 'previous_hash') return;
  neighbour.readsPreviousHash = true;
  for (const each of candidates) each.readsPreviousHash = true;
}

/** The block itself, or one that waits, where an outcome names it. */
function entryOf(outcome: AcceptOutcome): TreeEntry | null {
  return outcome.kind === 'duplicate' || outcome.kind === 'contender' ? outcome.entry : null;
}
