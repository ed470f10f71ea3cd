/**
 * Task 6 (R16, R18): three dishonest parties sign a second payment of coins that are spent, and a dishonest miner puts it
 * into a block; and one coin is paid to two at the same moment, at two ends of the room.
 */
import { hashBlockHex, type Block } from '../../chain/block.ts';
import { readHex } from '../../chain/bytes.ts';
import { targetToBytes } from '../../chain/target.ts';
import { encodePayload } from '../../ledger/payload.ts';
import {
  transactionToJson,
  type Payment,
  type Transaction,
  type TransactionId,
} from '../../ledger/transaction.ts';
import { encodeMessage } from '../../net/messages.ts';
import { searchProof } from '../../sim/proof-search.ts';
import { codeOf, findSharedCoin } from './broadcast-task.ts';
import { isListed, listOf } from './ledger-view.ts';
import { TARGET } from './room.ts';
import type { Stage, TaskOutcome } from './stage.ts';

/** Another block may come first; then the dishonest one lies on a branch, where nobody executes it. */
const BLOCK_TRIES_LIMIT = 20;
const SEEN_LIMIT_MS = 4_000;
/** Of a coin that a listed transaction spends, or one that waits again since a block was given up. */
const REFUSALS: ReadonlySet<string> = new Set(['spent-input', 'conflicting-input']);

export async function spendTwice(stage: Stage): Promise<TaskOutcome> {
  const { nodes, committed } = stage;
  if (committed?.body.kind !== 'pay')
    return { ok: false, finding: 'there is no committed payment' };
  await stage.until(() => nodes.every(({ peer }) => isListed(peer, committed.id)));
  const second = respend(stage, committed.body);
  let refused = 0;
  for (const node of nodes) if (REFUSALS.has(await submit(stage, node.index, second))) refused++;
  const voids = await mineVoid(stage, second);
  const race = await raceForCoin(stage);
  const listed = stage.peers.filter((peer) =>
    listOf(peer).some(({ id }) => id === second.id),
  ).length;
  return {
    ok:
      refused === nodes.length &&
      voids === nodes.length &&
      listed === 0 &&
      race.winners === 1 &&
      race.agree,
    finding: `refused by ${refused} of ${nodes.length}, void in a block for ${voids}, listed by ${listed}; of two payments of one coin ${race.winners} is listed, the same one by ${race.agree ? 'all' : 'not all'}`,
  };
}

/** The same inputs once more, to somebody else. */
function respend(stage: Stage, first: Payment): Transaction {
  const parties = [first.from, first.to, first.witness];
  const others = stage.nodes.map(({ keys }) => keys.account).filter((id) => !parties.includes(id));
  const to = others[0] ?? first.witness;
  const witness = others[1] ?? first.to;
  return stage.sign({ ...first, to, witness, expiry: stage.expiry });
}

async function submit(stage: Stage, index: number, transaction: Transaction): Promise<string> {
  const { observer, nodes } = stage;
  observer.submitted.delete(index);
  nodes[index]!.take({ kind: 'submit', transaction: transactionToJson(transaction) });
  await stage.until(() => observer.submitted.has(index));
  return codeOf(observer.submitted.get(index));
}

/** Brings a block with the payment into the room, and counts the nodes that call it void. */
async function mineVoid(stage: Stage, second: Transaction): Promise<number> {
  const { nodes, random } = stage;
  const voids = () =>
    stage.peers.filter(({ keeper }) => keeper.ledger?.ledger.stateOf(second.id).kind === 'void')
      .length;
  for (let tries = 0; tries < BLOCK_TRIES_LIMIT && voids() < nodes.length; tries++) {
    const node = random.pick(stage.running);
    const peer = node.peer!;
    const [neighbour] = peer.context.greeted();
    if (peer.chain === null || neighbour === undefined) continue;
    const { tip } = peer.chain;
    const timeMs = Math.round(peer.context.clocks.wallMs);
    const payload = { timeMs, miner: node.keys.account, name: 'cheat', note: '' };
    const data = encodePayload(payload, [transactionToJson(second)]);
    const previousHash = readHex(tip.hash)!;
    const proofOfWork = searchProof(data, previousHash, targetToBytes(TARGET), random.uint32());
    const block: Block = { data, previousHash, proofOfWork };
    const { linkId } = neighbour;
    node.take({ kind: 'received', linkId, bytes: encodeMessage({ type: 'block', block }) });
    stage.tell(`a block with the second payment goes out: ${hashBlockHex(block).slice(0, 16)}`);
    await stage.until(() => voids() === nodes.length, SEEN_LIMIT_MS);
  }
  return voids();
}

/** Two payments of one coin, each handed to another node at once. */
async function raceForCoin(stage: Stage): Promise<{ winners: number; agree: boolean }> {
  const coin = await findSharedCoin(stage);
  if (coin === null) return { winners: 0, agree: false };
  const { owner, name, amount } = coin;
  const [left, right] = stage.pickOthers(2, [owner]);
  const { expiry } = stage;
  const base = {
    kind: 'pay',
    from: owner.keys.account,
    inputs: [name],
    change: 0,
    amount,
  } as const;
  const [a, b] = [left!.keys.account, right!.keys.account];
  const rivals = [
    stage.sign({ ...base, to: a, witness: b, expiry }),
    stage.sign({ ...base, to: b, witness: a, expiry }),
  ];
  left!.take({ kind: 'submit', transaction: transactionToJson(rivals[0]!) });
  right!.take({ kind: 'submit', transaction: transactionToJson(rivals[1]!) });
  const listedBy = (id: TransactionId) => stage.peers.filter((peer) => isListed(peer, id)).length;
  const counts = () => rivals.map(({ id }) => listedBy(id));
  await stage.until(() => counts().includes(stage.nodes.length));
  return {
    winners: counts().filter((count) => count > 0).length,
    agree: counts().includes(stage.nodes.length),
  };
}
