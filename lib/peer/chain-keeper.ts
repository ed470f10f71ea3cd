/**
 * The peer's own chain: how it is founded, what becomes of each block, and what is stored and counted of it.
 */
import { hashBlock, hashBlockHex, type Block } from '../chain/block.ts';
import type { HashHex } from '../chain/bytes.ts';
import { Chain, type AcceptOutcome } from '../chain/chain.ts';
import type { TreeEntry } from '../chain/tree.ts';
import type { Account } from '../ledger/account.ts';
import type { Transaction } from '../ledger/transaction.ts';
import { NO_STATUS, type ChainStatus, type Endorsement } from '../net/chain-status.ts';
import { ChainView } from './chain-view.ts';
import type { PeerContext } from './context.ts';
import {
  endorseGenesis,
  FIRST_GENESIS,
  isEndorsedBy,
  judgeGenesis,
  type GenesisSource,
} from './genesis.ts';
import { HashBudget } from './hash-budget.ts';
import type { StoredChain, StoredRecords } from './inputs.ts';
import { LedgerKeeper } from './ledger-keeper.ts';

/** Blocks above genesis after which a chain that was not pinned by the link is pinned. */
export const PIN_DEPTH_BLOCKS = 6;

/** Endorsements whose signature was checked lately; a check takes a millisecond, a room has one endorsement. */
const JUDGED_ENDORSEMENTS_LIMIT = 64;

/** Blocks that have just been kept, and how the tip moved. */
export interface Growth {
  readonly added: readonly TreeEntry[];
  /** Both empty where the tip did not move. */
  readonly reverted: readonly TreeEntry[];
  readonly connected: readonly TreeEntry[];
  /** Transactions of the reverted blocks that wait again. */
  readonly returned: readonly Transaction[];
  /** The link that brought the block, or `self`. */
  readonly from: string;
  /** Part of a batch of older blocks, which are no news to the room. */
  readonly catchingUp: boolean;
}

export class ChainKeeper {
  chain: Chain | null = null;
  /** Of this chain; null where there is none. */
  ledger: LedgerKeeper | null = null;
  /** Whether another genesis would be refused. */
  pinned = false;
  endorsement: Endorsement | null = null;
  readonly view: ChainView;
  budget = new HashBudget(0);
  /** As it was said last: it stays one object until the tip moves. */
  #status = NO_STATUS;
  readonly #judged = new Map<string, boolean>();
  readonly #context: PeerContext;
  readonly #grown: (growth: Growth) => void;
  readonly #founded: () => void;
  readonly #opened: (ledger: LedgerKeeper, records: StoredRecords) => void;

  /**
   * @param grown is told of all blocks kept; @param founded, that there is a new chain; @param opened, before that, of
   * its ledger at the genesis block, and of what else a store holds
   */
  constructor(
    context: PeerContext,
    grown: (growth: Growth) => void,
    founded: () => void,
    opened: (ledger: LedgerKeeper, records: StoredRecords) => void,
  ) {
    this.#context = context;
    this.#grown = grown;
    this.#founded = founded;
    this.#opened = opened;
    this.view = new ChainView(context.options.keys.account);
  }

  get work(): bigint {
    return this.chain?.tip.work ?? 0n;
  }

  has(hash: HashHex): boolean {
    return this.chain?.tree.hasHex(hash) ?? false;
  }

  status(): ChainStatus {
    if (this.chain === null) return NO_STATUS;
    const { tip, tree } = this.chain;
    const genesis = tree.genesis.hash;
    const { endorsement } = this;
    const last = this.#status;
    if (last.tip === tip.hash && last.genesis === genesis && last.endorsement === endorsement)
      return last;
    this.#status = { genesis, endorsement, tip: tip.hash, height: tip.height, work: tip.work };
    return this.#status;
  }

  /** A locator for this neighbour, which goes on where a branch that it began to send stopped. */
  readonly locator = (linkId: string): readonly HashHex[] => this.chain?.locator(linkId) ?? [];

  /** Whether a chain from this genesis could become ours, as far as its hash tells. */
  couldFollow({ genesis: theirs, endorsement }: ChainStatus): boolean {
    if (theirs === null) return false;
    const { genesis: source } = this.#context.options;
    const ours = this.chain?.tree.genesis.hash ?? null;
    if (theirs === ours) return true;
    if (ours !== null && this.pinned) return false;
    if (source.kind === 'pinned') return theirs === source.hash;
    if (source.kind === 'endorsed') return this.#isEndorsed(source.bridge, theirs, endorsement);
    return source.kind === 'new';
  }

  /** Whether that chain is better than ours, as far as its owner tells: more work, or a smaller genesis hash. */
  isBehind(status: ChainStatus): boolean {
    // That is what nearly every ping says.
    const own = this.status();
    if (status.tip === own.tip && status.work <= own.work) return false;
    if (status.work < this.work || !this.couldFollow(status)) return false;
    return status.work > this.work || status.genesis! < (this.chain?.tree.genesis.hash ?? '');
  }

  /**
   * Rebuilds the chain that a store gave back, and tells how many of its blocks could not be used. Where policy
   * refuses its genesis, there is no chain afterwards.
   */
  restore({ genesis, endorsement, blocks, signed = [], ...records }: StoredChain): void {
    const source = this.#context.options.genesis;
    const endorsed =
      source.kind === 'endorsed' &&
      this.#isEndorsed(source.bridge, hashBlockHex(genesis), endorsement);
    const decision = judgeGenesis(genesis, 'store', endorsed, this.#policy());
    if (decision.kind === 'refuse') return;
    const { checks } = this.#openLedger(genesis, records);
    for (const transaction of signed) checks.remember(transaction);
    this.chain = new Chain(genesis, decision.rules, {
      from: 'store',
      wallMs: this.#context.clocks.wallMs,
    });
    this.endorsement = endorsement;
    this.pinned = decision.pinned;
    const doubtful: Block[] = [];
    // Times were judged when the blocks first came.
    for (const { block, heardMs } of blocks) {
      const arrival = { from: 'store', wallMs: heardMs, networkMs: Number.MAX_SAFE_INTEGER };
      const outcome = this.chain.accept(block, arrival);
      if (outcome.kind === 'tip-changed') this.#move(outcome.reverted, outcome.connected);
      if (outcome.kind === 'invalid' || outcome.kind === 'orphan') doubtful.push(block);
    }
    const { tree } = this.chain;
    const dropped = doubtful.filter((block) => tree.find(hashBlock(block)) === undefined).length;
    // Who has the missing block has those above it too.
    if (dropped > 0) this.chain.dropSender('store');
    this.#context.event({ kind: 'restored', blocks: blocks.length, dropped });
    this.#begin();
  }

  /**
   * Takes a genesis block where policy allows; returns whether a new chain was founded.
   * Where there is a chain that is not pinned yet, the other one must have more work in its first blocks.
   */
  considerGenesis(
    block: Block,
    way: 'udp' | 'room' | 'self',
    endorsement: Endorsement | null = null,
    following: readonly Block[] = [],
  ): boolean {
    const context = this.#context;
    if (this.chain !== null && (this.pinned || way !== 'room')) return false;
    const { genesis } = context.options;
    const endorsed =
      genesis.kind === 'endorsed' &&
      this.#isEndorsed(genesis.bridge, hashBlockHex(block), endorsement);
    const decision = judgeGenesis(block, way, endorsed, this.#policy());
    if (decision.kind === 'refuse') {
      context.refuse(way, decision.code);
      return false;
    }
    const heard = { from: way, wallMs: context.clocks.wallMs };
    if (this.chain !== null) {
      const trial = new Chain(block, decision.rules, heard);
      for (const next of following) trial.accept(next, { ...heard, networkMs: context.networkMs });
      if (!isBetterChain(trial, this.chain)) return false;
      this.view.moved(listBestChain(this.chain), []);
    }
    this.#openLedger(block, {});
    this.chain = new Chain(block, decision.rules, heard);
    this.pinned = decision.pinned;
    this.endorsement = endorsed ? endorsement : null;
    this.#begin();
    context.outputs.push({
      kind: 'persist',
      record: { kind: 'genesis', block, endorsement: this.endorsement },
    });
    context.event({ kind: 'genesis-adopted', entry: this.chain.tree.genesis, pinned: this.pinned });
    return true;
  }

  /** Gives a block to the chain; stores, counts and reports what comes of it. There must be a chain. */
  accept(
    block: Block,
    from: string,
    catchingUp = false,
    hash: Uint8Array = hashBlock(block),
  ): AcceptOutcome {
    const { clocks, networkMs } = this.#context;
    const arrival = { from, wallMs: clocks.wallMs, networkMs, isOwn: from === 'self' };
    const outcome = this.chain!.accept(block, arrival, hash);
    this.#follow(outcome, from, catchingUp);
    return outcome;
  }

  /** Time passes: held blocks may be due, and the hash budget looks at the silence. */
  tick(): void {
    const { clocks, networkMs } = this.#context;
    this.budget.tick(clocks.monotonicMs);
    for (const { from, outcome } of this.chain?.releaseHeld(networkMs, clocks.wallMs) ?? [])
      this.#follow(outcome, from, false);
  }

  /** The tip has moved: what is counted and executed of the chain follows. Returns what waits again. */
  #move(reverted: readonly TreeEntry[], connected: readonly TreeEntry[]): readonly Transaction[] {
    this.view.moved(reverted, connected);
    return this.ledger!.moved(reverted, connected);
  }

  #follow(outcome: AcceptOutcome, from: string, catchingUp: boolean): void {
    const context = this.#context;
    if (outcome.kind === 'invalid') context.refuse(from, outcome.code);
    if (outcome.kind !== 'tip-changed' && outcome.kind !== 'side-branch') return;
    const { added } = outcome;
    context.outputs.push({ kind: 'persist', record: { kind: 'blocks', entries: added } });
    for (const entry of added) context.event({ kind: 'block-kept', entry });
    const reverted = outcome.kind === 'tip-changed' ? outcome.reverted : [];
    const connected = outcome.kind === 'tip-changed' ? outcome.connected : [];
    let returned: readonly Transaction[] = [];
    if (connected.length > 0) {
      const { tip } = this.chain!;
      returned = this.#move(reverted, connected);
      // Blocks of the past say nothing of how fast the room is now.
      if (!catchingUp)
        for (let grown = connected.length - reverted.length; grown > 0; grown--)
          this.budget.blockArrived(context.nowMs);
      if (tip.height >= PIN_DEPTH_BLOCKS) this.pinned = true;
      context.event({ kind: 'tip-changed', tip, reverted, connected });
    }
    this.#grown({ added, reverted, connected, returned, from, catchingUp });
  }

  /** Whether the bridge signed this genesis. Neighbours repeat one endorsement with every status, so verdicts are kept. */
  #isEndorsed(bridge: Account, genesis: HashHex, endorsement: Endorsement | null): boolean {
    if (endorsement === null) return false;
    const key = `${genesis} ${endorsement.publicKey} ${endorsement.signature}`;
    const known = this.#judged.get(key);
    if (known !== undefined) return known;
    if (this.#judged.size >= JUDGED_ENDORSEMENTS_LIMIT) this.#judged.clear();
    const verdict = isEndorsedBy(bridge, this.#context.options.room, genesis, endorsement);
    this.#judged.set(key, verdict);
    return verdict;
  }

  #openLedger(genesis: Block, records: StoredRecords): LedgerKeeper {
    this.ledger = new LedgerKeeper(genesis, this.#context.options.keys.account);
    this.#opened(this.ledger, records);
    return this.ledger;
  }

  /** Common to all ways in which a chain begins. */
  #begin(): void {
    const { genesis, room, keys, minSpacingMs } = this.#context.options;
    const { rules, tree, tip } = this.chain!;
    this.budget = new HashBudget(rules.kind === 'homework' ? minSpacingMs : 0);
    if (genesis.kind === 'endorsed' && genesis.bridge === keys.account)
      this.endorsement = endorseGenesis(room, tree.genesis.hash, keys);
    if (tip.height >= PIN_DEPTH_BLOCKS) this.pinned = true;
    this.#founded();
  }

  #policy() {
    const { genesis, keys, room, target, udpRoot = FIRST_GENESIS } = this.#context.options;
    // The bridge that signs a room's genesis is the one that takes it from its UDP miners.
    const isBridge = genesis.kind === 'endorsed' && genesis.bridge === keys.account;
    const source: GenesisSource = isBridge ? { kind: 'heard' } : genesis;
    return { source, room, homeworkTarget: target, udpRoot };
  }
}

/** Between chains of different genesis blocks: more work, then the smaller genesis hash. */
function isBetterChain(a: Chain, b: Chain): boolean {
  if (a.tip.work !== b.tip.work) return a.tip.work > b.tip.work;
  return a.tree.genesis.hash < b.tree.genesis.hash;
}

/** The blocks above genesis, tip first. */
function listBestChain({ tree }: Chain): TreeEntry[] {
  return Array.from({ length: tree.tip.height }, (_, i) => tree.at(tree.tip.height - i)!);
}
