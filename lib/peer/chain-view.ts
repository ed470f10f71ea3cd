/**
 * The chain as people look at it: whose block is whose, who leads, what lies at which height.
 */
import { bytesToHex, type HashHex } from '../chain/bytes.ts';
import type { BlockTree, TreeEntry } from '../chain/tree.ts';
import { targetToHex } from '../chain/target.ts';
import type { Account } from '../ledger/account.ts';
import { readPayload, type Payload } from '../ledger/payload.ts';
import type { BlockDetail, BlockView, LeaderboardRow } from './snapshot.ts';

/** Rows that a leaderboard shows; a class has fewer pupils. */
export const LEADERBOARD_LIMIT = 100;
/** Accounts that are counted; blocks of further ones count among those without an account. */
const ACCOUNT_LIMIT = 10_000;
/** Payloads that are kept decoded: a screenful of blocks, several times over. The others are decoded when asked for. */
const PAYLOADS_LIMIT = 1_024;
/** Blocks whose arrivals give the mean spacing. */
const SPACING_WINDOW_BLOCKS = 32;

interface Standing {
  blocks: number;
  name: string;
}

/** Counts follow the best chain; call `moved` with every change of the tip. */
export class ChainView {
  readonly #self: Account;
  /** By hash, the ones asked for last at the end. */
  readonly #payloads = new Map<HashHex, Payload | null>();
  readonly #standings = new Map<Account | null, Standing>();

  constructor(self: Account) {
    this.#self = self;
  }

  /** Blocks of our account on the best chain. */
  get ownBlocks(): number {
    return this.#standings.get(this.#self)?.blocks ?? 0;
  }

  moved(reverted: readonly TreeEntry[], connected: readonly TreeEntry[]): void {
    for (const entry of reverted) this.#count(entry, -1);
    for (const entry of connected) this.#count(entry, 1);
  }

  payloadOf(entry: TreeEntry): Payload | null {
    const { hash } = entry;
    let payload = this.#payloads.get(hash);
    if (payload === undefined) payload = readPayload(entry.block.data);
    else this.#payloads.delete(hash);
    this.#payloads.set(hash, payload);
    if (this.#payloads.size > PAYLOADS_LIMIT)
      this.#payloads.delete(this.#payloads.keys().next().value!);
    return payload;
  }

  leaderboard(): LeaderboardRow[] {
    return [...this.#standings]
      .filter(([, { blocks }]) => blocks > 0)
      .map(([account, { blocks, name }]) => ({
        account,
        name,
        blocks,
        isSelf: account === this.#self,
      }))
      .sort((a, b) => b.blocks - a.blocks || ((a.account ?? '') < (b.account ?? '') ? -1 : 1))
      .slice(0, LEADERBOARD_LIMIT);
  }

  view(tree: BlockTree, entry: TreeEntry): BlockView {
    const payload = this.payloadOf(entry);
    return {
      hash: entry.hash,
      previousHash: bytesToHex(entry.block.previousHash),
      height: entry.height,
      onBestChain: tree.isOnBestChain(entry),
      account: payload?.miner ?? null,
      name: payload === null ? '?' : payload.name || payload.miner.slice(0, 8),
      note: payload?.note ?? '',
      heardMs: entry.heardMs,
      timeMs: payload?.timeMs ?? entry.timeMs,
      isSelf: payload?.miner === this.#self,
    };
  }

  detail(tree: BlockTree, hash: HashHex): BlockDetail | null {
    const entry = tree.get(hash);
    if (entry === undefined) return null;
    const view = this.view(tree, entry);
    return {
      ...view,
      data: entry.block.data,
      proofOfWork: bytesToHex(entry.block.proofOfWork),
      target: targetToHex(entry.target),
      heardFrom: entry.heardFrom,
      confirmations: view.onBestChain ? tree.tip.height - entry.height + 1 : 0,
    };
  }

  between(tree: BlockTree, fromHeight: number, toHeight: number): BlockView[] {
    const views: BlockView[] = [];
    const last = Math.min(toHeight, tree.topHeight);
    for (let height = Math.max(0, fromHeight); height <= last; height++)
      for (const entry of tree.level(height)) views.push(this.view(tree, entry));
    return views;
  }

  #count(entry: TreeEntry, change: number): void {
    if (entry.parent === null) return;
    const payload = this.payloadOf(entry);
    let account: Account | null = payload?.miner ?? null;
    if (!this.#standings.has(account) && this.#standings.size >= ACCOUNT_LIMIT) account = null;
    const standing = this.#standings.get(account) ?? { blocks: 0, name: '' };
    standing.blocks += change;
    if (change > 0) standing.name = account === null ? '' : payload!.name || account.slice(0, 8);
    this.#standings.set(account, standing);
  }
}

/** Mean spacing of the best chain's last blocks as they arrived here, in milliseconds; null while there are fewer. */
export function meanSpacingMs(tree: BlockTree): number | null {
  const { tip } = tree;
  if (tip.height < SPACING_WINDOW_BLOCKS) return null;
  return (
    Math.max(0, tip.heardMs - tree.at(tip.height - SPACING_WINDOW_BLOCKS)!.heardMs) /
    SPACING_WINDOW_BLOCKS
  );
}
