/**
 * Makes this tab go on under an account out of a file (R28). What it was before stays in this browser: its key, and its
 * rooms in the list of stored ones.
 */
import type { Account } from '../../ledger/account.ts';
import { readAccountFile } from '../../ledger/account-file.ts';
import { findLivingTabs } from './living-tabs.ts';
import {
  findTabOfKeys,
  makeTabId,
  readTabId,
  writeInheritance,
  writeTabId,
  writeTabKeys,
} from './tab-keys.ts';

export type LoadOutcome =
  | { readonly ok: true; readonly account: Account }
  | { readonly ok: false; readonly message: string };

/** Takes the account of this text for this tab, from its next load on. Until then nothing has changed. */
export async function loadAccount(text: string): Promise<LoadOutcome> {
  const file = readAccountFile(text);
  if (!file.ok) return file;
  const { keys } = file;
  const own = readTabId();
  const holder = findTabOfKeys(keys);
  const living = await findLivingTabs();
  if (holder !== null && holder === own)
    return { ok: false, message: 'This is the account of this tab already.' };
  if (holder !== null && living.has(holder))
    return {
      ok: false,
      message:
        'Another tab of this browser mines under this account now. Go on there, or close that tab and load the file again.',
    };
  const tabId = holder ?? makeTabId();
  if ((holder === null && !writeTabKeys(tabId, keys)) || !writeTabId(tabId))
    return {
      ok: false,
      message:
        'This browser lets the page keep nothing, so that no account can be loaded. Leave private browsing, or allow the page to store data.',
    };
  if (own !== null) writeInheritance(own);
  return { ok: true, account: keys.account };
}
