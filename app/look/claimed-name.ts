/**
 * A name is what somebody calls themselves. Nothing proves it, so it stands in quotes, and the account beside it.
 */
import { lookOf } from './account-look.ts';

export interface NamedThing {
  readonly name: string;
  readonly account: string | null;
  readonly isSelf: boolean;
}

/** What stands for a miner on a block of the tree, where there is least room. */
export function shortName(who: NamedThing, textsHidden: boolean): string {
  return who.isSelf ? 'You' : shownName(who, textsHidden);
}

/** What stands for a miner in a list: its name, in quotes unless it is our own, else what is known of its account. */
export function shownName(who: NamedThing, textsHidden: boolean): string {
  const { name, account, isSelf } = who;
  const hasName = name !== '' && name !== '?';
  if (textsHidden) return lookOf(account).prefix;
  if (!hasName) return account === null ? 'No account' : lookOf(account).prefix;
  return isSelf ? name : `“${name}”`;
}
