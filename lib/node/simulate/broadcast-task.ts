/**
 * Tasks 3 and 4 (R12, R14, R18): the committed payment reaches every node, is forwarded once by each and comes to rest;
 * and every node verifies before it lists.
 */
import { transactionToJson, type TransactionJson } from '../../ledger/transaction.ts';
import type { SubmitOutcome } from '../../ledger/mempool.ts';
import type { CoinName } from '../../ledger/coin-name.ts';
import type { Peer } from '../../peer/peer.ts';
import type { CompanyNode } from './company.ts';
import { depthOf, holds, listOf } from './ledger-view.ts';
import { DEEP_BLOCKS, type Stage, type TaskOutcome } from './stage.ts';

/** Without a message about it for so long a broadcast has come to rest. */
const REST_MS = 1_500;

export async function broadcast(stage: Stage): Promise<TaskOutcome> {
  const { nodes, company, observer, committed } = stage;
  if (committed === null) return { ok: false, finding: 'there is no committed payment' };
  const { id } = committed;
  const reached = () => nodes.filter(({ peer }) => holds(peer, id)).length;
  const spread = observer.spreadOf(id);
  const isAtRest = () => company.nowMs - spread.lastMs >= REST_MS;
  await stage.until(() => reached() === nodes.length && isAtRest());
  const { forwards, repeats, messages } = spread;
  const most = Math.max(0, ...forwards.values());
  const ok = reached() === nodes.length && repeats === 0 && isAtRest();
  return {
    ok,
    finding: `${reached()} of ${nodes.length} have it, told twice over a link: ${repeats} times, at rest after ${messages} messages, forwarded by ${forwards.size}, by each in at most ${most} ${most === 1 ? 'step' : 'steps'}`,
  };
}

export async function verify(stage: Stage): Promise<TaskOutcome> {
  const { nodes, observer, committed } = stage;
  if (committed === null) return { ok: false, finding: 'there is no committed payment' };
  const coin = await findSharedCoin(stage);
  if (coin === null) return { ok: false, finding: 'no node has coins that all know of' };
  const forgeries = makeForgeries(stage, coin);
  let refused = 0;
  for (const { json, codes } of forgeries)
    for (const node of nodes) {
      observer.submitted.delete(node.index);
      node.take({ kind: 'submit', transaction: json });
      // A busy node answers when it comes to it.
      await stage.until(() => observer.submitted.has(node.index));
      if (codes.includes(codeOf(observer.submitted.get(node.index)))) refused++;
    }
  const forgedIds = new Set(forgeries.map(({ id }) => id).filter((id) => id !== committed.id));
  let listed = 0;
  let wrong = 0;
  for (const peer of stage.peers) {
    const waiting = [...(peer.keeper.ledger?.mempool.inOrder() ?? [])];
    for (const transaction of [...listOf(peer), ...waiting]) {
      listed++;
      if (forgedIds.has(transaction.id) || !stage.isRight(transaction)) wrong++;
    }
  }
  const passedOn = [...forgedIds].filter((id) => observer.spreadOf(id).messages > 0).length;
  const asked = forgeries.length * nodes.length;
  return {
    ok: refused === asked && wrong === 0 && listed > 0 && passedOn === 0,
    finding: `${refused} of ${asked} forgeries refused, ${passedOn} passed on, ${wrong} of ${listed} entries of all lists wrong`,
  };
}

export interface SharedCoin {
  readonly owner: CompanyNode;
  readonly name: CoinName;
  readonly amount: number;
}

/** A coin that is unspent for every node, and that nobody is about to spend. */
export async function findSharedCoin(stage: Stage): Promise<SharedCoin | null> {
  let found: SharedCoin | null = null;
  await stage.until(() => {
    if (stage.peers.length < stage.nodes.length) return false;
    for (const owner of stage.nodes)
      for (const { name, amount } of stage.freeCoins(owner))
        if (stage.peers.every((peer) => isFree(peer, name))) found = { owner, name, amount };
    return found !== null;
  });
  return found;
}

function isFree(peer: Peer, name: CoinName): boolean {
  const keeper = peer.keeper.ledger;
  if (keeper === null || keeper.ledger.coin(name) === null) return false;
  return keeper.mempool.spenderOf(name) === null && depthOf(peer, name) >= DEEP_BLOCKS;
}

interface Forgery {
  readonly id: string;
  readonly json: TransactionJson;
  readonly codes: readonly string[];
}

/** Nobody but the owner of coins can pay them, nobody can sign for others, and no coins come from nothing. */
function makeForgeries(stage: Stage, { owner, name, amount }: SharedCoin): Forgery[] {
  const { expiry } = stage;
  const [thief, friend] = stage.pickOthers(2, [owner]).map(({ keys }) => keys.account);
  const own = owner.keys.account;
  const honest = { kind: 'pay', from: own, to: thief!, witness: friend!, inputs: [name] } as const;
  const signed = stage.sign({ ...honest, amount, change: 0, expiry });
  const swapped = [signed.signatures[1]!, signed.signatures[0]!, signed.signatures[2]!];
  const stolen = stage.sign({ ...honest, from: thief!, to: own, amount, change: 0, expiry });
  const coined = stage.sign({ ...honest, amount: amount + 1, change: 0, expiry });
  return [
    {
      id: signed.id,
      json: { ...transactionToJson(signed), signatures: swapped },
      codes: ['wrong-signature'],
    },
    { id: stolen.id, json: transactionToJson(stolen), codes: ['foreign-input'] },
    { id: coined.id, json: transactionToJson(coined), codes: ['wrong-sum'] },
  ];
}

export function codeOf(outcome: SubmitOutcome | null | undefined): string {
  return outcome?.kind === 'refused' || outcome?.kind === 'malformed' ? outcome.code : '';
}
