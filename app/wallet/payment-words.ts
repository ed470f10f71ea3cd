/**
 * Payments and transactions in the words of the people who make them.
 */
import { CODES } from '../../lib/chain/codes.ts';
import { INPUTS_LIMIT } from '../../lib/ledger/transaction.ts';
import type { PaymentRole, PaymentView } from '../../lib/ledger/commit/view.ts';
import type {
  PeerSnapshot,
  TransactionView,
  TransactionViewState,
  WalletView,
} from '../../lib/peer/snapshot.ts';
import { formatWhole } from '../look/format.ts';
import type { NamedThing } from '../look/claimed-name.ts';
import { countOf } from '../state/words.ts';

/** How a state is coloured; the words say it too. */
export type Tone = 'under-way' | 'good' | 'bad';

export interface Told {
  readonly tone: Tone;
  readonly words: string;
}

export const ROLES: readonly PaymentRole[] = ['sender', 'receiver', 'witness'];

/** Refusals of a transaction whose coin another one has. */
const SECOND_SPENDS: ReadonlySet<string> = new Set(['conflicting-input', 'spent-input']);

export function tellPayment(payment: PaymentView): Told {
  const { state, role, height, confirmations, code, attempts } = payment;
  switch (state) {
    case 'finding':
      return underWay('Looking for the receiver and the witness');
    case 'asking':
      return underWay('Asking both for their votes');
    case 'retrying':
      return underWay(`Attempt ${attempts} was aborted; trying again. ${reasonOf(code)}`.trim());
    case 'voted':
      return underWay(`You have voted as ${role}; the sender signs last`);
    case 'signing':
      return underWay('Both have voted; you sign');
    case 'committed':
      return { tone: 'good', words: 'Committed: all three have signed. It waits for a block' };
    case 'listed':
    case 'confirmed':
      return { tone: 'good', words: tellListed(height ?? 0, confirmations, state === 'confirmed') };
    case 'aborted':
      return { tone: 'bad', words: `Aborted, and nothing was paid. ${reasonOf(code)}`.trim() };
  }
}

export function tellTransaction(state: TransactionViewState): Told {
  switch (state.kind) {
    case 'waiting':
      return underWay('Waits for a block');
    case 'listed':
      return { tone: 'good', words: tellListed(state.height, state.confirmations, false) };
    case 'void':
      return {
        tone: 'bad',
        words: isSecondSpend(state)
          ? 'Void: an attempt to spend a coin twice. It has no effect'
          : `Void, without effect. ${reasonOf(state.code)}`,
      };
  }
}

export function isSecondSpend(state: TransactionViewState): boolean {
  return state.kind === 'void' && SECOND_SPENDS.has(state.code);
}

/** What a transaction does: `pays 20 coins to`, before the receiver, `makes one coin of …`, or `writes`. */
export function tellAct({ body }: TransactionView): string {
  switch (body.kind) {
    case 'pay':
      return `pays ${countCoins(body.amount)} to`;
    case 'merge':
      return `merges ${body.inputs.length} small coins into one of ${formatWhole(body.amount)}`;
    case 'note':
      return 'writes';
  }
}

/** Whether an account has more coins than one payment takes. */
export function hasSmallCoins({ freeCoins }: Pick<WalletView, 'freeCoins'>): boolean {
  return freeCoins > INPUTS_LIMIT;
}

/** How much can be paid at once, where that is less than all. */
export function tellPayable(wallet: Pick<WalletView, 'payable' | 'freeCoins'>): string {
  const most = `One payment can move ${countCoins(wallet.payable)} now`;
  if (!hasSmallCoins(wallet)) return `${most}.`;
  return `${most}: it takes ${INPUTS_LIMIT} pieces at most, and you have ${formatWhole(wallet.freeCoins)}. Merge small ones to move more.`;
}

export function countCoins(amount: number): string {
  return `${formatWhole(amount)} ${amount === 1 ? 'coin' : 'coins'}`;
}

/** Who has this account, as far as this peer has heard. */
export function nameAccount(
  account: string,
  { self, peers, leaderboard }: Pick<PeerSnapshot, 'self' | 'peers' | 'leaderboard'>,
): NamedThing {
  const isSelf = account === self.nodeId;
  const heard =
    peers.find(({ nodeId }) => nodeId === account) ??
    leaderboard.find((row) => row.account === account);
  return { account, isSelf, name: isSelf ? self.name : (heard?.name ?? '') };
}

function tellListed(height: number, confirmations: number, isFinal: boolean): string {
  const confirmed = `confirmed by ${countOf(confirmations, 'block')}`;
  return `In block ${formatWhole(height)}, ${confirmed}${isFinal ? ': final' : ''}`;
}

function reasonOf(code: string | null): string {
  return code === null ? '' : CODES[code as keyof typeof CODES];
}

function underWay(words: string): Told {
  return { tone: 'under-way', words };
}
