/**
 * Has a thread check the signatures in a stored chain before a page's peer reads it (R12, R28): reading is one step, which
 * would else keep the page from everything else for as long as an hour of full blocks takes to verify.
 */
import { hashBlockHex } from '../chain/block.ts';
import { transactionsIn } from '../ledger/block-entries.ts';
import { REMEMBERED_CHECKS_LIMIT } from '../ledger/signature-checks.ts';
import type { Transaction } from '../ledger/transaction.ts';
import type { StoredChain } from '../peer/inputs.ts';
import { ANSWER_LIMIT_MS } from '../peer/signature-desk.ts';
import type { AnswerCallback, SignatureChecker } from './workers/signature-checker.ts';

/** Asked at once: a fraction of a second, so that a thread that is silent for longer than the limit hangs. */
const SLICE_TRANSACTIONS = 64;

/**
 * The stored chain, with those of its transactions that are signed by all their parties. It holds as many as the peer
 * remembers; further ones, and those of a thread that dies or falls silent, the peer checks by itself.
 */
export async function checkStored(
  stored: StoredChain,
  createChecker: (answered: AnswerCallback) => SignatureChecker,
  limitMs = ANSWER_LIMIT_MS,
): Promise<StoredChain> {
  const transactions = listTransactions(stored);
  if (transactions.length === 0) return stored;
  const signed: Transaction[] = [];
  let settle: (good: readonly boolean[]) => void = () => undefined;
  const checker = createChecker(({ good }) => settle(good));
  for (let at = 0; at < transactions.length; at += SLICE_TRANSACTIONS) {
    const slice = transactions.slice(at, at + SLICE_TRANSACTIONS);
    const good = await new Promise<readonly boolean[]>((resolve) => {
      const timer = setTimeout(() => resolve([]), limitMs);
      settle = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      checker.check(at, slice);
    });
    if (good.length === 0) break;
    signed.push(...slice.filter((_, i) => good[i] === true));
  }
  checker.close();
  return { ...stored, signed };
}

/** Those of the lowest blocks come first: the peer remembers them until it has read their blocks. */
function listTransactions({ genesis, blocks }: StoredChain): Transaction[] {
  const genesisHash = hashBlockHex(genesis);
  const transactions: Transaction[] = [];
  for (const { block } of blocks) {
    transactions.push(...transactionsIn(block.data, genesisHash));
    if (transactions.length > REMEMBERED_CHECKS_LIMIT) break;
  }
  return transactions.slice(0, REMEMBERED_CHECKS_LIMIT);
}
