/**
 * Who of those that wait goes into a block, and who leaves where there are too many: nobody waits behind somebody
 * else's flood, and none is pushed out by it.
 */
import { creatorOf } from './coin-name.ts';
import { inputsOf, type Transaction, type TransactionId } from './transaction.ts';

/** A transaction that waits for a block. */
export interface Waiting {
  readonly transaction: Transaction;
  /** The link that brought it, or `self`. */
  readonly from: string;
  /** How many waiting transactions it builds on, one upon the other. */
  readonly depth: number;
}

const COMMA_BYTES = 1;

/**
 * Fills a block with transactions whose JSON, with commas between, takes at most so many bytes. Links take turns: each
 * gives the oldest that it brought, then the next. One that does not fit is passed over, and so is one that spends a
 * coin of a waiting transaction which is not chosen.
 * @param waiting by id, in an order in which blocks could hold them
 */
export function selectForBlock(
  waiting: ReadonlyMap<TransactionId, Waiting>,
  limitBytes: number,
): Transaction[] {
  const queues = new Map<string, Transaction[]>();
  for (const { transaction, from } of waiting.values()) {
    const queue = queues.get(from);
    if (queue === undefined) queues.set(from, [transaction]);
    else queue.push(transaction);
  }
  const chosen = new Map<TransactionId, Transaction>();
  let leftBytes = limitBytes + COMMA_BYTES;
  const isReady = ({ body }: Transaction): boolean =>
    inputsOf(body).every((name) => {
      const maker = creatorOf(name);
      return chosen.has(maker) || !waiting.has(maker);
    });
  const fits = (transaction: Transaction): boolean =>
    transaction.sizeBytes + COMMA_BYTES <= leftBytes && isReady(transaction);
  let turns = [...queues.values()].map((queue) => ({ queue, at: 0 }));
  while (turns.length > 0) {
    for (const turn of turns) {
      const { queue } = turn;
      while (turn.at < queue.length && !fits(queue[turn.at]!)) turn.at++;
      const transaction = queue[turn.at++];
      if (transaction === undefined) continue;
      chosen.set(transaction.id, transaction);
      leftBytes -= transaction.sizeBytes + COMMA_BYTES;
    }
    turns = turns.filter(({ queue, at }) => at < queue.length);
  }
  return [...chosen.values()];
}

/**
 * Who leaves first: notes before payments, as anybody can make any number of them; of those, what came over the link
 * that brought most bytes; of that, the newest. So a flood over one link pushes out itself.
 */
export function chooseVictim(waiting: readonly Waiting[]): Waiting {
  const notes = waiting.filter(({ transaction }) => transaction.body.kind === 'note');
  const candidates = notes.length > 0 ? notes : waiting;
  const bytes = new Map<string, number>();
  for (const { transaction, from } of candidates)
    bytes.set(from, (bytes.get(from) ?? 0) + transaction.sizeBytes);
  const most = Math.max(...bytes.values());
  return candidates.findLast(({ from }) => bytes.get(from) === most)!;
}
