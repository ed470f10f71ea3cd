/**
 * When this peer searches, and what: the policy above the mining desk.
 */
import type { TreeEntry } from '../chain/tree.ts';
import { BLOCK_REWARD, encodeGenesisData } from '../ledger/genesis.ts';
import { DATA_LIMITS_BYTES } from '../ledger/payload.ts';
import type { Mesh } from '../net/mesh.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import { MiningDesk } from './mining.ts';
import type { RoomNeighbour } from './neighbour.ts';
import { SentNotes } from './sent-notes.ts';

/** A peer that enters a room with others in it waits so long for the first hello before it mines. */
export const SETTLING_MS = 3_000;
/**
 * After a new template the next one waits until the messages that are there have been heard, or for this long: in a
 * burst of blocks each would be stale before it is searched, and cost the search and the peer a part of their time (R8).
 */
export const BURST_MS = 1;
/** A peer of a new room waits so long for an older one before it makes the genesis block itself. */
export const GENESIS_GRACE_MS = 2_500;

export class Search {
  readonly desk = new MiningDesk();
  /** Blocks found since the start. */
  foundCount = 0;
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #mesh: Mesh;
  readonly #sentNotes = new SentNotes();
  /** The state when the search was directed last. */
  #directedTip: TreeEntry | null = null;
  #directedSyncing = false;
  #directedGreeted: readonly RoomNeighbour[] = [];
  #startedMs: number | null = null;
  /** When the search was given a template last. */
  #renewedMs = Number.NEGATIVE_INFINITY;
  #presentKnown = false;
  #lastDuty = 1;

  constructor(context: PeerContext, keeper: ChainKeeper, mesh: Mesh) {
    this.#context = context;
    this.#keeper = keeper;
    this.#mesh = mesh;
  }

  /** The signaling has said who is in the room. */
  presentSeen(): void {
    this.#presentKnown = true;
  }

  /**
   * Sets the search to what the peer's state asks for; does nothing where it runs already.
   * @param hasTimePassed false after a message: what only time changes then waits for the next tick
   * @param isHeard true after a message that others may follow at once
   */
  direct(syncing: boolean, hasTimePassed: boolean, isHeard: boolean): void {
    const { chain, budget } = this.#keeper;
    const greeted = this.#context.greeted();
    if (
      !hasTimePassed &&
      chain !== null &&
      chain.tip === this.#directedTip &&
      syncing === this.#directedSyncing &&
      greeted === this.#directedGreeted
    )
      return;
    if (isHeard && this.desk.active && this.#context.nowMs - this.#renewedMs < BURST_MS) {
      this.#context.askToResume();
      return;
    }
    this.#directedTip = chain?.tip ?? null;
    this.#directedSyncing = syncing;
    this.#directedGreeted = greeted;
    const { settings, options, outputs, networkMs, nowMs } = this.#context;
    this.#startedMs ??= nowMs;
    const duty = settings.power * budget.duty;
    if (duty !== this.#lastDuty) outputs.push({ kind: 'duty', duty });
    this.#lastDuty = duty;
    if (!options.mines) return;
    const mayFound = chain !== null || this.#mustMakeGenesis();
    if (settings.paused || !mayFound || syncing || !this.#isSettled()) {
      if (this.desk.active) outputs.push({ kind: 'mine', template: null });
      this.desk.stop();
      return;
    }
    if (chain === null) {
      if (!this.desk.active) this.#beginGenesis();
      return;
    }
    const { name } = settings;
    const note =
      options.rewritesNotes === false
        ? settings.note
        : this.#sentNotes.choose(chain, settings.note);
    if (note !== settings.note) this.#context.settings = { ...settings, note };
    const spacingMs = chain.rules.spacingMs;
    const miner = options.keys.account;
    const waiting = this.#keeper.ledger!;
    const { dataLimitBytes = DATA_LIMITS_BYTES.most } = options;
    const wish = { networkMs, miner, name, note, spacingMs, dataLimitBytes, waiting };
    const template = this.desk.renew(chain, wish);
    if (template === null) return;
    this.#renewedMs = nowMs;
    outputs.push({ kind: 'mine', template });
  }

  /** A proof was found: our block is the first of its kind in the room. */
  found(templateId: number, data: Uint8Array, proofOfWork: Uint8Array): void {
    const keeper = this.#keeper;
    const done = this.desk.complete(templateId, data, proofOfWork);
    if (done === null) {
      // Whoever hands in a proof has stopped searching: it needs a template in any case.
      this.desk.stop();
      return;
    }
    if (keeper.chain === null) {
      keeper.considerGenesis(done.block, 'self');
      return;
    }
    if (done.genesis) return;
    const outcome = keeper.accept(done.block, 'self');
    if (outcome.kind !== 'tip-changed' && outcome.kind !== 'side-branch') return;
    this.foundCount++;
    const context = this.#context;
    if (done.note !== '') {
      this.#sentNotes.rewritten(done.note);
      this.#sentNotes.add(outcome.added[0]!, done.note);
      if (done.note === context.settings.note) context.settings = { ...context.settings, note: '' };
    }
    context.event({ kind: 'found', entry: outcome.added[0]! });
  }

  /** Whether we know enough of the room to search: what others have is ours, or nobody is there. */
  #isSettled(): boolean {
    if (this.#context.options.room === '') return true;
    if (this.#context.nowMs - this.#startedMs! >= SETTLING_MS) return true;
    if (this.#presentKnown && this.#mesh.present.length === 0) return true;
    return this.#context.greeted().length > 0;
  }

  #mustMakeGenesis(): boolean {
    const { kind } = this.#context.options.genesis;
    if (kind === 'made') return true;
    if (kind !== 'new' || !this.#presentKnown) return false;
    return (
      this.#mesh.present.length === 0 || this.#context.nowMs - this.#startedMs! >= GENESIS_GRACE_MS
    );
  }

  #beginGenesis(): void {
    const { options, networkMs, outputs } = this.#context;
    const { genesis, room, target, spacingMs } = options;
    const rules = genesis.kind === 'made' ? 'homework' : 'class';
    const data = encodeGenesisData({
      room,
      rules,
      target,
      spacingMs,
      reward: BLOCK_REWARD,
      timeMs: networkMs,
    });
    outputs.push({ kind: 'mine', template: this.desk.beginGenesis(data, target, networkMs) });
  }
}
