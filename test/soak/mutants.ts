/**
 * Deliberate bugs of the core, one place each: proof that the checkers bite. Nothing but the mutants' soak builds them.
 */
import type { SourceChange } from '../support/simulator-bundle.ts';

export interface Mutant extends SourceChange {
  /** What it does wrong, as a sentence. */
  readonly name: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'of two tips with equal work the last seen wins',
    file: 'lib/chain/tree.ts',
    find: '> (winsTies ? -1 : 0)',
    replace: '>= 0',
  },
  {
    name: 'a reorganisation leaves one block of the old branch on the best chain',
    file: 'lib/chain/tree.ts',
    find: 'for (let at = row; height > forkHeight; at',
    replace: 'for (let at = row; height > forkHeight + 1; at',
  },
  {
    name: 'homework rules take blocks without work',
    file: 'lib/chain/rules.ts',
    find: 'compareBytes(hash, limit) <= 0',
    replace: 'hash.length > 0',
  },
  {
    name: 'class rules take blocks without work',
    file: 'lib/chain/rules.ts',
    find: 'if (!meetsTarget(hash, blockTarget))',
    replace: 'if (hash.length === 0)',
  },
  {
    name: 'orphans are not limited',
    file: 'lib/chain/orphans.ts',
    find: 'pool.size >= ORPHANS_PER_SENDER_LIMIT',
    replace: 'pool.size >= 1_000_000',
  },
  {
    name: 'blocks are announced to neighbours that have them',
    file: 'lib/net/gossip.ts',
    find: 'blocks.filter(({ hash }) => !known.has(hash))',
    replace: 'blocks.filter(({ hash }) => hash !== "")',
  },
  {
    name: 'a finder does not push its block',
    file: 'lib/net/gossip.ts',
    find: 'if (whole) for (const { message } of lacking) send(linkId, message);',
    replace: 'if (whole) continue;',
  },
  {
    name: 'a neighbour that does not answer is waited for without end',
    file: 'lib/net/sync.ts',
    find: 'this.#asking !== null && this.#asking.deadlineMs > nowMs',
    replace: 'this.#asking !== null',
  },
  {
    name: 'a batch begins one block too high',
    file: 'lib/net/serving.ts',
    find: 'from = entry.height + 1;',
    replace: 'from = entry.height + 2;',
  },
  {
    name: 'a batch may be longer than a message',
    file: 'lib/net/serving.ts',
    find: 'if (bytes > MESSAGE_LIMIT_BYTES) break;',
    replace: 'if (bytes < 0) break;',
  },
  {
    name: 'miners that fall behind are not healed',
    file: 'lib/net/homework.ts',
    find: '    this.#cursor = height;\n',
    replace: '',
  },
  {
    name: 'a new miner hears the tip first',
    file: 'lib/net/homework-burst.ts',
    find: 'this.#push(this.tree.genesis.block)',
    replace: 'this.#push(this.tree.tip.block)',
  },
  {
    name: 'a dial that failed is never tried again',
    file: 'lib/net/mesh.ts',
    find: 'dialFailed(nodeId: Account, nowMs: number): void {\n    this.#dialling.delete(nodeId);',
    replace: 'dialFailed(nodeId: Account, nowMs: number): void {',
  },
  {
    name: 'the search goes on below a new tip',
    file: 'lib/peer/mining.ts',
    find: 'job.parent?.hash === chain.tip.hash &&',
    replace: 'job.parent !== null &&',
  },
  {
    name: 'side branches are not stored',
    file: 'lib/peer/chain-keeper.ts',
    find: "context.outputs.push({ kind: 'persist', record: { kind: 'blocks', entries: added } });",
    replace:
      "if (outcome.kind === 'tip-changed')\n      context.outputs.push({ kind: 'persist', record: { kind: 'blocks', entries: added } });",
  },
  {
    name: 'the leaderboard keeps blocks that were reverted',
    file: 'lib/peer/chain-keeper.ts',
    find: 'this.view.moved(reverted, connected);',
    replace: 'this.view.moved([], connected);',
  },
  {
    name: 'a coin can be spent by two transactions of one branch',
    file: 'lib/ledger/judgement.ts',
    find: "if (coin === null) return view.hasMade(creatorOf(name)) ? 'spent-input' : 'unknown-input';",
    replace:
      "if (coin === null && view.hasMade(creatorOf(name))) return null;\n    if (coin === null) return 'unknown-input';",
  },
  {
    name: 'a payment that is undone gives the change back with the inputs',
    file: 'lib/ledger/ledger-state.ts',
    find: 'for (const { name } of outputsOf(transaction)) this.coins.remove(name);',
    replace: 'for (const { name } of outputsOf(transaction).slice(0, 1)) this.coins.remove(name);',
  },
  {
    name: 'a transaction is kept to oneself',
    file: 'lib/peer/transaction-relay.ts',
    find: 'this.#announce([transaction], true, this.#links());',
    replace: 'this.#announce([transaction], true, []);',
  },
  {
    name: 'transactions are told of to neighbours that told of them',
    file: 'lib/net/transaction-gossip.ts',
    find: 'for (const id of ids) {\n      this.#gossip.markKnown(linkId, id);',
    replace: 'for (const id of ids) {',
  },
  {
    name: 'a transaction that comes too late is taken as misbehaviour',
    file: 'lib/peer/transaction-relay.ts',
    find: "  'wrong-sum',\n]);",
    replace: "  'wrong-sum',\n  'spent-input',\n  'conflicting-input',\n]);",
  },
  {
    name: 'a block without known parent is taken as misbehaviour',
    file: 'lib/peer/room-protocol.ts',
    find: "if (verdict === 'misbehaviour')",
    replace: "if (verdict !== 'fine')",
  },
];
