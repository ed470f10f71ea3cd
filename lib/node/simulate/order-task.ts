/**
 * Task 5 (R15, R18): many transactions at once, and one order of them everywhere.
 */
import { transactionToJson, type TransactionId } from '../../ledger/transaction.ts';
import { agree, compareLists, isListed } from './ledger-view.ts';
import { pay } from './payment-task.ts';
import type { Stage, TaskOutcome } from './stage.ts';

/** Nodes that write a line at the same moment; each line is checked by every node. */
const WRITERS_LIMIT = 20;
const PAYERS_LIMIT = 5;

export async function orderAll(stage: Stage): Promise<TaskOutcome> {
  const { nodes, random } = stage;
  stage.crashes.beginWave();
  const payers = random
    .shuffle(stage.running.filter((node) => stage.freeCoins(node).length > 0))
    .slice(0, PAYERS_LIMIT);
  const payments = payers.map((sender) => {
    const [receiver, witness] = stage.pickOthers(2, [sender]);
    return pay(stage, [sender, receiver!, witness!], 1 + random.below(5));
  });
  const writers = random.shuffle(stage.running).slice(0, WRITERS_LIMIT);
  const { expiry } = stage;
  const notes = writers.map(({ index, keys }) =>
    stage.sign({ kind: 'note', from: keys.account, text: `node ${index} was here`, expiry }),
  );
  for (const [at, node] of writers.entries())
    node.take({ kind: 'submit', transaction: transactionToJson(notes[at]!) });
  const runs = await Promise.all(payments);
  const committed = runs.map(({ transaction }) => transaction).filter((one) => one !== null);
  stage.tell(
    `${committed.length} of ${payments.length} payments are committed, ${notes.length} lines written`,
  );
  const hasAll = (ids: readonly TransactionId[]) =>
    stage.peers.every((peer) => ids.every((id) => isListed(peer, id)));
  // A line of a node that crashed may have been told to nobody: what its writer lost is no failure of the order.
  const expected = [...committed, ...notes].map(({ id }) => id);
  const survivors = () =>
    expected.filter((id) => nodes.some(({ peer }) => isListed(peer, id) || isWaiting(stage, id)));
  const listed = await stage.until(
    () => stage.crashes.isOver && stage.peers.length === nodes.length && hasAll(survivors()),
  );
  // Two blocks found at the same moment part the tips until the next one comes.
  await stage.until(() => hasAll(survivors()) && agree(stage.peers));
  const { height, count, lists, ledgers, hash } = compareLists(stage.peers);
  const all = survivors().length;
  const lost = expected.length - all;
  const lostNotes = notes.filter(({ id }) => !survivors().includes(id)).length;
  // Coins that a reorganisation takes back void the payment of them, everywhere alike.
  const isExplained = stage.crashes.count > 0 || lostNotes === 0;
  return {
    ok: listed && isExplained && all > 1 && lists === 1 && ledgers === 1,
    finding: `${all} of ${expected.length} transactions are listed by all${lost > 0 ? `, ${lost} void for all or lost with a crash` : ''}; at height ${height} the ${nodes.length} nodes have ${lists} different ${lists === 1 ? 'list' : 'lists'} of ${count} and ${ledgers} ledger ${ledgers === 1 ? 'hash' : 'hashes'}: ${hash.slice(0, 16)}`,
  };
}

function isWaiting({ peers }: Stage, id: TransactionId): boolean {
  return peers.some(({ keeper }) => (keeper.ledger?.mempool.get(id) ?? null) !== null);
}
