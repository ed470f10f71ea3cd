/**
 * What a user entered to pay somebody: an order, or what to change in it.
 */
import { ACCOUNT } from '../../lib/ledger/account.ts';
import type { PeerSnapshot } from '../../lib/peer/snapshot.ts';
import { formatWhole } from '../look/format.ts';
import { countOf } from '../state/words.ts';

export interface PayInput {
  /** An account, as chosen or pasted. */
  readonly to: string;
  /** An account; empty for anyone who is there. */
  readonly witness: string;
  readonly amount: string;
}

export type PayField = keyof PayInput;

export type PayJudgement =
  | { readonly ok: true; readonly to: string; readonly witness: string; readonly amount: number }
  | { readonly ok: false; readonly field: PayField; readonly message: string };

type Room = Pick<PeerSnapshot, 'self' | 'peers' | 'wallet'>;

/** Accounts of the room's others, each once. */
export function listOthers({ peers, self }: Pick<Room, 'peers' | 'self'>): readonly string[] {
  const accounts = peers.map(({ nodeId }) => nodeId).filter((account) => account !== null);
  return [...new Set(accounts)].filter((account) => account !== self.nodeId);
}

/** Reads what was entered. The first thing that is wrong is named, with what to do. */
export function judgePayInput(input: PayInput, room: Room): PayJudgement {
  const to = input.to.trim().toLowerCase();
  if (to === '') return refuse('to', 'Choose whom you pay.');
  if (!ACCOUNT.test(to))
    return refuse(
      'to',
      `An account has 40 digits, 0 to 9 and a to f. This is ${countOf([...to].length, 'character')} long${to.length === 40 ? ', and has others' : ''}.`,
    );
  if (to === room.self.nodeId) return refuse('to', 'That is your own account.');
  const amount = readAmount(input.amount, room.wallet);
  if (typeof amount === 'string') return refuse('amount', amount);
  const witness = input.witness || listOthers(room).find((account) => account !== to);
  if (witness === undefined)
    return refuse(
      'witness',
      'A payment needs a witness: a third peer beside you and the receiver.',
    );
  if (witness === to) return refuse('witness', 'The witness must be another than the receiver.');
  return { ok: true, to, witness, amount };
}

/** The amount, or what is wrong with it. */
function readAmount(text: string, wallet: Room['wallet']): number | string {
  const digits = text.replace(/\s/g, '');
  const amount = Number(digits);
  if (!/^\d+$/.test(digits) || amount < 1) return 'Enter a whole number of coins, 1 or more.';
  const { payable, balance } = wallet ?? { payable: 0, balance: 0 };
  if (amount <= payable) return amount;
  if (balance === 0) return 'You have no coins yet. Each block that you find earns some.';
  if (amount > balance) return `You have ${countOf(balance, 'coin')}.`;
  if (payable === 0) return 'All your coins are in payments that wait for a block.';
  return `One payment can move ${formatWhole(payable)} coins now. Pay the rest with a second one, or merge small coins first.`;
}

function refuse(field: PayField, message: string): PayJudgement {
  return { ok: false, field, message };
}
