/**
 * Payments as a user makes them in a tab (R13), and the state in which a tab shows them.
 */
import type { PaymentView } from '../../../lib/ledger/commit/view.ts';
import type { TabMember } from './room.ts';
import { waitFor } from './wait.ts';

/** The three have signed: it is in a block, or will be. */
export const SIGNED: ReadonlySet<PaymentView['state']> = new Set([
  'committed',
  'listed',
  'confirmed',
]);
/** A machine that runs much else besides. */
const SIGNED_WITHIN_MS = 120_000;

/**
 * Enters a payment into the form of the page, and waits until all three have signed. On a machine that stands still for
 * half a minute a payment may be given up: nothing is paid then, and it is entered again.
 */
export async function pay(
  payer: TabMember,
  {
    to,
    witness,
    amount,
    pasted = false,
  }: {
    readonly to: TabMember;
    readonly witness: TabMember;
    readonly amount: number;
    /** The receiver's account is pasted, as that of somebody who is no neighbour. */
    readonly pasted?: boolean;
  },
): Promise<void> {
  const { page } = payer.tab;
  await page.locator('#pay-to').selectOption(pasted ? 'pasted' : to.nodeId);
  if (pasted) await page.locator('#pay-pasted').fill(to.nodeId);
  await page.locator('#pay-witness').selectOption(witness.nodeId);
  const isThis = (payment: PaymentView): boolean =>
    payment.role === 'sender' && payment.to === to.nodeId && payment.amount === amount;
  await waitFor(
    async () => {
      const state = (await payer.snapshot()).payments.findLast(isThis)?.state ?? 'aborted';
      if (state === 'aborted') {
        await page.locator('#pay-amount').fill(String(amount));
        await page.getByRole('button', { name: 'Pay', exact: true }).click();
      }
      return SIGNED.has(state);
    },
    {
      timeoutMs: SIGNED_WITHIN_MS,
      describe: `${payer.name}, ${to.name} and ${witness.name} have signed`,
    },
  );
}
