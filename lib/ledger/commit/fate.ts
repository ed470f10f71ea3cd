/**
 * What the chain says of a payment: a function of the tip alone, so that parties with one tip say the same (R13).
 */
import { inputsOf, type Payment, type Transaction, type TransactionId } from '../transaction.ts';
import type { CoinName } from '../coin-name.ts';
import type { LedgerChange } from '../ledger.ts';
import type { CommitLedger } from './desk.ts';
import { CONFIRMATION_DEPTH_BLOCKS } from './limits.ts';

export type Fate =
  | { readonly kind: 'listed'; readonly height: number; readonly confirmations: number }
  /** It can be in no block any more, unless the chain turns back deeper than the confirmation depth. */
  | { readonly kind: 'void'; readonly code: 'expired' | 'spent-input' }
  | { readonly kind: 'open' };

/** Watches which listed transactions spend the coins of payments whose outcome is open. */
export class Conflicts {
  readonly #spenders = new Map<CoinName, TransactionId | null>();

  watch({ inputs }: Payment): void {
    for (const name of inputs) if (!this.#spenders.has(name)) this.#spenders.set(name, null);
  }

  /** Keeps the coins of these payments alone. */
  retain(bodies: Iterable<Payment>): void {
    const names = new Set<CoinName>();
    for (const { inputs } of bodies) for (const name of inputs) names.add(name);
    for (const name of this.#spenders.keys()) if (!names.has(name)) this.#spenders.delete(name);
  }

  /** The tip has moved. A spender that a reorganisation unlists is listed no more, which the ledger says. */
  follow({ listed }: Pick<LedgerChange, 'listed'>): void {
    if (this.#spenders.size === 0) return;
    for (const transaction of listed) this.#note(transaction);
  }

  spenderOf(name: CoinName): TransactionId | null {
    return this.#spenders.get(name) ?? null;
  }

  #note({ id, body }: Transaction): void {
    for (const name of inputsOf(body)) if (this.#spenders.has(name)) this.#spenders.set(name, id);
  }
}

/** What the ledger's tip decides of the payment with this id. */
export function fateOf(
  id: TransactionId,
  body: Payment,
  ledger: CommitLedger,
  conflicts: Conflicts,
): Fate {
  const state = ledger.stateOf(id);
  if (state.kind === 'listed') {
    const { height, confirmations } = state;
    return { kind: 'listed', height, confirmations };
  }
  if (ledger.height >= body.expiry + CONFIRMATION_DEPTH_BLOCKS)
    return { kind: 'void', code: 'expired' };
  for (const name of body.inputs) {
    const spender = conflicts.spenderOf(name);
    if (spender === null || spender === id) continue;
    const conflict = ledger.stateOf(spender);
    if (conflict.kind === 'listed' && conflict.confirmations >= CONFIRMATION_DEPTH_BLOCKS)
      return { kind: 'void', code: 'spent-input' };
  }
  return { kind: 'open' };
}

/** Whether the payment is so deep in the chain that nothing has to be kept for it any more. */
export function isFinal(fate: Fate): boolean {
  if (fate.kind === 'listed') return fate.confirmations >= CONFIRMATION_DEPTH_BLOCKS;
  return fate.kind === 'void';
}
