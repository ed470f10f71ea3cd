/**
 * Who signed a transaction, found out once: one that came to the mempool costs nothing more when a block holds it.
 */
import { recoverSigner } from './signature.ts';
import { digestOf, partiesOf, type Transaction } from './transaction.ts';

/**
 * Verdicts that are remembered: what can wait in a mempool several times over, and the blocks that a reorganisation
 * takes back. About 400 bytes each. The oldest leave first.
 */
export const REMEMBERED_CHECKS_LIMIT = 10_000;

export class SignatureChecks {
  /** Only good verdicts stay: bad transactions are dropped, and cost their bringer's budget each time. */
  readonly #good = new Set<string>();
  #performed = 0;

  /** Signatures that were computed with since the start. */
  get performed(): number {
    return this.#performed;
  }

  /** How many signatures {@link check} would have to compute with: the cost to be taken from somebody's budget. */
  cost(transaction: Transaction): number {
    return this.#good.has(keyOf(transaction)) ? 0 : transaction.signatures.length;
  }

  /** Whether every party of the transaction has signed it. */
  check(transaction: Transaction): boolean {
    const key = keyOf(transaction);
    if (this.#good.has(key)) return true;
    const isGood = isSigned(transaction, () => this.#performed++);
    if (isGood) this.remember(transaction);
    return isGood;
  }

  /** Notes a good verdict that was found elsewhere, as in a worker. */
  remember(transaction: Transaction): void {
    if (this.#good.size >= REMEMBERED_CHECKS_LIMIT) {
      const [oldest] = this.#good;
      this.#good.delete(oldest!);
    }
    this.#good.add(keyOf(transaction));
  }
}

/** Whether every party of the transaction has signed it, computed anew; `counted` is told of each signature. */
export function isSigned(
  { id, body, signatures }: Transaction,
  counted: () => void = () => undefined,
): boolean {
  const digest = digestOf(id);
  return partiesOf(body).every((party, i) => {
    counted();
    return recoverSigner(digest, signatures[i]!) === party;
  });
}

/** The id binds body and room; the signatures have to be in it too, as anybody may write others under an id. */
function keyOf({ id, signatures }: Transaction): string {
  return `${id} ${signatures.join(' ')}`;
}
