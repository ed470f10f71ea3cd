/**
 * Hands the user an account's file, as a download like any other: that works without a secure context too.
 */
import type { Account } from '../../lib/ledger/account.ts';
import { lookOf } from '../look/account-look.ts';

/** Browsers read the file after the click, at their leisure. */
const REVOKE_AFTER_MS = 60_000;

export function downloadAccount(account: Account, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `tabchain-account-${lookOf(account).prefix}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}
