/**
 * Whether a world's transactions did what they say, and nothing else: the best chain is executed once more, as plainly
 * as the rules can be written (R12, R14, R16).
 */
import type { Account } from '../ledger/account.ts';
import { readBlockEntries } from '../ledger/block-entries.ts';
import { rewardName, type CoinName } from '../ledger/coin-name.ts';
import { recoverSigner } from '../ledger/signature.ts';
import { decodeTransaction } from '../ledger/transaction-codec.ts';
import {
  digestOf,
  inputsOf,
  outputsOf,
  partiesOf,
  type Transaction,
  type TransactionId,
} from '../ledger/transaction.ts';
import type { Peer } from '../peer/peer.ts';
import { findLeader } from './convergence.ts';
import type { World } from './world.ts';

/** At the end of a world, when all are at one tip. */
export function checkTransactions(world: World): void {
  const { traffic, checks } = world;
  if (traffic === null) return;
  const leader = findLeader(world);
  if (leader === null) return;
  checks.report('coinsAreAsExecuted', leader.index, checkCoinsAreAsExecuted(leader.peer!));
  for (const { by, transaction } of traffic.notes)
    for (const { peer, isHonest, index, spec } of world.peers) {
      if (!isHonest || peer?.chain === null || peer === null || spec.options.room === '') continue;
      const { ledger, mempool } = peer.keeper.ledger!;
      if (ledger.isListed(transaction.id) || mempool.get(transaction.id) !== null) continue;
      const what = `has not heard of the note ${transaction.id.slice(0, 8)} of ${world.nameOf(by)}`;
      checks.report('transactionsReachAll', index, what);
    }
}

/**
 * R12, R16: what the ledger lists has each input unspent and its sender's, creates nothing, and is signed by all; what it
 * does not list could not be executed; and so it has the coins that it says.
 */
export function checkCoinsAreAsExecuted({ chain, keeper }: Peer): string | null {
  const { ledger } = keeper.ledger!;
  const coins = new Map<CoinName, { owner: Account; amount: number }>();
  const listed = new Set<TransactionId>();
  for (let height = 1; height <= chain!.tip.height; height++) {
    const { block, hash } = chain!.tree.at(height)!;
    const entries = readBlockEntries(block.data);
    if (entries === null) continue;
    coins.set(rewardName(hash), { owner: entries.miner, amount: ledger.rules.reward });
    for (const value of entries.transactions) {
      const decoded = decodeTransaction(value, ledger.rules.genesis);
      if (!decoded.ok) continue;
      const { transaction } = decoded;
      const { id, body } = transaction;
      const worths = inputsOf(body).map((name) => {
        const coin = coins.get(name);
        return coin?.owner === body.from ? coin.amount : Number.NaN;
      });
      const spent = outputsOf(transaction).reduce((sum, { amount }) => sum + amount, 0);
      const isGood =
        !listed.has(id) &&
        height <= body.expiry &&
        worths.reduce((sum, worth) => sum + worth, 0) === spent &&
        isSigned(transaction);
      const state = ledger.stateOf(id);
      const isListedHere = state.kind === 'listed' && state.height === height;
      if (isGood !== isListedHere && !listed.has(id))
        return `${id} at height ${height} is ${isGood ? 'good' : 'void'}, and ${state.kind}`;
      if (!isGood) continue;
      listed.add(id);
      for (const name of inputsOf(body)) coins.delete(name);
      for (const { name, owner, amount } of outputsOf(transaction))
        coins.set(name, { owner, amount });
    }
  }
  if (coins.size !== ledger.coinCount) return `${ledger.coinCount} coins instead of ${coins.size}`;
  for (const [name, { owner, amount }] of coins) {
    const coin = ledger.coin(name);
    if (coin?.owner !== owner || coin.amount !== amount) return `the coin ${name} is another`;
  }
  return null;
}

function isSigned({ id, body, signatures }: Transaction): boolean {
  const digest = digestOf(id);
  return partiesOf(body).every((party, i) => recoverSigner(digest, signatures[i]!) === party);
}
