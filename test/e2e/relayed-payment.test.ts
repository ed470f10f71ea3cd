/**
 * Payments between tabs without direct links: through the server, and over a tab between where sender and receiver are
 * no neighbours at all (R13, R19, R20).
 */
import { expect } from 'vitest';
import { BLOCK_REWARD } from '../../lib/ledger/genesis.ts';
import { openBarred } from './harness/barred.ts';
import { pay, SIGNED } from './harness/payments.ts';
import { joinRoom, type TabMember } from './harness/room.ts';
import { kindsOf } from './harness/server-loss.ts';
import { servePage } from './harness/stores.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const WITHIN_MS = 120_000;
const FIRST_AMOUNT = 20;
const SECOND_AMOUNT = 7;

test('three tabs pay each other before a witness through the server, and over the tab between two that are no neighbours', async ({
  world,
}) => {
  const link = `${await servePage(world)}#r=market&g=new&target=2**240&spacing=1000`;
  const left = await joinRoom(world, 'left', link, await openBarred(world));
  const [middle, right] = await Promise.all([
    joinRoom(world, 'middle', link, await openBarred(world)),
    joinRoom(world, 'right', link, await openBarred(world, { partedFrom: left.nodeId })),
  ]);
  const all = [left, middle, right];
  for (const member of [left, right]) await member.setPaused(true);
  await waitFor(
    async () => {
      const { wallet, peers } = await middle.snapshot();
      return (wallet?.payable ?? 0) >= FIRST_AMOUNT && peers.length === 2;
    },
    { timeoutMs: WITHIN_MS, describe: 'the tab between has coins and two neighbours' },
  );

  // The sender reaches both others through the server.
  await pay(middle, { to: left, witness: right, amount: FIRST_AMOUNT });
  await untilListed(all, FIRST_AMOUNT);
  // The sender and the receiver meet over the overlay alone.
  await pay(left, { to: right, witness: middle, amount: SECOND_AMOUNT, pasted: true });
  await untilListed(all, SECOND_AMOUNT);

  const kinds = await Promise.all(all.map(kindsOf));
  expect(kinds.map((each) => each.join())).toEqual(['relay', 'relay,relay', 'relay']);
  const neighbours = (await right.snapshot()).peers.map(({ nodeId }) => nodeId);
  expect(neighbours).toEqual([middle.nodeId]);
  // Each has what it was paid, less what it has paid, beside what it has mined.
  for (const [member, paid] of [
    [left, FIRST_AMOUNT - SECOND_AMOUNT],
    [middle, -FIRST_AMOUNT],
    [right, SECOND_AMOUNT],
  ] as const)
    await waitFor(
      async () => {
        const { wallet, mining } = await member.snapshot();
        return wallet?.balance === mining.onChain * BLOCK_REWARD + paid;
      },
      { timeoutMs: WITHIN_MS, describe: `${member.name} has the right balance` },
    );
});

/** Waits until a block of each tab's chain holds the payment, and its page says so. */
async function untilListed(members: readonly TabMember[], amount: number): Promise<void> {
  for (const member of members) {
    await waitFor(
      async () => {
        const { payments } = await member.snapshot();
        return payments.some(
          (each) => each.amount === amount && each.state !== 'committed' && SIGNED.has(each.state),
        );
      },
      { timeoutMs: WITHIN_MS, describe: `${member.name} has a block with the ${amount} coins` },
    );
    const shown = member.tab.page.getByTestId('payment').filter({ hasText: `${amount} coins` });
    await shown.first().waitFor({ timeout: WITHIN_MS });
  }
}
