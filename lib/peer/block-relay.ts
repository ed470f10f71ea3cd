/**
 * The peer's part in the gossip of blocks (R14): what is news goes to every neighbour that is not known to have it, and
 * what one tells of is asked for. Older blocks, which nobody tells of, are those of catch-up.ts.
 */
import { hashBlock, type Block } from '../chain/block.ts';
import { bytesToHex, type HashHex } from '../chain/bytes.ts';
import { Gossip } from '../net/gossip.ts';
import { SERVING_COST } from '../net/serving.ts';
import { isMisbehaviour } from './catch-up.ts';
import type { ChainKeeper, Growth } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import type { RoomNeighbour } from './neighbour.ts';

/** What a block that a neighbour sent makes us do with its sender. */
export type BlockVerdict = 'fine' | 'misbehaviour' | 'parent-missing';

export class BlockRelay {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #gossip = new Gossip();

  constructor(context: PeerContext, keeper: ChainKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  addLink(linkId: string): void {
    this.#gossip.addLink(linkId);
  }

  dropLink(linkId: string): void {
    this.#gossip.dropLink(linkId);
  }

  tick(): void {
    this.#gossip.tick(this.#context.nowMs);
  }

  /** The chain has grown: tells the room what is news to it. */
  follow({ added, from, catchingUp }: Growth): void {
    if (catchingUp) {
      for (const { hash } of added) this.#gossip.arrived(hash);
      return;
    }
    // The first source in the room pushes whole blocks; blocks of UDP miners enter the room here.
    const whole = from === 'self' || from.startsWith('udp:');
    const blocks = added.map(({ hash, block }) => ({
      hash,
      message: { type: 'block', block } as const,
    }));
    const links = this.#context.greeted().map(({ linkId }) => linkId);
    this.#gossip.spread(blocks, whole, links, this.#context.send);
  }

  received({ linkId }: RoomNeighbour, block: Block): BlockVerdict {
    const keeper = this.#keeper;
    const hash = hashBlock(block);
    this.#gossip.markKnown(linkId, bytesToHex(hash));
    if (keeper.chain === null) return 'fine';
    const outcome = keeper.accept(block, linkId, false, hash);
    if (outcome.kind === 'orphan') return 'parent-missing';
    const isFault = outcome.kind === 'invalid' && isMisbehaviour(outcome.code);
    return isFault ? 'misbehaviour' : 'fine';
  }

  /** A neighbour tells what it has. */
  announced({ linkId }: RoomNeighbour, hashes: readonly HashHex[]): void {
    const { nowMs, send } = this.#context;
    // Without a chain blocks are of no use yet, but what the neighbour has is noted all the same.
    const has = (hash: HashHex) => this.#keeper.chain === null || this.#keeper.has(hash);
    this.#gossip.announced(linkId, hashes, has, nowMs, send);
  }

  /** A neighbour asks for what we told it of. */
  asked({ linkId, serving, budget }: RoomNeighbour, hashes: readonly HashHex[]): void {
    if (serving.isCongested) return;
    const { nowMs, send } = this.#context;
    for (const hash of hashes) {
      const entry = this.#keeper.chain?.tree.get(hash);
      if (entry === undefined) continue;
      if (!budget.take(nowMs, SERVING_COST.block)) return;
      this.#gossip.markKnown(linkId, hash);
      send(linkId, { type: 'block', block: entry.block });
    }
  }
}
