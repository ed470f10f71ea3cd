/**
 * What the peer does with older blocks of its neighbours (R28): asks for them as lib/net/sync.ts says, judges what has
 * come a slice at a time, and tells the room when it has more than before.
 */
import { hashBlockHex, isGenesisShape, type Block } from '../chain/block.ts';
import type { HashHex } from '../chain/bytes.ts';
import type { AcceptOutcome } from '../chain/chain.ts';
import type { BlockCode } from '../chain/codes.ts';
import { transactionsIn } from '../ledger/block-entries.ts';
import type { Transaction } from '../ledger/transaction.ts';
import type { ChainMessage } from '../net/messages.ts';
import { Sync, type Slice, type SyncNeighbour } from '../net/sync.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import type { RoomNeighbour } from './neighbour.ts';
import type { SignatureDesk } from './signature-desk.ts';

/** What became of a block that was new to us and of use. One that waits until its branch has more work is. */
const BRINGS_BLOCKS: ReadonlySet<AcceptOutcome['kind']> = new Set([
  'tip-changed',
  'side-branch',
  'contender',
]);

/** What no honest peer passes on: it would have refused the block itself. */
export function isMisbehaviour(code: BlockCode): boolean {
  return code === 'no-work' || code === 'no-time' || code === 'time-too-early';
}

export class CatchUp {
  /** Whether a neighbour may have more than we, as far as its latest status tells. Looked up with every tick anyway. */
  mayLack = false;
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #signatures: SignatureDesk;
  readonly #condemn: (neighbour: RoomNeighbour) => void;
  readonly #announce: () => void;
  readonly #sync = new Sync();
  /** Whether the next slice comes with the step that has been asked for. */
  #isResuming = false;
  /** Whether a slice waits until the signatures in it have been checked outside. */
  #isChecking = false;
  /** Whether blocks have come that the room has not been told of. */
  #isNews = false;

  /** @param condemn closes the link of a sender of bad blocks; @param announce tells the room of our chain. */
  constructor(
    context: PeerContext,
    keeper: ChainKeeper,
    signatures: SignatureDesk,
    condemn: (neighbour: RoomNeighbour) => void,
    announce: () => void,
  ) {
    this.#context = context;
    this.#keeper = keeper;
    this.#signatures = signatures;
    this.#condemn = condemn;
    this.#announce = announce;
  }

  /** Whether older blocks are coming in. */
  get isComingIn(): boolean {
    return this.#sync.catchingUp;
  }

  /** A link is gone. */
  dropLink(linkId: string): void {
    this.#sync.dropLink(linkId);
    this.mayLack = true;
    if (!this.#sync.hasWaitingFrom(linkId)) this.#keeper.chain?.dropSender(linkId);
  }

  /** A neighbour has shown a block whose parent we lack. */
  ask(linkId: string): void {
    this.#sync.ask(linkId, this.#keeper.locator, this.#context.nowMs, this.#context.send);
  }

  /** Asks whoever has most of those that have more than we, where nothing is under way. */
  consider(): void {
    // This follows every message, and most say nothing of it.
    if (!this.mayLack) return;
    this.mayLack = false;
    const { nowMs, send } = this.#context;
    if (this.#isNews && !this.#sync.isUnderWay) {
      this.#isNews = false;
      this.#announce();
    }
    this.#sync.consider(this.#richer(), this.#keeper.locator, nowMs, send);
  }

  /** A batch of the neighbour's best chain, where it was asked for. */
  received({ linkId, status }: RoomNeighbour, message: ChainMessage): void {
    const { nowMs, send } = this.#context;
    if (!this.#sync.receive(linkId, message, nowMs)) return;
    this.mayLack = true;
    if (message.blocks.length === 0 && this.#keeper.isBehind(status))
      this.#sync.disappoint(linkId, nowMs);
    this.#sync.askOn(this.#keeper.locator, nowMs, send);
    if (!this.#isResuming) this.resume();
  }

  /** Judges some of the blocks that have come, and asks for another step where more wait. */
  resume(): void {
    if (this.#isChecking) return;
    this.#isResuming = false;
    const slice = this.#sync.takeSlice();
    if (slice === null) return;
    const blocks = this.#found(slice);
    this.#isChecking = this.#signatures.ask(this.#foresee(blocks), () => {
      this.#isChecking = false;
      this.#take(slice, blocks);
    });
    if (!this.#isChecking) this.#take(slice, blocks);
  }

  /** Judges the blocks of a slice, the genesis block left out. */
  #take(slice: Slice, blocks: readonly Block[]): void {
    const { linkId } = slice;
    const neighbour = this.#neighbourAt(linkId);
    if (!this.#judge(blocks, linkId)) {
      this.#sync.discard(linkId);
      if (neighbour !== null) this.#condemn(neighbour);
    } else if (slice.closes !== null) this.#finishBatch(slice.closes, linkId, neighbour);
    // What a link that is gone had brought is judged by now.
    if (neighbour === null && !this.#sync.hasWaitingFrom(linkId))
      this.#keeper.chain?.dropSender(linkId);
    this.#isResuming = this.#sync.hasWaiting;
    if (this.#isResuming) this.#context.askToResume();
  }

  /** The first block of a batch is the genesis where no hash was shared: it may become ours. Returns the other blocks. */
  #found({ linkId, blocks, opens }: Slice): readonly Block[] {
    const [first] = blocks;
    const status = this.#neighbourAt(linkId)?.status;
    // Where a bridge came late, the room's first block is one with a parent that nobody knows.
    const startsAtGenesis =
      opens !== null && (isGenesisShape(first!) || hashBlockHex(first!) === status?.genesis);
    if (!startsAtGenesis) return blocks;
    const keeper = this.#keeper;
    if (hashBlockHex(first!) !== keeper.chain?.tree.genesis.hash) {
      const endorsement = status?.endorsement ?? null;
      if (keeper.considerGenesis(first!, 'room', endorsement, opens.slice(1))) this.#brought();
    }
    return blocks.slice(1);
  }

  /** Returns false for what no honest peer sends. */
  #judge(blocks: readonly Block[], linkId: string): boolean {
    const keeper = this.#keeper;
    for (const block of blocks) {
      if (keeper.chain === null) break;
      const outcome = keeper.accept(block, linkId, true);
      if (outcome.kind === 'invalid' && isMisbehaviour(outcome.code)) return false;
      if (BRINGS_BLOCKS.has(outcome.kind)) this.#brought();
    }
    return true;
  }

  /** Transactions whose signatures the ledger will look at. */
  #foresee(blocks: readonly Block[]): readonly Transaction[] {
    const { ledger } = this.#keeper;
    if (ledger === null || !this.#signatures.isOpen) return [];
    return blocks.flatMap(({ data }) => transactionsIn(data, ledger.ledger.rules.genesis));
  }

  #neighbourAt(linkId: string): RoomNeighbour | null {
    const found = this.#context.neighbours.get(linkId);
    return found?.kind === 'room' ? found : null;
  }

  #brought(): void {
    this.#sync.brought();
    this.#isNews = true;
  }

  #finishBatch(lastHash: HashHex, linkId: string, neighbour: RoomNeighbour | null): void {
    const { nowMs, send } = this.#context;
    const keeper = this.#keeper;
    const reachedHeight = keeper.chain?.find(lastHash, linkId)?.height ?? -1;
    const lacking = neighbour !== null && keeper.isBehind(neighbour.status);
    this.mayLack = true;
    this.#sync.finish({ reachedHeight, lacking }, keeper.locator, nowMs, send);
  }

  *#richer(): Generator<SyncNeighbour> {
    for (const { linkId, status } of this.#context.greeted())
      if (this.#keeper.isBehind(status)) yield { linkId, work: status.work };
  }
}
