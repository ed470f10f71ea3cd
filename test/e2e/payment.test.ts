/**
 * Three tabs: one pays another, the third is the witness; all see it happen, in a block, and after a reload (R12, R13).
 */
import { expect } from 'vitest';
import type { PeerSnapshot } from '../../lib/peer/snapshot.ts';
import { BLOCK_REWARD } from '../../lib/ledger/genesis.ts';
import { pay, SIGNED } from './harness/payments.ts';
import { joinRoom, type TabMember } from './harness/room.ts';
import { reload, servePage } from './harness/stores.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

/** A machine that runs much else besides. */
const WITHIN_MS = 120_000;
const AMOUNT = 20;

test('one tab pays another before a witness: all three show it, in a block, and after a reload', async ({
  world,
}) => {
  const link = `${await servePage(world)}#r=market&g=new&target=2**240&spacing=1000`;
  const payer = await joinRoom(world, 'payer', link);
  const [payee, witness] = [
    await joinRoom(world, 'payee', link),
    await joinRoom(world, 'witness', link),
  ];
  const all = [payer, payee, witness];
  for (const { tab } of all) tab.page.setDefaultTimeout(WITHIN_MS);
  // One miner is enough, and has the coins.
  for (const member of [payee, witness]) await member.setPaused(true);
  await untilSeen(payer, 'it has coins, and the others for neighbours', ({ wallet, peers }) => {
    const linked = peers.map(({ nodeId }) => nodeId);
    return (wallet?.payable ?? 0) >= AMOUNT && all.slice(1).every((m) => linked.includes(m.nodeId));
  });

  // The three share the machine with whatever else runs there.
  await payer.setPower(0.3);
  const { page } = payer.tab;
  await page.locator('#pay-to').selectOption(payee.nodeId);
  await page.locator('#pay-amount').fill('half a coin');
  await page.getByRole('button', { name: 'Pay', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'whole number of coins' }).waitFor();
  await pay(payer, { to: payee, witness, amount: AMOUNT });
  for (const member of all) {
    await untilSeen(member, 'a block holds the payment', ({ wallet, payments }) => {
      const listed = wallet?.transactions.some(({ state }) => state.kind === 'listed');
      return (
        listed === true && payments.some(({ state }) => state !== 'committed' && SIGNED.has(state))
      );
    });
    const { page: shown } = member.tab;
    await shown.getByTestId('payment').filter({ hasText: '20 coins' }).first().waitFor();
    const row = shown.locator('[data-testid=transaction][data-state=listed]');
    await row.filter({ hasText: 'pays 20 coins to' }).first().waitFor();
  }
  // With nobody mining all come to one tip, and what each has follows from its blocks.
  await payer.setPaused(true);
  for (const member of all) await untilRight(member, all);
  for (const member of [payer, payee]) {
    const workers: string[] = [];
    member.tab.page.on('worker', (worker) => workers.push(worker.url()));
    const again = await reload(member);
    await untilRight(again, all);
    // A thread has checked the payment in the store, and not the page.
    await waitFor(() => workers.some((url) => url.includes('signature')), {
      timeoutMs: WITHIN_MS,
      describe: `${member.name} has its store checked by a worker`,
    });
    const row = again.tab.page.locator('[data-testid=transaction][data-state=listed]');
    await row.first().waitFor();
    expect(again.nodeId).toBe(member.nodeId);
  }
});

/** Waits until the tab has and shows the coins of its blocks, less or more what was paid. */
async function untilRight(member: TabMember, [payer, payee]: readonly TabMember[]): Promise<void> {
  const { nodeId, tab } = member;
  const paid = nodeId === payer!.nodeId ? -AMOUNT : nodeId === payee!.nodeId ? AMOUNT : 0;
  const balance = tab.page.getByTestId('balance');
  await waitFor(
    async () => {
      const { wallet, mining } = await member.snapshot();
      const right = mining.onChain * BLOCK_REWARD + paid;
      return wallet?.balance === right && (await balance.getAttribute('data-value')) === `${right}`;
    },
    { timeoutMs: WITHIN_MS, describe: `${member.name} shows the right balance` },
  );
}

async function untilSeen(
  member: TabMember,
  describe: string,
  isRight: (snapshot: PeerSnapshot) => boolean,
): Promise<void> {
  await waitFor(async () => isRight(await member.snapshot()), {
    timeoutMs: WITHIN_MS,
    describe: `${member.name}: ${describe}`,
  });
}
